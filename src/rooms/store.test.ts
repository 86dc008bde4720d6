import assert from 'node:assert/strict'
import { seededEntropy } from '../base/entropy.ts'
import type { Database } from '../server/database.ts'
import { SqlArchive } from '../storage/archive.ts'
import { jid } from '../xmpp/jid.ts'
import { contract } from '../../test/support/contract.ts'
import { PACES } from './paces.ts'
import { HeldRoom } from './held-room.ts'
import { LIMITS, type Command } from './machine/commands.ts'
import { decide, isRefused } from './machine/decide.ts'
import type { RoomConfig } from './machine/config.ts'
import { Room } from './machine/room.ts'
import { REMAINS, RoomStore } from './store.ts'
import { affiliating, bareOf, emptyRoom, giving, NOON, said, sessionOf } from './testing.ts'

async function opened(database: Database) {
  const archive = await SqlArchive.open(database, seededEntropy('rooms'))
  const store = await RoomStore.open(database, archive)
  /** Decides, stores and commits. */
  const save = async (room: Room, by: string, command: Command, isNew = false): Promise<void> => {
    const actor = { jid: bareOf(by), session: sessionOf(by), transaction: null }
    const plan = decide(room, actor, command, { now: NOON, limits: LIMITS, labels: null })
    if (isRefused(plan)) throw new Error(plan.refuse)
    const held = new HeldRoom(room, 0, 0, 0, PACES)
    const entries = held.numbered(
      plan.entries,
      (at) => archive.newId(at),
      () => archive.nextStream(),
    )
    await store.save(plan, entries, isNew)
    plan.commit()
    held.logged(entries)
  }
  return { archive, store, save }
}
const create = (config: Partial<RoomConfig> = {}): Command => ({
  do: 'create',
  locked: false,
  config: { persistent: true, ...config },
})
const configure = (changes: Partial<RoomConfig>): Command => ({ do: 'configure', changes, owners: null, admins: null })
const roomAt = (name: string): Room =>
  new Room({ ...emptyRoom(), uid: `uid of ${name}`, address: jid(`${name}@conference.a.example`) }, emptyRoom().facts)

contract('ROOM-3: a room comes out as it went in', async (open) => {
  const { database } = await open()
  const { store, save } = await opened(database)
  const room = emptyRoom()
  await save(room, 'owner', create({ moderated: true }), true)
  await save(room, 'owner', { do: 'change', items: [affiliating('a', 'admin'), affiliating('b.example', 'outcast')] })
  await save(room, 'owner', { do: 'join', nick: 'Owner', password: null })
  await save(room, 'guest', { do: 'join', nick: 'Gäst', password: null })
  await save(room, 'owner', { do: 'change', items: [giving('Gäst', 'participant')] })
  await save(room, 'owner', { do: 'change', items: [affiliating('a', 'none')] })
  await save(room, 'owner', configure({ name: 'Den "1"', presenceBroadcast: ['moderator'] }))
  await save(room, 'owner', { do: 'subject', said: said("it's <news>") })
  const { room: again } = (await store.load(room.address))!
  assert.deepEqual([...again.members].sort(), [...room.members].sort())
  assert.deepEqual(again.facts.config, room.facts.config)
  assert.equal(again.facts.subject!.payload.text, room.facts.subject!.payload.text)
  assert.deepEqual({ ...again.facts.subject!, payload: null }, { ...room.facts.subject!, payload: null })
  assert.deepEqual(
    [again.uid, again.createdAt, again.lastSeq, [...again.secret]],
    [room.uid, NOON, room.lastSeq, [...room.secret]],
  )
  assert.deepEqual(await store.roomsOf(bareOf('guest')), [room.address])
  assert.equal(await store.load(jid('other@conference.a.example')), null)
})

contract('ROOM-103: what remains of a room that has ended, and for how long', async (open) => {
  const { database } = await open()
  const { archive, store, save } = await opened(database)
  const room = emptyRoom()
  await save(room, 'owner', create(), true)
  await save(room, 'owner', { do: 'destroy', alternate: 'x@y.example', password: '', reason: 'moved' })
  assert.equal(await store.load(room.address), null)
  const tombstone = await store.tombstone(room.address, NOON)
  assert.deepEqual(tombstone, {
    why: 'destroyed',
    alternate: 'x@y.example',
    reason: 'moved',
    at: NOON,
    owners: [bareOf('owner')],
  })
  assert.equal(await store.tombstone(room.address, NOON + REMAINS.tombstoneMs), null)
  await store.clear(NOON + REMAINS.destroyedLogMs - 1)
  assert.equal((await archive.newest(room.uid)).seq, 2)
  await store.clear(NOON + REMAINS.destroyedLogMs)
  assert.equal((await archive.newest(room.uid)).seq, 0)
})

contract('ROOM-41: public rooms are listed in the order of their addresses, from either end', async (open) => {
  const { database } = await open()
  const { store, save } = await opened(database)
  for (const [name, config] of [
    ['c', { public: true, name: 'C' }],
    ['a', { public: true }],
    ['b', {}],
    ['d', { public: true }],
  ] as const)
    await save(roomAt(name), 'owner', create(config), true)
  await save(roomAt('e'), 'owner', { do: 'create', locked: true, config: { public: true } }, true)
  const names = (rooms: readonly { readonly address: string }[]) => rooms.map(({ address }) => address[0])
  const domain = 'conference.a.example'
  assert.deepEqual(names(await store.listed(domain, '', 10)), ['a', 'c', 'd'])
  assert.deepEqual(names(await store.listed(domain, `a@${domain}`, 1)), ['c'])
  assert.deepEqual(names(await store.listedBefore(domain, `d@${domain}`, 1)), ['c'])
  assert.deepEqual(names(await store.found('', '', 10)), ['a', 'b', 'c', 'd', 'e'])
  assert.deepEqual(names(await store.found('', `c@${domain}`, 1)), ['d'])
  assert.deepEqual(await store.listed('other.example', '', 10), [])
  assert.deepEqual(await store.holdings(bareOf('owner'), 3), { owned: 3, locked: 1 })
  assert.deepEqual(await store.unsettled('', 10), [jid(`e@${domain}`)])
})

contract('an operator finds rooms by a part of their address or their name', async (open) => {
  const { database } = await open()
  const { store, save } = await opened(database)
  await save(roomAt('team'), 'owner', create({ name: '100% Tea_time' }), true)
  await save(roomAt('tea'), 'owner', { do: 'create', locked: true, config: { public: true, persistent: false } }, true)
  const found = async (part: string): Promise<readonly string[]> =>
    (await store.found(part, '', 10)).map(({ address }) => address.split('@')[0]!)
  assert.deepEqual(await found('TEA'), ['tea', 'team'])
  assert.deepEqual(await found('tea_'), ['team'], 'a sign that SQL knows is a letter like any other')
  assert.deepEqual(await found('0% t'), ['team'])
  assert.equal(await store.count(), 2)
  assert.deepEqual(await found('\\'), [])
  const [tea] = await store.found('tea@', '', 10)
  assert.deepEqual(tea, {
    address: 'tea@conference.a.example',
    name: '',
    createdAt: NOON,
    isPublic: true,
    isPersistent: false,
    isLocked: true,
  })
})
