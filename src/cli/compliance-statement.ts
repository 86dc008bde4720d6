/**
 * The statement of conformance as it is stored in docs/compliance.json, and as Markdown. `npm run compliance` makes it from test
 * runs (tools/compliance.ts); `porchlight conformance` prints it.
 */

/** A run of tests. */
export interface Run {
  readonly name: string
  /** Of the code that was tested; null if it is not known. */
  readonly commit: string | null
  /** Whether the code had changes that are in no commit. */
  readonly changed: boolean
  /** A DateTime of XEP-0082. */
  readonly date: string
}

export type Outcome = 'pass' | 'fail' | 'skip'

export interface TestResult {
  /** With the names of the tests that it is in: `slixmpp > XEP-0030: finds what the server can do`. */
  readonly name: string
  readonly outcome: Outcome
  /** The name of its run. */
  readonly run: string
}

/** What a table demands, and what is so. */
export interface Row {
  /** What the table calls it; empty if it names standards only. */
  readonly feature: string
  readonly level: Level
  /** Such as `XEP-0045`. */
  readonly standard: string
  readonly title: string
  /** The version that the table pins; null if it pins none. */
  readonly pinned: string | null
  /** For an RFC its name, for a XEP its version. Null if the server does not have the standard. */
  readonly implemented: string | null
  readonly note: string
  /** Numbers of the decisions that depart from the standard. */
  readonly deviations: readonly number[]
  /** What differs on the wire between the pinned and the implemented version; empty if there is no difference. */
  readonly difference: string
  readonly tests: readonly TestResult[]
  /** Tests that should show it, and were not run. */
  readonly missing: readonly string[]
  readonly passed: boolean
  readonly commits: readonly string[]
  /** Of the oldest run that it rests on; null if no test was run. */
  readonly date: string | null
}

/** `core`: required of each server; `advanced`: of an advanced one; `noted`: not required. */
export type Level = 'core' | 'advanced' | 'noted'

export interface Table {
  readonly id: string
  readonly title: string
  readonly source: string
  readonly verdict: string
  readonly rows: readonly Row[]
}

export interface Statement {
  readonly runs: readonly Run[]
  readonly tests: readonly TestResult[]
  readonly tables: readonly Table[]
}

const DECISIONS = 'decisions'

const line = (...cells: readonly string[]): string =>
  `| ${cells.map((text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |\n`

/** @param pages the names of the pages of decisions, by number */
export function markdownOf(tables: readonly Table[], pages: ReadonlyMap<number, string>): string {
  return tables.map((table) => tableText(table, pages)).join('\n') + testsText(tables)
}

function tableText({ title, source, verdict, rows }: Table, pages: ReadonlyMap<number, string>): string {
  const suite = rows.some((row) => row.feature !== '')
  const head = [
    ...(suite ? ['Feature', 'Required of'] : []),
    'Standard',
    'Pinned',
    'Implemented',
    'Deviations',
    'Tests',
    'Passes',
    'Commit',
    'Date',
  ]
  const lines = rows.map((row) => line(...(suite ? [row.feature, LEVELS[row.level]] : []), ...cellsOf(row, pages)))
  const differences = rows.filter((row) => row.difference !== '')
  return (
    `## ${title}\n\n${source}\n\n**${verdict}**\n\n` +
    line(...head) +
    `|${head.map(() => '---').join('|')}|\n` +
    lines.join('') +
    (differences.length === 0 ? '' : `\nWhat differs on the wire:\n\n${differences.map(differenceText).join('')}`)
  )
}
const LEVELS: Readonly<Record<Level, string>> = { core: 'every server', advanced: 'an advanced server', noted: '-' }

const differenceText = ({ standard, pinned, implemented, difference }: Row): string =>
  `- ${standard}${pinned === null ? '' : ` ${pinned}`}, implemented ${implemented}: ${difference}\n`

function cellsOf(row: Row, pages: ReadonlyMap<number, string>): readonly string[] {
  const passed = row.tests.filter(({ outcome }) => outcome === 'pass').length
  const all = row.tests.length + row.missing.length
  return [
    `${row.standard} ${row.title}`.trimEnd(),
    row.pinned ?? '-',
    row.implemented === null ? 'no' : row.note === '' ? row.implemented : `${row.implemented} (${row.note})`,
    row.deviations.map((number) => decisionText(number, pages)).join(', ') || '-',
    all === 0 ? 'none' : `${passed} of ${all}`,
    row.passed ? 'yes' : '**no**',
    row.commits.join(', ') || '-',
    row.date?.slice(0, 10) ?? '-',
  ]
}

function decisionText(number: number, pages: ReadonlyMap<number, string>): string {
  const page = pages.get(number)
  return page === undefined ? String(number) : `[${number}](${DECISIONS}/${page})`
}

function testsText(tables: readonly Table[]): string {
  const byStandard = new Map(tables.flatMap(({ rows }) => rows.map((row) => [row.standard, row] as const)))
  const lists = [...byStandard.values()]
    .toSorted((a, b) => (a.standard < b.standard ? -1 : 1))
    .map(({ standard, tests, missing }) => {
      const names = [
        ...tests.map(({ name, outcome }) => `- ${name}${outcome === 'pass' ? '' : `: **${OUTCOMES[outcome]}**`}\n`),
        ...missing.map((name) => `- ${name}: **not run**\n`),
      ]
      return names.length === 0 ? '' : `\n**${standard}**\n\n${names.join('')}`
    })
  return `\n## Tests\n${lists.join('')}`
}
const OUTCOMES: Readonly<Record<Outcome, string>> = { pass: 'passed', fail: 'failed', skip: 'skipped' }
