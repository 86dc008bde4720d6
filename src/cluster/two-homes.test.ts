/**
 * T-N14: three servers, one slot, in ticks. PostgreSQL is away for some and back for one, the bus is cut between any two, the home
 * is frozen, answers and words come late. Every state is visited; in none of them two servers serve the slot. Each rule that is
 * left out lets the model find two homes.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, type Visit } from '../../test/support/exhaustive.ts'
import { heardOutage, isLeaseOver, mayServe, renewed, TENANCY, type Standing, type Tenancy } from './tenure.ts'
import type { Times } from './times.ts'

/** In ticks. */
const TICKS: Times = { lease: 4, own: 3 }

interface Model {
  readonly others: 1 | 2
  readonly times: Times
  readonly rules: Tenancy
  readonly isLeaseOver: typeof isLeaseOver
  /** Words of the bus may come late. */
  readonly isBusLate: boolean
  /** From when a word counts that was spoken and came at these moments. */
  readonly wordFrom: (spokenAt: number, now: number) => number
  /** Which words count: null for all, otherwise only those of servers that cannot renew. */
  readonly onlyOutages: boolean
}
const WHOLE: Model = {
  others: 2,
  times: TICKS,
  rules: TENANCY,
  isLeaseOver,
  isBusLate: false,
  wordFrom: (spokenAt) => spokenAt,
  onlyOutages: true,
}
/** One other server, whose words may come late. */
const LATE: Model = { ...WHOLE, others: 1, isBusLate: true }

/** All ages stop here, which is beyond every limit. */
const CAP = 5
const NONE = CAP + 1
const RADIX = NONE + 1
const NOW = 100

/** Ages in ticks, at most `CAP`; or `NONE`. Server 0 is the home at the start. */
type State = Record<(typeof PARTS)[number], number>
const PARTS = [
  'renewed',
  'hasStopped',
  'word1',
  'word2',
  /** Of server 0 in the database. */
  'row',
  /** A renewal of server 0 that took effect, and whose answer is on its way. */
  'late',
  /** How long 1 and 2 have renewed without a gap; 0: they cannot. */
  'renewing1',
  'renewing2',
  /** A word of server 1 that is on its way. */
  'lateWord',
  'isTaken',
  /** Server 0 has learnt that the slot is taken. */
  'isOver',
] as const
const START: State = {
  renewed: 0,
  hasStopped: 0,
  word1: NONE,
  word2: NONE,
  row: 0,
  late: NONE,
  renewing1: CAP,
  renewing2: CAP,
  lateWord: NONE,
  isTaken: 0,
  isOver: 0,
}
const pack = (s: State): number => PARTS.reduce((packed, part) => packed * RADIX + s[part], 0)
function unpack(packed: number): State {
  const s = { ...START }
  let rest = packed
  for (const part of PARTS.toReversed()) {
    s[part] = rest % RADIX
    rest = Math.floor(rest / RADIX)
  }
  return s
}

const older = (age: number): number => (age === NONE ? NONE : Math.min(CAP, age + 1))
const momentOf = (age: number): number => (age === NONE ? -Infinity : NOW - age)
const ageOf = (moment: number): number => (moment === -Infinity ? NONE : Math.min(CAP, NOW - moment))
const longer = (span: number, goesOn: boolean): number => (goesOn ? Math.min(CAP, span + 1) : 0)

/** What happens in a tick. */
interface Choice {
  readonly isFrozen: boolean
  readonly database: 'away' | 'answers' | 'answers late'
  /** What is late comes now. */
  readonly arrives: boolean
  readonly renews1: boolean
  readonly renews2: boolean
  readonly bus1: 'cut' | 'there' | 'late'
  readonly bus2: 'cut' | 'there'
}
const BOTH = [false, true]
function allChoices({ others, isBusLate }: Model): readonly Choice[] {
  const all: Choice[] = []
  for (const renews1 of BOTH)
    for (const renews2 of others === 2 ? BOTH : [false]) {
      all.push({ isFrozen: true, database: 'away', arrives: false, renews1, renews2, bus1: 'cut', bus2: 'cut' })
      for (const database of ['away', 'answers', 'answers late'] as const)
        for (const arrives of BOTH)
          for (const bus1 of isBusLate ? (['cut', 'there', 'late'] as const) : (['cut', 'there'] as const))
            for (const bus2 of others === 2 ? (['cut', 'there'] as const) : (['cut'] as const))
              all.push({ isFrozen: false, database, arrives, renews1, renews2, bus1, bus2 })
    }
  return all
}

