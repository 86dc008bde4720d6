/**
 * The house rules that a machine can check (docs/architecture.md): which folder may import which, that no imports run in a
 * circle, what only `base/` and the process may touch, which files are pure, that nobody puts functions into objects from
 * outside or reads another account's memory, and how long a file may be.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { circles, importsOf } from './circles.ts'
import { fifthJoints, functionTypes } from './fifth-joint.ts'
import { lookingForAccounts, unneededHomes } from './homes.ts'
import { BELOW_ALL_WINGS, MAY_IMPORT, WING_MAY_IMPORT } from './layers.ts'
import { sources } from './sources.ts'

/** Pure files: no clock, socket, database or randomness, only their arguments. */
const PURE = /^src\/(im|cluster)\/|^src\/(rooms|pubsub)\/machine\/|\/(machine|queue|ledger|room|node)\.ts$/
const PURE_IMPORTS: ReadonlySet<string> = new Set(['base', 'xml', 'xmpp', 'im'])
const LINES_MAX = 400

/** What may be used only in `base/` and where the process begins. */
const OUTSIDE_WORLD: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\(|\bnew Date\(\)|performance\.now\(/, 'take a Clock'],
  [/\bMath\.random\(|\brandomUUID\(|\brandomBytes\(/, 'take an Entropy'],
  [/\bset(Timeout|Interval|Immediate)\(/, 'take a Clock or endOfTick'],
  [/\bprocess\.(env|argv|exit|on|cwd|stdout|stderr|stdin)\b/, 'let the process hand it in'],
]
const PROCESS = /^src\/(base\/|main\.ts|porchlight\.ts)/
const NAMES_AVOIDED = /(^|[-/])(utils?|helpers?|manager|common|misc)([-./]|$)/

interface Finding {
  readonly file: string
  readonly line: number
  readonly rule: string
}

function layerOf(file: string): string {
  const parts = relative('src', file).split('/')
  return parts.length === 1 ? 'main' : parts[0]!
}

function* imports(file: string, line: string, number: number): Generator<Finding> {
  const match = /(?:from|import\()\s*'(\.[^']+)'/.exec(line)
  if (match === null) return
  const target = normalize(join(dirname(file), match[1]!))
  const [from, to] = [layerOf(file), layerOf(target)]
  if (!match[1]!.endsWith('.ts') && !match[1]!.endsWith('.json')) yield { file, line: number, rule: 'imports end in .ts' }
  if (from !== to && from !== 'main' && MAY_IMPORT[from]?.includes(to) !== true)
    yield { file, line: number, rule: `${from} must not import ${to}` }
  if (PURE.test(file) && !PURE_IMPORTS.has(to) && dirname(target) !== dirname(file))
    yield { file, line: number, rule: `a pure file must not import ${to}` }
  yield* wings(file, target, number)
  const [ownXep, otherXep] = [xepOf(file), xepOf(target)]
  if (ownXep !== otherXep && ownXep !== null && otherXep !== null && !target.endsWith('/index.ts'))
    yield { file, line: number, rule: 'another XEP is used through its index.ts only' }
}
function* wings(file: string, target: string, line: number): Generator<Finding> {
  const [from, to] = [wingOf(file), wingOf(target)]
  if (from === null || to === null || from === to || from.endsWith('.ts') || BELOW_ALL_WINGS.includes(to)) return
  if (WING_MAY_IMPORT[from]?.includes(to) !== true) yield { file, line, rule: `the wing ${from} must not import ${to}` }
}
/** The wing of src/server/, or a file beside the wings; null if the file is elsewhere. */
const wingOf = (file: string): string | null => /^src\/server\/([^/]+)/.exec(file)?.[1] ?? null
const xepOf = (file: string): string | null => /^src\/xep\/(\d{4}-[^/]+)\//.exec(file)?.[1] ?? null

function* look(file: string): Generator<Finding> {
  const lines = readFileSync(file, 'utf8').split('\n')
  const isTest = file.endsWith('.test.ts')
  if (NAMES_AVOIDED.test(file)) yield { file, line: 1, rule: 'a name from outside the vocabulary' }
  if (!isTest && lines.length > LINES_MAX) yield { file, line: lines.length, rule: `longer than ${LINES_MAX} lines` }
  if (!isTest && !/^(#!.*\n)?\/\*\*/.test(lines.slice(0, 2).join('\n')))
    yield { file, line: 1, rule: 'opens without saying what lives in it' }
  for (const [i, line] of lines.entries()) {
    if (!isTest) yield* imports(file, line, i + 1)
    if (/\bexport default\b/.test(line)) yield { file, line: i + 1, rule: 'export by name' }
    if (isTest || PROCESS.test(file)) continue
    for (const [pattern, remedy] of OUTSIDE_WORLD)
      if (pattern.test(line) && !/^\s*(\*|\/\/)/.test(line)) yield { file, line: i + 1, rule: remedy }
  }
}

function* runningInCircles(files: readonly string[]): Generator<Finding> {
  const inUse = files.filter((file) => !file.endsWith('.test.ts'))
  const arrows = new Map(inUse.map((file) => [file, importsOf(file, readFileSync(file, 'utf8'))]))
  for (const [file, ...others] of circles(arrows))
    yield { file: file!, line: 1, rule: `imports in a circle with ${others.join(', ')}` }
}

function* puttingFunctionsIn(files: readonly string[]): Generator<Finding> {
  const texts = files.filter((file) => !file.endsWith('.test.ts')).map((file) => [file, readFileSync(file, 'utf8')] as const)
  const types = new Set(texts.flatMap(([, text]) => functionTypes(text)))
  for (const [file, text] of texts) for (const joint of fifthJoints(text, types)) yield { file, ...joint }
}

function* readingOthers(files: readonly string[]): Generator<Finding> {
  const texts = files.filter((file) => !file.endsWith('.test.ts')).map((file) => [file, readFileSync(file, 'utf8')] as const)
  for (const [file, text] of texts) for (const found of lookingForAccounts(file, text)) yield { file, ...found }
  for (const pattern of unneededHomes(texts)) yield { file: 'tools/homes.ts', line: 1, rule: `no longer needed: ${pattern}` }
}

const files = sources('src')
const byFile = files.flatMap((file) => [...look(file)])
const found = [...byFile, ...runningInCircles(files), ...puttingFunctionsIn(files), ...readingOthers(files)]
for (const { file, line, rule } of found) console.log(`${file}:${line}: ${rule}`)
console.log(`house: ${found.length} found`)
process.exitCode = found.length === 0 ? 0 : 1
