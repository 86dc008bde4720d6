/** The statement of conformance: what is demanded, beside what is implemented and what came of the tests. */
import type { Row, Statement, Table, TestResult } from '../src/cli/compliance-statement.ts'
import type { Spec } from '../src/server/feature.ts'
import type { Evidence } from './compliance-evidence.ts'
import { differences, replacedBy, type Demand, type Profile } from './compliance-profiles.ts'

/** What is so, as far as it is known. */
export interface Known {
  /** By the name of the standard. */
  readonly specs: ReadonlyMap<string, Spec>
  readonly evidence: Readonly<Record<string, readonly Evidence[]>>
  /** Numbers of decisions, by the standard that they depart from. */
  readonly deviations: ReadonlyMap<string, readonly number[]>
  readonly results: Pick<Statement, 'runs' | 'tests'>
}

const shows = (evidence: Evidence, name: string): boolean => {
  if (!('statements' in evidence)) return name.includes(evidence.name)
  const { statements, number } = evidence
  return new RegExp(`(?<![\\w-])${statements}-${number ?? '\\d+'}(?![\\w-])`).test(name)
}

/** The tests that any of `evidence` names, each once. */
export const testsThatShow = (evidence: readonly Evidence[], tests: readonly TestResult[]): readonly TestResult[] =>
  tests.filter(({ name }) => evidence.some((one) => shows(one, name)))

export function statementOf(profiles: readonly Profile[], known: Known): Statement {
  const rows = new Map(profiles.map((profile) => [profile.id, profile.demands.map((demand) => rowOf(demand, known))]))
  const tables = profiles.map((profile): Table => {
    const { id, title, source } = profile
    return { id, title, source, verdict: verdictOf(profile, rows), rows: rows.get(id)! }
  })
  return { runs: known.results.runs, tests: known.results.tests, tables }
}

function rowOf({ feature, level, standard, pinned }: Demand, known: Known): Row {
  const here = replacedBy[standard] ?? standard
  const spec = known.specs.get(here)
  const wanted = known.evidence[here] ?? []
  const tests = testsThatShow(wanted, known.results.tests)
  const missing = wanted.filter((one) => !tests.some(({ name }) => shows(one, name))).map(nameOf)
  const runs = known.results.runs.filter((run) => tests.some((test) => test.run === run.name))
  return {
    feature,
    level,
    standard,
    title: spec === undefined || here !== standard ? '' : spec.title,
    pinned,
    implemented: spec === undefined ? null : spec.version === '' ? here : spec.version,
    note: noteOf(spec),
    deviations: known.deviations.get(here) ?? [],
    difference: differences[pinned === null ? standard : `${standard} ${pinned}`] ?? '',
    tests,
    missing,
    passed: spec !== undefined && tests.length > 0 && missing.length === 0 && tests.every(({ outcome }) => outcome === 'pass'),
    commits: [
      ...new Set(runs.map(({ commit, changed }) => `${commit?.slice(0, 10) ?? 'unknown'}${changed ? ' with changes' : ''}`)),
    ],
    date: runs.map(({ date }) => date).toSorted()[0] ?? null,
  }
}

const noteOf = (spec: Spec | undefined): string =>
  spec === undefined ? '' : [spec.status === 'complete' ? '' : spec.status, spec.note].filter((text) => text !== '').join('; ')

const nameOf = (evidence: Evidence): string =>
  'statements' in evidence
    ? `a test of ${evidence.statements}${evidence.number === null ? '' : `-${evidence.number}`}`
    : `${evidence.file}: ${evidence.name}`

function verdictOf({ id, includes, demands }: Profile, rows: ReadonlyMap<string, readonly Row[]>): string {
  const own = rows.get(id)!
  const passed = own.filter((row) => row.passed).length
  const sum = `${passed} of ${own.length} rows pass`
  if (demands.every(({ feature }) => feature === '') || demands.every(({ level }) => level === 'noted')) return sum
  const all = [...own, ...(includes === null ? [] : rows.get(includes)!)]
  const server = all.every((row) => row.passed || row.level !== 'core')
  const advanced = all.every((row) => row.passed || row.level === 'noted')
  return `Server: ${server ? 'yes' : 'no'}. Advanced Server: ${advanced ? 'yes' : 'no'}. ${sum}`
}
