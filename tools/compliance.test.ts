import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { markdownOf, type Outcome, type Statement } from '../src/cli/compliance-statement.ts'
import type { Spec } from '../src/server/feature.ts'
import { evidence as realEvidence, type Evidence } from './compliance-evidence.ts'
import { standardsIn } from './compliance-pages.ts'
import { allProfiles, type Profile } from './compliance-profiles.ts'
import { statementOf } from './compliance-statement.ts'
import { resultsOf, type Results } from './test-results.ts'

const ROOT = join(import.meta.dirname, '..')

const PING: Spec = { id: 'XEP-0199', title: 'XMPP Ping', version: '2.0.1', status: 'complete', note: '' }
const demand = (standard: string, level: 'core' | 'advanced' = 'core') => ({ feature: 'Pings', level, standard, pinned: '2.0' })
const PROFILE: Profile = { id: 'p', title: 'P', source: 'S.', includes: null, demands: [demand('XEP-0199')] }

const runs = [{ name: 'units', commit: '0123456789abcdef', changed: false, date: '2026-12-01T05:00:00.000Z' }]
const ran = (...tests: readonly (readonly [string, Outcome])[]): Results => ({
  runs,
  tests: tests.map(([name, outcome]) => ({ name, outcome, run: 'units' })),
})
function stated(results: Results, evidence: readonly Evidence[], specs: readonly Spec[] = [PING], profile = PROFILE): Statement {
  return statementOf([profile], {
    specs: new Map(specs.map((spec) => [spec.id, spec])),
    evidence: { 'XEP-0199': evidence },
    deviations: new Map([['XEP-0199', [7]]]),
    results,
  })
}
const named = (name: string): Evidence => ({ file: 'a.test.ts', name })
const passes = (...all: Parameters<typeof stated>): boolean => stated(...all).tables[0]!.rows[0]!.passed

test('CMP-1: a row passes if all of its tests have passed, and reads "no" in any other case', () => {
  const both = [named('ping'), named('pong')]
  assert(passes(ran(['a ping', 'pass'], ['a pong', 'pass'], ['another', 'fail']), both))
  assert(!passes(ran(['a ping', 'pass'], ['a pong', 'fail']), both), 'one fails')
  assert(
    !passes(ran(['a ping', 'pass'], ['a ping over TLS', 'fail'], ['a pong', 'pass']), both),
    'one of several of a name fails',
  )
  assert(!passes(ran(['a ping', 'pass'], ['a pong', 'skip']), both), 'one is skipped')
  assert(!passes(ran(['a ping', 'pass']), both), 'one was not run')
  assert(!passes(ran(['a ping', 'pass']), []), 'none is named')
  assert(!passes(ran(['a ping', 'pass'], ['a pong', 'pass']), both, []), 'not implemented')
})

test('CMP-1: tests are found by the statements that they cite', () => {
  const rooms: readonly Evidence[] = [{ statements: 'ROOM', number: null }]
  const sweeps = ['BROOM', '30'].join('-')
  assert(passes(ran(['T-M02, ROOM-30: a kick', 'pass'], [sweeps, 'fail']), rooms))
  assert(!passes(ran(['T-M02, ROOM-30: a kick', 'pass'], ['ROOM-63: what is said', 'fail']), rooms))
  assert(passes(ran(['ROOM-30: a kick', 'pass'], ['ROOM-63: what is said', 'fail']), [{ statements: 'ROOM', number: 30 }]))
})

test('CMP-10: a row names versions, deviations, tests, commit and date, and the page says "no"', () => {
  const all = stated(ran(['a ping', 'pass'], ['a pong', 'fail']), [named('ping'), named('pong'), named('never')])
  const [row] = all.tables[0]!.rows
  assert.deepEqual([row!.pinned, row!.implemented, row!.deviations], ['2.0', '2.0.1', [7]])
  assert.deepEqual([row!.commits, row!.date, row!.missing], [['0123456789'], runs[0]!.date, ['a.test.ts: never']])
  const page = markdownOf(all.tables, new Map([[7, '007-nobody.md']]))
  const cells = 'XEP-0199 XMPP Ping | 2.0 | 2.0.1 | [7](decisions/007-nobody.md) | 1 of 3 | **no** | 0123456789 | 2026-12-01 |'
  assert(page.includes(`| Pings | every server | ${cells}`), page)
  assert(page.includes('- a pong: **failed**\n') && page.includes('- a.test.ts: never: **not run**\n'))
})

