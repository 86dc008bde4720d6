/**
 * T-N17: three servers, one slot, without any time: a lease may seem over at any moment, and a server may rest between any two
 * steps, with a transaction open, before and after its COMMIT was sent. Every state is visited; in none of them a server commits
 * what it has decided on a state of the slot that is no longer the last one. Each rule that is left out lets the model find two
 * writers.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, type Visit } from '../../test/support/exhaustive.ts'
import { mayMove, mayOpen, type Leaving } from './view.ts'

interface Rules {
  readonly mayMove: (leaving: Leaving) => boolean
  readonly mayOpen: typeof mayOpen
  /** CL-22: a transaction takes the lock on its fence row, so that a takeover waits for its end. */
  readonly locks: boolean
  /** CL-22: a transaction whose fence row is not there ends. */
  readonly checks: boolean
  /** CL-22: the slot of a dead server moves in the transaction that deletes its fence row. */
  readonly deletes: boolean
  /** CL-22: the new home reads only after that transaction has committed. */
  readonly readsAfter: boolean
  /** CL-20: a fence row is that of an incarnation. Otherwise server 2 is server 0, started again. */
  readonly incarnations: boolean
  /** CL-22: a server gives a slot up when its last statement has committed. */
  readonly givesUpLast: boolean
  /** CL-28: after a reconnect a server waits for the transaction of its lost connection. */
  readonly waits: boolean
}
const RULES: Rules = {
  mayMove,
  mayOpen,
  locks: true,
  checks: true,
  deletes: true,
  readsAfter: true,
  incarnations: true,
  givesUpLast: true,
  waits: true,
}

/** What a server is doing. */
const [OUT, MEMBER, CHOSEN, READ_EARLY, HOME, DECIDED, OPEN, CUT] = [0, 1, 2, 3, 4, 5, 6, 7]
const SERVERS = [0, 1, 2] as const

interface Server {
  doing: number
  /** It has read the last state of the slot. */
  isFresh: boolean
  /** A transaction of a connection that it has lost, which may still commit. */
  hasOrphan: boolean
  hasGivenUp: boolean
}
interface State {
  readonly servers: [Server, Server, Server]
  /** By fence row. */
  readonly fences: boolean[]
  owner: number
}

const FLAGS = 16
function pack({ servers, fences, owner }: State): number {
  let packed = owner
  for (const { doing, isFresh, hasOrphan, hasGivenUp } of servers)
    packed = packed * 8 * FLAGS + doing * FLAGS + (isFresh ? 4 : 0) + (hasOrphan ? 2 : 0) + (hasGivenUp ? 1 : 0)
  for (const fence of fences) packed = packed * 2 + (fence ? 1 : 0)
  return packed
}
function unpack(packed: number): State {
  let rest = packed
  const take = (radix: number): number => {
    const part = rest % radix
    rest = Math.floor(rest / radix)
    return part
  }
  const fences = [take(2), take(2), take(2)].toReversed().map((bit) => bit === 1)
  const server = (): Server => {
    const flags = take(FLAGS)
    return { doing: take(8), isFresh: (flags & 4) > 0, hasOrphan: (flags & 2) > 0, hasGivenUp: (flags & 1) > 0 }
  }
  const servers = [server(), server(), server()].toReversed() as [Server, Server, Server]
  return { servers, fences, owner: rest }
}

const server = (doing: number, isFresh: boolean): Server => ({ doing, isFresh, hasOrphan: false, hasGivenUp: false })
const START = pack({
  servers: [server(HOME, true), server(MEMBER, false), server(OUT, false)],
  fences: [true, true, false],
  owner: 0,
})

/** Which fence row is that of the server. */
const rowOf = (i: number, { incarnations }: Rules): number => (!incarnations && i === 2 ? 0 : i)

class Moves {
  readonly #packed: number
  readonly #visit: Visit
  readonly #rules: Rules

