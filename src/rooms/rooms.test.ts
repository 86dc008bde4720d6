import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contract } from '../../test/support/contract.ts'
import { seededEntropy } from '../base/entropy.ts'
import { silent } from '../base/log.ts'
import { ManualClock } from '../base/manual-clock.ts'
import type { Database } from '../server/database.ts'
import { SqlArchive } from '../storage/archive.ts'
import { openInMemory } from '../storage/sqlite.ts'
import { Payload } from '../xmpp/packet.ts'
import type { Jid } from '../xmpp/jid.ts'
import { jid } from '../xmpp/jid.ts'
import type { Entry } from './log.ts'
import { LIMITS, SERVICE, type Actor, type Command } from './machine/commands.ts'
import type { Room } from './machine/room.ts'
import type { Tell } from './machine/tells.ts'
import { PACES } from './paces.ts'
import { EVERYTHING, RoomLog, STANZAS } from './room-log.ts'
import { HOLDING, Rooms, type HoldingLimits, type Order, type Outcome } from './rooms.ts'
import { RoomStore } from './store.ts'
import { TENDING, Tending } from './tending.ts'
import { affiliating, bareOf, giving, ROOM, said, sessionOf, shows } from './testing.ts'

/** Rooms over a database that can be made to fail, with one face that writes down what it is told. */
class House {
  readonly clock = new ManualClock()
  readonly told: string[] = []
  readonly entries: Entry[] = []
  readonly changed = new Set<string>()
  fails = false
  #database: Database | null = null
  #rooms: Rooms | null = null
  #log: RoomLog | null = null
  #tending: Tending | null = null

  static async open(limits: Partial<HoldingLimits> = {}, database?: Database): Promise<House> {
    const house = new House()
    house.#database = house.#failing(database ?? openInMemory({ clock: house.clock }))
    await house.restart(limits)
    return house
  }
  /** Everything but the database is new. */
  async restart(limits: Partial<HoldingLimits> = {}): Promise<void> {
    const { clock } = this
    const database = this.#database!
    const archive = await SqlArchive.open(database, seededEntropy(String(Math.random())))
    const store = await RoomStore.open(database, archive)
    const occupantsChanged = (room: string): void => void this.changed.add(room)
    const entropy = seededEntropy(String(this.told.length))
    this.#rooms = new Rooms({
      store,
      archive,
      clock,
      entropy,
      log: silent,
      limits: { ...LIMITS, ...HOLDING, ...PACES, ...limits },
      labels: null,
      occupantsChanged,
    })
    this.#rooms.faces.push({
      tell: (room, tell, entries) => {
        this.told.push(this.#wordsOf(room, tell))
        this.entries.push(...(tell.tell === 'log' ? [entries[tell.entry]!] : []))
      },
    })
    this.#log = new RoomLog(this.#rooms, archive)
    this.#tending = new Tending({ rooms: this.#rooms, store, archive, clock, log: silent, times: TENDING })
  }
  get rooms(): Rooms {
    return this.#rooms!
  }
  get log(): RoomLog {
    return this.#log!
  }
  get tending(): Tending {
    return this.#tending!
  }
  do(command: Command, by: string | Actor = SERVICE, more: Partial<Order> = {}): Outcome | Promise<Outcome> {
    const actor = typeof by === 'string' ? { jid: bareOf(by.split('/')[0]!), session: sessionOf(by), transaction: null } : by
    const answered = (): void => void this.told.push('answered')
    return this.rooms.perform({ address: ROOM, actor, command, create: null, answered, ...more })
  }
  async enter(name: string, more: Partial<Order> = {}): Promise<Outcome> {
    return this.do(entering(name), name, more)
  }
  async room(address: Jid = ROOM): Promise<Room> {
    return (await this.rooms.find(address))!
  }
  #wordsOf(room: Room, tell: Tell): string {
    if (tell.tell === 'entered') return `entered ${tell.session.jid.local}`
    if (tell.tell === 'out') return `out ${tell.to} ${tell.occupant.nick}`
    return `${tell.tell}${room.facts.ended === null ? '' : ' ended'}`
  }
  #failing(database: Database): Database {
    const isFailing = (): boolean => this.fails
    return new Proxy(database, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown
        if (name === 'atomically' && isFailing()) return () => Promise.reject(new Error('The disk is full'))
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  }
}
const entering = (name: string): Command => ({
  do: 'enter',
  as: sessionOf(name),
  face: 'xmpp',
  nick: name.split('/')[0]!,
  password: null,
  presence: shows(''),
  wantsDoubts: false,
  history: null,
  affiliationsSince: null,
  byStanding: false,
})
const CREATE = { do: 'create', locked: false, config: { persistent: true } } as const
const LOCKED = { do: 'create', locked: true, config: {} } as const