test('CMP-1: a suite is met if its rows and those of the suite below it pass', () => {
  const specs: readonly Spec[] = [PING, { ...PING, id: 'XEP-0198' }]
  const below: Profile = { ...PROFILE, id: 'below', demands: [demand('XEP-0198')] }
  const above: Profile = { ...PROFILE, includes: 'below', demands: [demand('XEP-0199', 'advanced')] }
  const verdicts = (...failing: readonly string[]): readonly string[] =>
    statementOf([below, above], {
      specs: new Map(specs.map((spec) => [spec.id, spec])),
      evidence: { 'XEP-0198': [named('resumes')], 'XEP-0199': [named('pings')] },
      deviations: new Map(),
      results: ran(...['resumes', 'pings'].map((name) => [name, failing.includes(name) ? 'fail' : 'pass'] as const)),
    }).tables.map(({ verdict }) => verdict.split('. ').slice(0, 2).join('. '))
  assert.deepEqual(verdicts(), Array(2).fill('Server: yes. Advanced Server: yes'))
  assert.deepEqual(verdicts('pings'), ['Server: yes. Advanced Server: yes', 'Server: yes. Advanced Server: no'])
  assert.deepEqual(verdicts('resumes'), Array(2).fill('Server: no. Advanced Server: no'))
})

/** Runs a file of tests as tools/test.ts does, and says what came of them. */
function run(t: TestContext, isolation: string, text: string): Results {
  const directory = mkdtempSync(join(tmpdir(), 'porchlight-results-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const [file, out] = [join(directory, 'a.test.mjs'), join(directory, 'out.jsonl')]
  writeFileSync(file, text)
  const reporter = join(ROOT, 'tools/results-reporter.ts')
  const options = ['--test', `--test-isolation=${isolation}`, `--test-reporter=${reporter}`, `--test-reporter-destination=${out}`]
  const { NODE_TEST_CONTEXT: _, ...env } = process.env // otherwise the runner below believes that it is a part of this one
  spawnSync(process.execPath, [...options, file], { cwd: ROOT, env, stdio: 'ignore' })
  return resultsOf('units', readFileSync(out, 'utf8'))
}

const file = (answer: string): string => `import assert from 'node:assert/strict'
  import { test } from 'node:test'
  test('slixmpp', async (t) => {
    await t.test('XEP-0199: a ping', () => assert.equal('${answer}', 'pong'))
    await t.test('XEP-0192: another', () => {})
  })
  test('left out', { skip: 'not here' }, () => {})`
const shown = ({ tests }: Results): readonly unknown[] => tests.map(({ name, outcome }) => [name, outcome])
const others = [
  ['slixmpp > XEP-0192: another', 'pass'],
  ['left out', 'skip'],
] as const

test('CMP-1: a test that breaks turns its row to "no"', (t) => {
  const good = run(t, 'process', file('pong'))
  assert.deepEqual(shown(good), [['slixmpp > XEP-0199: a ping', 'pass'], others[0], ['slixmpp', 'pass'], others[1]])
  assert(passes(good, [named('XEP-0199: a ping')]))
  const broken = run(t, 'none', file('peng'))
  assert.deepEqual(shown(broken), [['slixmpp > XEP-0199: a ping', 'fail'], others[0], ['slixmpp', 'fail'], others[1]])
  assert(!passes(broken, [named('XEP-0199: a ping')]))
  assert(passes(broken, [named('XEP-0192: another')]), 'its neighbour is not concerned')
  assert(!passes(run(t, 'process', 'throw new Error("cannot be loaded")'), [named('XEP-0199: a ping')]))
})

test('Evidence: each file is there, and has the words of the names that it is to show', () => {
  const wrong: string[] = []
  for (const one of Object.values(realEvidence).flat()) {
    if ('statements' in one) continue
    const text = existsSync(join(ROOT, one.file)) ? readFileSync(join(ROOT, one.file), 'utf8') : ''
    if (!one.name.split(/\s+/).every((word) => word === '>' || text.includes(word))) wrong.push(`${one.file}: ${one.name}`)
  }
  assert.deepEqual(wrong, [])
})

test('Profiles: the ids and the number of rows are those of the specification', () => {
  assert.deepEqual(
    allProfiles.map(({ id, demands }) => [id, demands.length]),
    [
      ['xep-0479-core', 7],
      ['xep-0479-web', 4],
      ['xep-0479-im', 22],
      ['xep-0479-mobile', 3],
      ['xep-0479-av', 1],
      ['xep-0479-future', 11],
      ['fmn4-prf-3', 18],
      ['fmn4-prf-2', 4],
      ['fmn3', 23],
    ],
  )
})

test('The title of a decision names the standards that it concerns', () => {
  assert.deepEqual(standardsIn('# 37: Messages that wait (XEP-0160, 0313, 0386)'), ['XEP-0160', 'XEP-0313', 'XEP-0386'])
  assert.deepEqual(standardsIn('# 7: Nobody learns (RFC 6120, RFC 6121)'), ['RFC 6120', 'RFC 6121'])
  assert.deepEqual(standardsIn('# 2: The runtime comes with the package'), [])
})