  constructor(packed: number, visit: Visit, rules: Rules) {
    this.#packed = packed
    this.#visit = visit
    this.#rules = rules
  }
  all(): void {
    const now = unpack(this.#packed)
    for (const i of SERVERS) {
      this.#own(now, i)
      this.#connection(now, i)
      for (const from of SERVERS) if (now.servers[i].doing !== OUT && now.owner === from && from !== i) this.#views(now, i, from)
    }
  }
  #own(now: State, i: number): void {
    const { doing, hasGivenUp } = now.servers[i]!
    const { checks, givesUpLast, readsAfter } = this.#rules
    const hasRow = now.fences[rowOf(i, this.#rules)]!
    if (doing === OUT)
      this.#step(`${i} joins`, (s) => {
        s.servers[i]!.doing = MEMBER
        s.fences[rowOf(i, this.#rules)] = true
      })
    if (doing === MEMBER && this.#rules.mayOpen({ isOwner: now.owner === i, hasGivenUp }))
      this.#step(`${i} reads the view`, (s) => (s.servers[i]!.doing = CHOSEN))
    if (doing === CHOSEN) this.#step(`${i} reads the slot`, (s) => read(s, i, HOME))
    if (doing === MEMBER && !readsAfter) this.#step(`${i} reads the slot early`, (s) => read(s, i, READ_EARLY))
    if (doing === HOME) this.#step(`${i} decides`, (s) => (s.servers[i]!.doing = DECIDED))
    if (doing === DECIDED)
      if (hasRow || !checks) this.#step(`${i} begins`, (s) => (s.servers[i]!.doing = OPEN))
      else this.#step(`${i} finds no fence row`, (s) => out(s, i))
    if (doing === OPEN) this.#commit(now, i)
    if (now.owner === i && !hasGivenUp && (doing === HOME || (doing === OPEN && !givesUpLast)))
      this.#step(`${i} gives the slot up`, (s) => {
        s.servers[i]!.hasGivenUp = true
        if (doing === HOME) s.servers[i]!.doing = MEMBER
      })
  }
  #commit(now: State, i: number): void {
    const wrong = now.servers[i]!.isFresh ? null : 'two writers'
    this.#step(
      `${i} commits`,
      (s) => {
        changed(s, i)
        s.servers[i]!.doing = s.servers[i]!.hasGivenUp ? MEMBER : HOME
      },
      wrong,
    )
  }
  #connection(now: State, i: number): void {
    const { doing, hasOrphan } = now.servers[i]!
    const { checks, waits } = this.#rules
    if (doing === OPEN && !hasOrphan)
      this.#step(`${i} loses its connection`, (s) => {
        s.servers[i]!.doing = CUT
        s.servers[i]!.hasOrphan = true
      })
    if (hasOrphan) {
      this.#step(`the lost transaction of ${i} commits`, (s) => {
        s.servers[i]!.hasOrphan = false
        changed(s, null)
      })
      this.#step(`the lost transaction of ${i} ends`, (s) => (s.servers[i]!.hasOrphan = false))
    }
    if (doing !== CUT || (waits && hasOrphan)) return
    if (now.fences[rowOf(i, this.#rules)]! || !checks) this.#step(`${i} connects and reads again`, (s) => read(s, i, HOME))
    else this.#step(`${i} connects and finds no fence row`, (s) => out(s, i))
  }
  /** Server `i` writes a view in which it is the home instead of `from`. */
  #views(now: State, i: number, from: number): void {
    const { mayMove: rule, locks, deletes, readsAfter } = this.#rules
    const { doing, hasOrphan, hasGivenUp } = now.servers[from]!
    const { doing: own } = now.servers[i]!
    if (own !== MEMBER && own !== READ_EARLY) return
    if (!now.fences[rowOf(i, this.#rules)]) return
    const take = (s: State): void => {
      s.owner = i
      s.servers[from]!.hasGivenUp = false
      if (!readsAfter && own === READ_EARLY) s.servers[i]!.doing = HOME
    }
    if (rule({ isFencedOff: false, hasGivenUp })) this.#step(`${i} takes what ${from} gave up`, take)
    const isLocked = locks && (doing === OPEN || hasOrphan)
    const mayTake = rule({ isFencedOff: true, hasGivenUp })
    if (mayTake && !isLocked)
      this.#step(`${i} takes over from ${from}`, (s) => {
        if (deletes) s.fences[rowOf(from, this.#rules)] = false
        take(s)
      })
    if (isLocked) this.#step(`${i} ends the connection of ${from}`, (s) => cut(s, from))
  }
  #step(what: string, change: (state: State) => void, wrong: string | null = null): void {
    const state = unpack(this.#packed)
    change(state)
    this.#visit(what, pack(state), wrong)
  }
}

function read(s: State, i: number, doing: number): void {
  s.servers[i]!.doing = doing
  s.servers[i]!.isFresh = true
}
/** By a transaction of `by`, or by one that nobody waits for. */
function changed(s: State, by: number | null): void {
  for (const i of SERVERS) if (i !== by) s.servers[i].isFresh = false
}
function out(s: State, i: number): void {
  s.servers[i] = server(OUT, false)
}
/** `pg_terminate_backend`: its transaction is rolled back. */
function cut(s: State, i: number): void {
  const it = s.servers[i]!
  it.hasOrphan = false
  if (it.doing === OPEN) it.doing = CUT
}

const exploring = (rules: Rules) => explore(START, (state: number, visit: Visit) => new Moves(state, visit, rules).all())

test('T-N17: three servers, one slot, leases that seem over at any moment: never two writers', () => {
  const { states, found } = exploring(RULES)
  assert.equal(found, null)
  assert.ok(states > 1000, `${states} states`)
})

const WITHOUT: Readonly<Record<string, Partial<Rules>>> = {
  'the fence': { locks: false, checks: false },
  'the lock on the fence row': { locks: false },
  'the question whether the fence row is there': { checks: false },
  'the deletion of the fence row': { deletes: false },
  'reading after the takeover has committed': { readsAfter: false },
  'incarnations': { incarnations: false },
  'the word of a living server': { mayMove: () => true },
  'a later view before a slot is opened again': { mayOpen: ({ isOwner }) => isOwner },
  'giving up after the last commit': { givesUpLast: false },
  'waiting for the transaction of a lost connection': { waits: false },
}
for (const [rule, left] of Object.entries(WITHOUT))
  test(`T-N17: without ${rule} the model finds two writers`, () => {
    assert.equal(exploring({ ...RULES, ...left }).found?.at(-1), 'two writers')
  })