async function stage(config: object = {}, database?: Database): Promise<House> {
  const house = await House.open({}, database)
  await house.enter('owner', { create: { ...CREATE, config: { persistent: true, ...config } } })
  for (const name of ['romeo', 'juliet']) await house.enter(name)
  house.told.length = 0
  return house
}

test('ROOM-3: a change that cannot be stored is refused, and has not happened', async () => {
  const house = await stage()
  house.fails = true
  assert.deepEqual(await house.do({ do: 'change', items: [affiliating('romeo', 'outcast')] }, 'owner'), { refuse: 'failed' })
  assert.deepEqual(await house.do({ do: 'append', said: said('hi') }, 'romeo'), { refuse: 'failed' })
  assert.deepEqual(house.told, [])
  assert.equal((await house.room()).occupants.size, 3)
  house.fails = false
  assert.equal(await house.do({ do: 'append', said: said('hi') }, 'romeo'), null)
})

contract('T-M25, ROOM-3: what was answered is known after the death of the server', async (open) => {
  const house = await stage({}, (await open()).database)
  await house.do({ do: 'change', items: [affiliating('romeo', 'outcast'), affiliating('juliet', 'member')] }, 'owner')
  await house.do({ do: 'subject', said: said('news') }, 'owner')
  await house.do({ do: 'configure', changes: { name: 'Den', moderated: true }, owners: null, admins: null }, 'owner')
  await house.do({ do: 'register', nick: 'Julie' }, 'juliet')
  const before = await house.room()
  await house.restart()
  assert.deepEqual(await house.enter('romeo'), { refuse: 'banned' })
  const after = await house.room()
  assert.notEqual(after, before)
  assert.deepEqual([...after.members].sort(), [...before.members].sort())
  assert.deepEqual(after.facts.config, before.facts.config)
  assert.equal(after.facts.subject!.payload.text, before.facts.subject!.payload.text)
  assert.deepEqual([after.uid, after.lastSeq, after.createdAt], [before.uid, before.lastSeq, before.createdAt])
  assert.deepEqual([...after.secret], [...before.secret])
})

test('ROOM-1: commands are done in the order in which they came, also while the disk is written', async () => {
  const house = await stage()
  const done: Promise<Outcome>[] = []
  for (let i = 0; i < 5; i++) done.push(Promise.resolve(house.do({ do: 'append', said: said(String(i)) }, 'romeo')))
  done.push(Promise.resolve(house.do({ do: 'change', items: [giving('romeo', 'none')] }, 'owner')))
  done.push(Promise.resolve(house.do({ do: 'append', said: said('too late') }, 'romeo')))
  done.push(Promise.resolve(house.do(entering('tybalt'), 'tybalt')))
  const outcomes = await Promise.all(done)
  assert.deepEqual(
    outcomes.map((outcome) => outcome?.refuse ?? 'ok'),
    [...Array<string>(6).fill('ok'), 'not-inside', 'ok'],
  )
  const kick = ['out self romeo', 'answered', 'out others romeo']
  const talk = Array.from({ length: 5 }, () => ['log', 'answered']).flat()
  assert.deepEqual(house.told, [...talk, ...kick, 'in', 'entered tybalt'])
  assert.deepEqual(
    house.entries.map(({ seq }) => seq),
    [2, 3, 4, 5, 6],
  )
})

