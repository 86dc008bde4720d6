/**
 * The kinds of option that a configuration can have. Each part of the server declares its options beside its
 * code with these functions. The loader checks the file against them, and `docs/configuration.md` is made from them.
 * Every option has a default: an empty file gives a safe single-node server.
 */
import * as v from 'valibot'

const DURATION: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: 1000,
  second: 1000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
}
const SIZE: Readonly<Record<string, number>> = {
  B: 1,
  octet: 1,
  byte: 1,
  KB: 1000,
  KiB: 1024,
  MB: 1e6,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}

/** A whole number of milliseconds or octets; null if the unit is unknown. */
function quantity(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text.trim())
  const unit = match === null ? undefined : (units[match[2]!] ?? units[match[2]!.replace(/s$/, '')])
  return unit === undefined ? null : Math.round(Number(match![1]) * unit)
}

/** The milliseconds of a text such as "3 days"; null if it is none. */
export const spanOf = (text: string): number | null => quantity(text, DURATION)

function withUnit(units: Readonly<Record<string, number>>, what: string) {
  return v.pipe(
    v.string(`must be ${what}, in quotes`),
    v.rawTransform<string, number>(({ dataset, addIssue, NEVER }) => {
      const value = quantity(dataset.value, units)
      if (value !== null) return value
      addIssue({ message: `must be ${what}` })
      return NEVER
    }),
  )
}

/** The allowed values, as they are written in the file. */
interface Range<T> {
  readonly min: T
  readonly max: T
  /** 0 is allowed although it lies outside the range, and has a special meaning. */
  readonly isZeroMeant: boolean
}
export const between = <T extends number | string>(min: T, max: T): Range<T> => ({ min, max, isZeroMeant: false })
export const zeroOr = <T extends number | string>(min: T, max: T): Range<T> => ({ min, max, isZeroMeant: true })

/** The same range in the units of the code. */
export interface Bounds extends Range<number> {
  /** "from 1 s to 1 day, or 0 s" */
  readonly words: string
}
const bounds = new WeakMap<object, Bounds>()
/** The bounds of an option. Every option that is a number, a span of time or a size has them. */
export const boundsOf = (option: object): Bounds | undefined => bounds.get(option)

const isWithin = (value: number, { min, max, isZeroMeant }: Bounds): boolean =>
  (value >= min && value <= max) || (isZeroMeant && value === 0)

/** @param zero how zero is written in the file */
function boundsIn<T extends number | string>(range: Range<T>, zero: T, read: (text: T) => number): Bounds {
  const { min, max, isZeroMeant } = range
  const words = `from ${min} to ${max}${isZeroMeant ? `, or ${zero}` : ''}`
  return { min: read(min), max: read(max), isZeroMeant, words }
}
const bounded = <T extends object>(option: T, its: Bounds): T => {
  bounds.set(option, its)
  return option
}

function quantityOption(kind: readonly [units: typeof DURATION, what: string, zero: string]) {
  const [units, what, zero] = kind
  return (byDefault: string, range: Range<string>, doc: string) => {
    const its = boundsIn(range, zero, (text) => quantity(text, units)!)
    const within = v.check((value: number) => isWithin(value, its), `must be ${its.words}`)
    return bounded(v.optional(v.pipe(withUnit(units, what), within, v.description(doc)), byDefault), its)
  }
}
/** A span of time such as "10 minutes"; the code sees milliseconds. */
export const duration = quantityOption([DURATION, 'a span of time with its unit, such as "30 seconds"', '0 s'])
/** A number of octets such as "256 KiB"; the code sees octets. */
export const size = quantityOption([SIZE, 'a size with its unit, such as "256 KiB"', '0 B'])

/** A whole number. */
export const count = (byDefault: number, range: Range<number>, doc: string) => {
  const its = boundsIn(range, 0, (number) => number)
  const within = v.check((value: number) => isWithin(value, its), `must be ${its.words}`)
  const number = v.pipe(v.number('must be a number'), v.integer('must be a whole number'), within, v.description(doc))
  return bounded(v.optional(number, byDefault), its)
}

