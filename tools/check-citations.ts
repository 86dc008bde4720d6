/**
 * Checks that everything that code, tests and pages cite can be looked up: each statement (`SUB-33`, `T-S04`) has a line in
 * docs/statements.md, and each marked departure has a page in docs/decisions/. A line that nothing cites is a fault too.
 */
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file and its content. */
export interface Source {
  readonly file: string
  readonly text: string
}

const PAGE = 'docs/statements.md'
const DECISIONS = 'docs/decisions'

const STATEMENT = /(?<![\w-])(?:T-[A-Z]+\d+|[A-Z]{2,}-\d+)(?![\w-])/g
/** Names that look like statements, but are names of specifications, hashes and encodings. */
const OTHER_NAMES = /^(?:SHA|UTF|XEP)-/
const DEPARTURE = /DEVIATES\((\d+)\)/g
/** A row of a table whose first cell is a statement. */
const DEFINITION = /^\| (T-[A-Z]+\d+|[A-Z]{2,}-\d+) \|/gm

/** Each name that `pattern` finds (its first group, or the whole match), with the place where it first occurs. */
function namesIn(sources: readonly Source[], pattern: RegExp): ReadonlyMap<string, string> {
  const places = new Map<string, string>()
  for (const { file, text } of sources)
    for (const match of text.matchAll(pattern)) {
      const name = match[1] ?? match[0]
      if (!places.has(name)) places.set(name, `${file}:${text.slice(0, match.index).split('\n').length}`)
    }
  return places
}

/** One line for each fault: a statement that is cited but not on the page, on the page but not cited, or there twice. */
export function faultsOfStatements(citing: readonly Source[], page: string): readonly string[] {
  const defined = [...page.matchAll(DEFINITION)].map((match) => match[1]!)
  const cited = [...namesIn(citing, STATEMENT)].filter(([name]) => !OTHER_NAMES.test(name))
  const names = new Set(cited.map(([name]) => name))
  return [
    ...cited.filter(([name]) => !defined.includes(name)).map(([name, place]) => `${place}: ${name} is not in ${PAGE}`),
    ...defined.filter((name) => !names.has(name)).map((name) => `${PAGE}: nothing cites ${name}`),
    ...defined.filter((name, i) => defined.indexOf(name) !== i).map((name) => `${PAGE}: ${name} is there twice`),
  ]
}

/**
 * One line for each fault: departures without a page, numbers that two pages have, and pages that the list leaves out.
 * @param pages file names, such as `007-a-decision.md`
 * @param list the page that lists them
 */
export function faultsOfDecisions(citing: readonly Source[], pages: readonly string[], list: string): readonly string[] {
  const decisions = pages.filter((page) => /^\d/.test(page))
  const numbers = decisions.map((page) => String(Number.parseInt(page, 10)))
  return [
    ...[...namesIn(citing, DEPARTURE)]
      .filter(([number]) => !numbers.includes(number))
      .map(([number, place]) => `${place}: DEVIATES(${number}) has no page in ${DECISIONS}/`),
    ...numbers.filter((number, i) => numbers.indexOf(number) !== i).map((number) => `${DECISIONS}/: two pages are ${number}`),
    ...decisions.filter((page) => !list.includes(`](${page})`)).map((page) => `${DECISIONS}/README.md does not list ${page}`),
  ]
}

/** All files that people write, except the page itself and what is generated or installed. */
function citing(root: string): readonly Source[] {
  const kinds = '*.{ts,tsx,mts,js,mjs,md,py,sh,toml,html,css}'
  const patterns = ['*.md', `{bench,bin,config,contrib,docs,examples,src,test,tools,web}/**/${kinds}`]
  return globSync(patterns, { cwd: root, exclude: (name) => /(^|\/)(node_modules|dist)$|^bench\/(out|results)/.test(name) })
    .filter((file) => file !== PAGE && file !== 'docs/compliance.md' && file !== 'tools/check-citations.test.ts')
    .sort()
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const sources = citing(root)
  const faults = [
    ...faultsOfStatements(sources, readFileSync(join(root, PAGE), 'utf8')),
    ...faultsOfDecisions(sources, readdirSync(join(root, DECISIONS)), readFileSync(join(root, DECISIONS, 'README.md'), 'utf8')),
  ]
  for (const fault of faults) console.log(fault)
  console.log(`citations: ${faults.length} found`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