test('presence waits for nothing while nothing waits', async () => {
  const house = await stage()
  const change: Command = { do: 'presence', who: sessionOf('romeo'), presence: shows('away'), wantsDoubts: false, doubts: [] }
  assert.equal(house.do(change, 'romeo'), null)
  assert.deepEqual(house.told, ['update'])
  house.do({ do: 'append', said: said('hi') }, 'romeo')
  assert.ok(house.do(change, 'romeo') instanceof Promise)
})

test('a face that fails does not hold up the room', async () => {
  const house = await stage()
  house.rooms.faces.unshift({
    tell() {
      throw new Error('broken')
    },
  })
  assert.equal(await house.do({ do: 'append', said: said('hi') }, 'romeo'), null)
  assert.deepEqual(house.told, ['log', 'answered'])
})

test('what comes next waits until a face has told what came before', async () => {
  const house = await stage()
  let tellOn = (): void => {}
  house.rooms.faces.unshift({
    tell: (_, tell) => (tell.tell === 'entered' ? new Promise<void>((go) => (tellOn = go)) : undefined),
  })
  const entered = house.do(entering('tybalt'), 'tybalt')
  const spoken = house.do({ do: 'append', said: said('hi') }, 'romeo')
  await new Promise((over) => setImmediate(over))
  assert.deepEqual(house.told, ['in', 'entered tybalt'])
  tellOn()
  await Promise.all([entered, spoken])
  assert.deepEqual(house.told, ['in', 'entered tybalt', 'log', 'answered'])
})

test('ROOM-60: a room is made by who may make one, and is locked for the others', async () => {
  const house = await House.open()
  assert.deepEqual(await house.enter('romeo'), { refuse: 'no-such-room' })
  assert.equal(await house.rooms.find(ROOM), null)
  assert.equal(await house.enter('owner', { create: LOCKED }), null)
  assert.deepEqual(await house.enter('romeo', { create: LOCKED }), { refuse: 'locked' })
  assert.equal((await house.room()).members.get(bareOf('owner'))!.affiliation, 'owner')
})

test('ROOM-91: a person has so many rooms that wait for their configuration, and owns so many', async () => {
  const house = await House.open({ lockedMax: 2, ownedMax: 3 })
  const make = (name: string, create: Order['create']) =>
    house.enter('owner', { create, address: jid(`${name}@conference.a.example`) })
  assert.equal(await make('a', LOCKED), null)
  assert.equal(await make('b', LOCKED), null)
  assert.deepEqual(await make('c', LOCKED), { refuse: 'busy' })
  await house.do({ do: 'configure', changes: {}, owners: null, admins: null }, 'owner', {
    address: jid('a@conference.a.example'),
  })
  assert.equal(await make('c', LOCKED), null)
  assert.deepEqual(await make('d', LOCKED), { refuse: 'busy' })
})

test('ROOM-91: a room that nobody configures is taken as it is, or given up if its creator has gone', async () => {
  const house = await House.open()
  await house.enter('owner', { create: LOCKED })
  house.clock.advance(TENDING.lockedMs)
  await house.tending.tend()
  assert.equal((await house.room()).facts.lockedFor, null)
  assert.equal(await house.enter('romeo'), null)
  const other = await House.open()
  await other.enter('owner', { create: LOCKED })
  await other.restart()
  await other.tending.settle()
  assert.equal(await other.rooms.find(ROOM), null)
})

contract('T-M28, ROOM-103, ROOM-168: the address of a destroyed room is free to its former owners', async (open) => {
  const house = await stage({}, (await open()).database)
  const destroy = { do: 'destroy', alternate: 'new@conference.a.example', password: '', reason: 'moved' } as const
  const { uid } = await house.room()
  await house.do(destroy, 'owner')
  assert.deepEqual(house.told, ['ended ended', 'answered'])
  assert.deepEqual(await house.enter('romeo', { create: LOCKED }), { refuse: 'gone', alternate: 'new@conference.a.example' })
  assert.equal(await house.enter('owner', { create: LOCKED }), null)
  assert.notEqual((await house.room()).uid, uid)
})