export const flag = (byDefault: boolean, doc: string) =>
  v.optional(v.pipe(v.boolean('must be true or false'), v.description(doc)), byDefault)

export const text = (byDefault: string, doc: string) =>
  v.optional(v.pipe(v.string('must be a text in quotes'), v.description(doc)), byDefault)

/** A text of a certain form, or an empty text, which is the default. @param form matches the whole text */
export const textLike = (form: RegExp, what: string, doc: string) =>
  v.optional(
    v.pipe(
      v.string(`must be ${what}, in quotes`),
      v.check((value) => value === '' || form.test(value), `must be ${what}`),
      v.description(doc),
    ),
    '',
  )

/** A text such as "https://chat.example.org", or an empty one. */
export const webOrigin = (byDefault: string, doc: string) => {
  const what = 'must be the origin of a web site, such as "https://chat.example.org", without a path'
  const isOrigin = (s: string): boolean => s === '' || (s.startsWith('https://') && URL.parse(s)?.origin === s)
  return v.optional(v.pipe(v.string(what), v.check(isOrigin, what), v.description(doc)), byDefault)
}

export const choice = <const T extends readonly [string, ...string[]]>(options: T, byDefault: T[number], doc: string) =>
  v.optional(
    v.pipe(v.picklist(options, `must be one of ${options.map((o) => `"${o}"`).join(', ')}`), v.description(doc)),
    byDefault,
  )

/** A list of texts. */
export const list = (byDefault: readonly string[], doc: string) =>
  v.optional(v.pipe(v.array(v.string('must be a list of texts in quotes'), 'must be a list'), v.description(doc)), [...byDefault])

const SOMEBODY = 'must be URIs, such as "mailto:somebody@example.org" or "xmpp:somebody@example.org"'
/** A list of URIs; empty by default. @param isOne what each of them must be @param must the complaint about one that is not */
export const uris = (doc: string, isOne = (text: string): boolean => URL.canParse(text), must = SOMEBODY) => {
  const uri = v.pipe(v.string('must be a list of texts in quotes'), v.check(isOne, must))
  return v.optional(v.pipe(v.array(uri, 'must be a list'), v.description(doc)), [])
}

/** Refuses the prefix "file:", which is for secrets: otherwise a message could print the content of the file as a path. */
const isPath = (text: string): boolean => !text.startsWith('file:')
const NO_PREFIX = 'must be a path, without "file:"'
const pathOptions = new WeakSet<object>()
const ofPaths = <T extends object>(option: T): T => {
  pathOptions.add(option)
  return option
}
export const isPathOption = (option: object | undefined): boolean => option !== undefined && pathOptions.has(option)

/** The path of a file or directory. */
export const path = (byDefault: string, doc: string) =>
  ofPaths(v.optional(v.pipe(v.string('must be a path in quotes'), v.check(isPath, NO_PREFIX), v.description(doc)), byDefault))

/** Paths of files: one in quotes, or a list of them. The code sees a list; it is empty by default. */
export const files = (doc: string) => {
  const one = v.string('must be the path of a file in quotes, or a list of them')
  const listed = v.union([one, v.array(one)], 'must be the path of a file in quotes, or a list of them')
  return ofPaths(
    v.optional(
      v.pipe(
        listed,
        v.transform((given): readonly string[] => (typeof given === 'string' ? [given] : given)),
        v.check((paths) => paths.every(isPath), NO_PREFIX),
        v.description(doc),
      ),
      [],
    ),
  )
}

/** Options that belong together: one table of the file. An unknown key is an error. */
export const section = <const E extends v.ObjectEntries>(entries: E) => v.strictObject(entries)

export type Section = ReturnType<typeof section>
/** The values of a section, as the code sees them. */
export type Settings<S extends v.GenericSchema> = v.InferOutput<S>
/** The values of a section when the file is empty. */
export const defaultsOf = <S extends v.GenericSchema>(schema: S): v.InferOutput<S> => v.parse(schema, {})