/** Server 0 after a tick, in which it asks as often as it would. */
function after(before: State, choice: Choice, model: Model): readonly [State, serves: boolean] {
  const { times, rules } = model
  const s: State = {
    ...before,
    renewed: older(before.renewed),
    word1: older(before.word1),
    word2: older(before.word2),
    row: older(before.row),
    late: older(before.late),
    lateWord: older(before.lateWord),
    renewing1: longer(before.renewing1, choice.renews1),
    renewing2: longer(before.renewing2, choice.renews2),
  }
  // The others come first: server 0 may read a view that was written just now
  const taken = (renewing: number): boolean => renewing > 0 && model.isLeaseOver(s.row, renewing, times)
  if (taken(s.renewing1) || taken(s.renewing2)) s.isTaken = 1
  if (choice.isFrozen) return [s, false]
  const standing: Standing = {
    renewedAt: momentOf(s.renewed),
    hasStopped: s.hasStopped === 1,
    words: new Map([[1, momentOf(s.word1)], ...(model.others === 2 ? [[2, momentOf(s.word2)] as const] : [])]),
  }
  const first = mayServe(standing, NOW, times, rules)
  renewals(s, standing, choice, model)
  words(s, standing, choice, model)
  const serves = s.isOver === 0 && (first || mayServe(standing, NOW, times, rules))
  s.renewed = ageOf(standing.renewedAt)
  s.hasStopped = standing.hasStopped ? 1 : 0
  s.word1 = ageOf(standing.words.get(1)!)
  s.word2 = ageOf(standing.words.get(2) ?? -Infinity)
  return [s, serves]
}

/** A renewal finds no row when another server has taken the slot. */
function renewals(s: State, standing: Standing, { database, arrives }: Choice, { times, rules }: Model): void {
  if (arrives && s.late !== NONE) {
    renewed(standing, NOW - s.late, NOW, times, rules)
    s.late = NONE
  }
  if (database === 'away' || s.late !== NONE) return
  if (s.isTaken === 1) s.isOver = 1
  else {
    s.row = 0
    if (database === 'answers') renewed(standing, NOW, NOW, times, rules)
    else s.late = 0
  }
}
function words(s: State, standing: Standing, { bus1, bus2, arrives }: Choice, model: Model): void {
  const { times, rules, onlyOutages } = model
  const hear = (node: 1 | 2, age: number): void => heardOutage(standing, node, model.wordFrom(NOW - age, NOW), NOW, times, rules)
  if (arrives && s.lateWord !== NONE) {
    hear(1, s.lateWord)
    s.lateWord = NONE
  }
  const counts1 = !onlyOutages || s.renewing1 === 0
  if (bus1 === 'there' && counts1) hear(1, 0)
  if (bus1 === 'late' && counts1 && s.lateWord === NONE) s.lateWord = 0
  if (bus2 === 'there' && (!onlyOutages || s.renewing2 === 0)) hear(2, 0)
}

function exploring(model: Model) {
  const choices = allChoices(model)
  return explore(pack(START), (packed: number, visit: Visit) => {
    const before = unpack(packed)
    if (before.isOver === 1) return
    for (const choice of choices) {
      const [state, serves] = after(before, choice, model)
      visit(choice, pack(state), serves && state.isTaken === 1 ? 'two homes' : null)
    }
  })
}

test('T-N14: PostgreSQL away for some, back for one, the bus cut between: never two homes', () => {
  const { states, found } = exploring(WHOLE)
  assert.equal(found, null)
  assert.ok(states > 1000, `${states} states`)
})
test('T-N14: words of the bus that come late: never two homes', () => {
  assert.equal(exploring(LATE).found, null)
})

/** Of the words of some servers only. */
const heardOf = (which: (words: Standing['words']) => Standing['words']): Tenancy => ({
  ...TENANCY,
  isSafeFromAll: (standing, now, times) => TENANCY.isSafeFromAll({ ...standing, words: which(standing.words) }, now, times),
})
const WITHOUT: Readonly<Record<string, Model>> = {
  'an end of its own before that of the lease': { ...WHOLE, times: { ...TICKS, own: TICKS.lease + 1 } },
  'counting a renewal from when it was sent': { ...LATE, rules: { ...TENANCY, validFrom: (_, backAt) => backAt } },
  'a stop that lasts until a renewal': { ...LATE, rules: { ...TENANCY, staysStopped: false } },
  'a stop that an old renewal does not end': { ...LATE, rules: { ...TENANCY, mayResume: () => true } },
  'a renewal without a gap before a takeover': { ...LATE, isLeaseOver: (age, _, { lease } = TICKS) => age >= lease },
  'words of every other server': { ...WHOLE, rules: heardOf((words) => new Map([...words].slice(0, 1))) },
  'words that say that the server cannot renew': { ...LATE, onlyOutages: false },
  'counting a word from when it was spoken': { ...LATE, wordFrom: (_, now) => now },
}
for (const [rule, model] of Object.entries(WITHOUT))
  test(`T-N14: without ${rule} the model finds two homes`, () => {
    assert.equal(exploring(model).found?.at(-1), 'two homes')
  })