test('ROOM-103: a tombstone and the log of a destroyed room go in time', async () => {
  const house = await stage()
  const room = await house.room()
  await house.do({ do: 'append', said: said('hi') }, 'romeo')
  await house.do({ do: 'destroy', alternate: '', password: '', reason: '' }, 'owner')
  const count = () => house.log.count(room, EVERYTHING, 100)
  await house.tending.tend()
  assert.equal(await count(), 3)
  house.clock.advance(7 * 86_400_000)
  await house.tending.tend()
  assert.equal(await count(), 0)
  assert.deepEqual(await house.enter('romeo', { create: LOCKED }), { refuse: 'gone', alternate: '' })
  house.clock.advance(24 * 86_400_000)
  assert.equal(await house.enter('romeo', { create: LOCKED }), null)
})

test('ROOM-4: a temporary room ends with its last occupant, and anybody may make another one', async () => {
  const house = await House.open()
  await house.enter('owner', { create: { ...CREATE, config: {} } })
  const { uid } = await house.room()
  assert.equal(await house.do({ do: 'exit', who: sessionOf('owner'), presence: null }, 'owner'), null)
  assert.deepEqual(await house.enter('romeo'), { refuse: 'no-such-room' })
  assert.equal(await house.enter('romeo', { create: CREATE }), null)
  assert.notEqual((await house.room()).uid, uid)
})

test('ROOM-4: a temporary room in which nobody is after a restart ends', async () => {
  const house = await House.open()
  await house.enter('owner', { create: { ...CREATE, config: {} } })
  const kept = house.rooms.keep(ROOM.bare)!
  await house.restart()
  house.rooms.restore(ROOM.bare, kept)
  await house.tending.settle()
  assert.equal((await house.room()).occupants.size, 1)
  await house.restart()
  await house.tending.settle()
  assert.equal(await house.rooms.find(ROOM), null)
})

test('ROOM-84: who was in a room is there again after a restart, as they were', async () => {
  const house = await stage()
  await house.enter('romeo/2')
  await house.do({ do: 'presence', who: sessionOf('romeo'), presence: shows('away', 5), wantsDoubts: true, doubts: [] }, 'romeo')
  await house.do({ do: 'doubt', who: [sessionOf('juliet')], doubts: ['connection-paused'] })
  assert.ok(house.changed.has(ROOM.bare))
  const kept = JSON.parse(JSON.stringify(house.rooms.keep(ROOM.bare))) as NonNullable<ReturnType<Rooms['keep']>>
  const before = [...(await house.room()).occupants.values()]
  await house.restart()
  house.rooms.restore(ROOM.bare, kept)
  assert.deepEqual([...house.rooms.occupied()], [ROOM.bare])
  house.told.length = 0
  const room = await house.room()
  const words = (all: typeof before) =>
    all.map(({ nick, id, role, sessions, doubts, effective }) => [
      [nick, id, role, doubts.join(), effective.jid.full],
      sessions.map((s) => [s.jid.full, s.presence.payload.text, s.presence.priority, s.wantsDoubts]),
    ])
  assert.deepEqual(words([...room.occupants.values()]), words(before))
  assert.deepEqual(house.told, [])
  assert.deepEqual(house.rooms.whereabouts.roomsOf(sessionOf('romeo').full), [ROOM.bare])
})

test('ROOM-84: an occupant of before who was banned meanwhile, or of another room at the address, is not', async () => {
  const house = await stage()
  const kept = house.rooms.keep(ROOM.bare)!
  await house.do({ do: 'change', items: [affiliating('romeo', 'outcast')] }, 'owner')
  await house.restart()
  house.rooms.restore(ROOM.bare, kept)
  assert.deepEqual([...(await house.room()).occupants.keys()], ['owner', 'juliet'])
  await house.restart()
  house.rooms.restore(ROOM.bare, { ...kept, uid: 'another' })
  assert.equal((await house.room()).occupants.size, 0)
})

test('where a session is, and which sessions of a domain are in rooms', async () => {
  const house = await stage()
  const { whereabouts } = house.rooms
  const session = sessionOf('romeo').full
  assert.deepEqual(whereabouts.roomsOf(session), [ROOM.bare])
  assert.equal(whereabouts.sessionsAt('a.example').length, 3)
  await house.do({ do: 'change', items: [giving('romeo', 'none')] }, 'owner')
  assert.deepEqual(whereabouts.roomsOf(session), [])
  await house.do({ do: 'destroy', alternate: '', password: '', reason: '' }, 'owner')
  assert.deepEqual(whereabouts.sessionsAt('a.example'), [])
})

test('ROOM-4: an idle room leaves memory, and is the same when somebody asks for it', async () => {
  const house = await stage()
  const before = await house.room()
  for (const name of ['owner', 'romeo', 'juliet']) await house.do({ do: 'exit', who: sessionOf(name), presence: null }, name)
  house.clock.advance(TENDING.idleMs)
  await house.tending.tend()
  assert.equal(house.rooms.held(ROOM), null)
  const after = await house.room()
  assert.notEqual(after, before)
  assert.deepEqual([...after.members], [...before.members])
})

test('ROOM-157: in full memory a new room takes the place of one that nobody is in, or is refused', async () => {
  const house = await House.open({ roomsMax: 2 })
  const at = (name: string): Jid => jid(`${name}@conference.a.example`)
  for (const name of ['a', 'b']) await house.enter('owner', { create: CREATE, address: at(name) })
  assert.deepEqual(await house.enter('owner', { create: CREATE, address: at('c') }), { refuse: 'busy' })
  await house.do({ do: 'exit', who: sessionOf('owner'), presence: null }, 'owner', { address: at('a') })
  assert.equal(await house.enter('owner', { create: CREATE, address: at('c') }), null)
  assert.equal(house.rooms.held(at('a')), null)
  assert.notEqual(await house.rooms.find(at('a')), null)
})

test('ROOM-7: of a person whose account is gone nothing stays, and the oldest admin becomes owner', async () => {
  const house = await stage()
  await house.do({ do: 'change', items: [affiliating('romeo', 'admin')] }, 'owner')
  await house.do({ do: 'change', items: [affiliating('juliet', 'admin')] }, 'owner')
  await house.rooms.forget(bareOf('owner'))
  const room = await house.room()
  assert.deepEqual(
    [...room.members.values()].map(({ jid: who, affiliation }) => [who, affiliation]),
    [
      [bareOf('romeo'), 'owner'],
      [bareOf('juliet'), 'admin'],
    ],
  )
  assert.equal(room.occupants.has('owner'), false)
})

contract('ROOM-111, MXR-161: the log has everything in one order, and its entries come out as they went in', async (open) => {
  const house = await stage({}, (await open()).database)
  const room = await house.room()
  await house.do({ do: 'append', said: { ...said('one'), fromId: 'f1' } }, 'romeo')
  await house.do({ do: 'configure', changes: { whois: 'anyone' }, owners: null, admins: null }, 'owner')
  await house.do({ do: 'append', said: { ...said('two'), mx: '{"a":1}' } }, 'juliet')
  await house.do({ do: 'change', items: [giving('romeo', 'visitor')] }, 'owner')
  await house.do({ do: 'subject', said: said('news') }, 'owner')
  const { entries: all } = await house.log.page(room, EVERYTHING, 100, 'first')
  assert.deepEqual(
    all.map(({ kind, by, nick, veiled }) => [kind, by?.split('@')[0], nick, veiled]),
    [
      ['member', 'owner', null, true],
      ['message', 'romeo', 'romeo', true],
      ['config', 'owner', 'owner', false],
      ['message', 'juliet', 'juliet', false],
      ['role', 'owner', 'owner', false],
      ['subject', 'owner', 'owner', false],
    ],
  )
  assert.deepEqual(
    all.map(({ seq }) => seq),
    [1, 2, 3, 4, 5, 6],
  )
  for (const [i, entry] of all.entries()) if (i > 0) assert.ok(entry.at > all[i - 1]!.at && entry.stream > all[i - 1]!.stream)
  const [live, stored] = [house.entries[0]!, all[1]!]
  assert.ok(live.kind === 'message' && stored.kind === 'message')
  assert.equal(stored.payload.text, live.payload.text)
  assert.deepEqual({ ...stored, payload: null, givenId: null }, { ...live, payload: null })
  const change = all[2]!
  assert.deepEqual(change.kind === 'config' && change.changes, { whois: ['moderators', 'anyone'] })
  assert.equal((await house.log.byFromId(room, bareOf('romeo'), 'f1'))?.id, stored.id)
  assert.deepEqual(
    (await house.log.page(room, STANZAS, 100, 'first')).entries.map(({ seq }) => seq),
    [2, 4, 6],
  )
  assert.equal((await house.log.stateAt(room, 'config', '', 99))?.seq, 3)
})

test('ROOM-113: without an archive what is said is remembered for a while, and changes are kept all the same', async () => {
  const house = await stage({ archived: false, historyMax: 2 })
  const room = await house.room()
  for (const text of ['one', 'two', 'three']) await house.do({ do: 'append', said: said(text) }, 'romeo')
  await house.do({ do: 'change', items: [affiliating('juliet', 'member')] }, 'owner')
  const bodies = (entries: readonly Entry[]) =>
    entries.map((entry) => (entry.kind === 'message' ? entry.payload.text : entry.kind))
  assert.deepEqual(bodies(await house.log.lastSaid(room, 10)), ['<body>two</body>', '<body>three</body>'])
  assert.deepEqual(bodies((await house.log.page(room, EVERYTHING, 10, 'first')).entries), ['member', 'member'])
  assert.deepEqual(
    house.entries.map(({ isKept }) => isKept),
    [false, false, false],
  )
  await house.do({ do: 'configure', changes: { archived: true }, owners: null, admins: null }, 'owner')
  await house.do({ do: 'append', said: said('four') }, 'romeo')
  assert.deepEqual(bodies(await house.log.lastSaid(room, 10)), ['<body>four</body>'])
})

test('ROOM-61: of a history in which much is hidden many entries are read at a time, and not one by one', async () => {
  const house = await stage({ archived: true })
  const room = await house.room()
  for (let i = 0; i < 150; i++) {
    await house.do({ do: 'append', said: said(String(i)) }, 'romeo')
    house.clock.advance(1000)
  }
  const page = house.log.page.bind(house.log)
  let reads = 0
  house.log.page = (...wish) => ((reads += 1), page(...wish))
  const isFirst = (entry: Entry): boolean => entry.seq === 2
  const found = await house.log.lastSaid(room, 1, isFirst)
  assert.deepEqual([found.map(({ seq }) => seq), reads], [[2], 2])
})

test('T-M29: what was taken back is a tombstone, in the archive and in memory', async () => {
  for (const archived of [true, false]) {
    const house = await stage({ archived })
    const room = await house.room()
    await house.do({ do: 'append', said: said('oops') }, 'romeo')
    const target = house.entries[0]!
    assert(target.kind === 'message')
    const { id } = target
    const retract = { do: 'retract', target, corrections: [], moderated: true, reason: 'rude', noSubject: said('') } as const
    const tombstone = Payload.ofText(shows('gone').payload.text)
    assert.equal(await house.do({ ...retract, said: said(''), tombstone }, 'owner'), null)
    const entry = await house.log.byId(room, id)
    if (archived) assert.deepEqual([entry!.isRetracted, entry!.kind === 'message' && entry!.payload.text], [true, tombstone.text])
    else assert.equal(entry, null)
    assert.equal((await house.log.about(room, id, 'retract')).length, archived ? 1 : 0)
  }
})

test('T-M29: a subject that was taken back is none after a restart either', async () => {
  const house = await stage()
  await house.do({ do: 'subject', said: said('bad') }, 'owner')
  const target = house.entries[0]!
  assert(target.kind === 'subject')
  const rest = { moderated: true, reason: '', said: said(''), noSubject: said('none'), tombstone: Payload.empty } as const
  assert.equal(await house.do({ do: 'retract', target, corrections: [], ...rest }, 'owner'), null)
  await house.restart()
  assert.equal((await house.room()).facts.subject, null)
  assert.deepEqual(
    house.entries.map(({ kind, by }) => `${kind} ${by ?? 'by the room'}`),
    ['subject', 'retract'].map((kind) => `${kind} ${target.by!}`).concat('subject by the room'),
  )
})

test('MXR-168: a request that a device repeats is found by its name, and cannot be kept twice', async () => {
  const house = await stage()
  const room = await house.room()
  const actor: Actor = { jid: bareOf('romeo'), session: sessionOf('romeo'), transaction: { device: 'd', key: '1' } }
  assert.equal(await house.do({ do: 'append', said: said('hi') }, actor), null)
  assert.equal((await house.log.byTransaction(room, 'd', '1'))?.id, house.entries[0]!.id)
  assert.deepEqual(await house.do({ do: 'append', said: said('hi') }, actor), { refuse: 'failed' })
})

contract(
  'MXR-172: retention removes what was said and keeps how things are, and nothing behind the edge is shown',
  async (open) => {
    const house = await stage({}, (await open()).database)
    const room = await house.room()
    await house.do({ do: 'append', said: said('old') }, 'romeo')
    const old = house.entries[0]!
    house.clock.advance(TENDING.logMs + 120_000)
    await house.do({ do: 'append', said: said('new') }, 'romeo')
    await house.tending.tend()
    const seqs = async () => (await house.log.page(room, EVERYTHING, 10, 'first')).entries.map(({ seq }) => seq)
    assert.deepEqual(await seqs(), [3])
    assert.equal(await house.log.byId(room, old.id), null)
    assert.notEqual(await house.log.stateAt(room, 'member', bareOf('owner'), 99), null)
    await house.restart()
    assert.equal((await house.room()).lastSeq, 3)
    assert.deepEqual(
      (await house.log.page(await house.room(), EVERYTHING, 10, 'first')).entries.map(({ seq }) => seq),
      [3],
    )
  },
)

test('ROOM-5: the role of a visit is forgotten in time, also after a restart', async () => {
  const house = await stage({ moderated: true })
  await house.do({ do: 'change', items: [giving('romeo', 'participant')] }, 'owner')
  await house.do({ do: 'exit', who: sessionOf('romeo'), presence: null }, 'romeo')
  await house.restart()
  assert.equal((await house.room()).members.get(bareOf('romeo'))!.role, 'participant')
  house.clock.advance(LIMITS.visitKeepMs)
  await house.tending.tend()
  assert.equal((await house.room()).members.has(bareOf('romeo')), false)
})

test('ROOM-157: one person says so much in ten seconds, and changes the nickname so often in a minute', async () => {
  const house = await stage()
  const say = (by: string) => house.do({ do: 'append', said: said('hi') }, by)
  const nick = (name: string) => house.do({ do: 'nick', who: sessionOf('romeo'), nick: name, presence: shows('') }, 'romeo')
  for (let i = 0; i < PACES.messagesMax; i++) assert.equal(await say('romeo'), null)
  assert.deepEqual(await say('romeo'), { refuse: 'too-fast' })
  assert.equal(await say('juliet'), null)
  house.clock.advance(500)
  assert.equal(await say('romeo'), null)
  assert.deepEqual(await say('romeo'), { refuse: 'too-fast' })
  for (let i = 0; i < PACES.nicksMax; i++) assert.equal(await nick(`r${i}`), null)
  assert.deepEqual(await nick('romeo'), { refuse: 'too-fast' })
  house.clock.advance(12_000)
  assert.equal(await nick('romeo'), null)
})

test('MXR-172: nothing behind the edge is shown of a room that is not in memory', async () => {
  const house = await stage()
  await house.do({ do: 'append', said: said('old') }, 'romeo')
  const old = house.entries[0]!
  house.clock.advance(TENDING.logMs + 120_000)
  await house.do({ do: 'append', said: said('new') }, 'romeo')
  const room = await house.room()
  await house.tending.tend()
  await house.restart()
  assert.equal(house.rooms.held(room.address), null)
  assert.deepEqual(
    (await house.log.page(room, EVERYTHING, 10, 'first')).entries.map(({ seq }) => seq),
    [3],
  )
  assert.equal(await house.log.byId(room, old.id), null)
})
