/** What is stored of keys, and of messages between devices, on both engines. */
import assert from 'node:assert/strict'
import { contract, type OpenStores } from '../../../test/support/contract.ts'
import { DEVICES, deviceMigrations, SqlDevices } from '../../storage/devices.ts'
import { BackupStore, type BackupKey } from './backup-store.ts'
import { InboxStore, type Letter } from './inbox-store.ts'
import { SigningStore, type KeySignature } from './signing-store.ts'
import { KeyStore } from './store.ts'
import { KEYS, keyMigrations } from './tables.ts'

const EVE = 'eve@example.net'
const FAY = 'fay@example.net'
const PHONE = { owner: EVE, device: 'PHONE' }
const DESK = { owner: EVE, device: 'DESK' }
const CURVE = 'signed_curve25519'
const key = (name: string, content = `{"key":"${name}"}`) => ({ id: `${CURVE}:${name}`, content })

async function world(open: OpenStores) {
  const stores = await open(EVE, FAY)
  const { database } = stores
  await database.migrate(DEVICES, deviceMigrations)
  await database.migrate(KEYS, keyMigrations)
  const keys = new KeyStore(database)
  return { ...stores, keys, signing: new SigningStore(database, keys), inbox: new InboxStore(database) }
}

contract('MXR-141: many who claim at once get one key each, the oldest first, and then the fallback key', async (open) => {
  const { keys } = await world(open)
  const first = Array.from({ length: 25 }, (_, i) => key(`b${i}`))
  const second = Array.from({ length: 25 }, (_, i) => key(`a${i}`))
  await keys.putKeys(PHONE, first, [key('fallback')], 1)
  await keys.putKeys(PHONE, second, [], 2)
  const early = await Promise.all(first.map(() => keys.claim(PHONE, CURVE)))
  assert.deepEqual(new Set(early.map((one) => one!.id)), new Set(first.map(({ id }) => id)))
  assert.deepEqual(await keys.unusedFallbacks(PHONE), [CURVE])
  const late = await Promise.all(Array.from({ length: 75 }, () => keys.claim(PHONE, CURVE)))
  const counted = Map.groupBy(late, (one) => one!.id)
  assert.equal(counted.get(`${CURVE}:fallback`)!.length, 50)
  counted.delete(`${CURVE}:fallback`)
  assert.deepEqual(new Set(counted.keys()), new Set(second.map(({ id }) => id)))
  assert.deepEqual([await keys.counts(PHONE), await keys.unusedFallbacks(PHONE)], [{}, []])
  assert.deepEqual([await keys.claim(DESK, CURVE), await keys.claim(PHONE, 'other')], [null, null])
})

contract('a key with a known name stays as it is; the same fallback key stays used, another one is unused', async (open) => {
  const { keys } = await world(open)
  await keys.putKeys(PHONE, [key('a')], [key('f')], 1)
  await keys.putKeys(PHONE, [key('a', '"other"'), key('b')], [], 2)
  assert.deepEqual(
    (await keys.oneTimeKeys(PHONE)).map(({ id, content }) => ({ id, content })),
    [key('a'), key('b')],
  )
  assert.deepEqual(await keys.counts(PHONE), { [CURVE]: 2 })
  for (let i = 0; i < 3; i++) await keys.claim(PHONE, CURVE)
  await keys.putKeys(PHONE, [], [key('f')], 3)
  assert.deepEqual(await keys.unusedFallbacks(PHONE), [])
  await keys.putKeys(PHONE, [], [key('g')], 4)
  assert.deepEqual([await keys.unusedFallbacks(PHONE), await keys.claim(PHONE, CURVE)], [[CURVE], key('g')])
})

contract('MXR-141: a key that was given out is not given out again when its upload is repeated', async (open) => {
  const { keys } = await world(open)
  const batch = (name: string) => Array.from({ length: 150 }, (_, i) => key(`${name}${i}`))
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    await keys.putKeys(PHONE, batch(name), [], i + 1)
    for (const _ of batch(name)) await keys.claim(PHONE, CURVE)
    await keys.putKeys(PHONE, batch(name), [], 10 + i)
    assert.deepEqual([await keys.claim(PHONE, CURVE), await keys.counts(PHONE)], [null, {}])
  }
  const names = new Set((await keys.oneTimeKeys(PHONE)).map(({ id }) => id))
  assert.deepEqual(names, new Set([...batch('b'), ...batch('c')].map(({ id }) => id)), 'names of old uploads are forgotten')
})

contract('MXR-142: with a device goes all that is stored for it, and its user has changed', async (open) => {
  const { keys, signing, inbox } = await world(open)
  for (const place of [PHONE, DESK]) {
    await keys.putDevice(place, '{}', 1)
    await keys.putKeys(place, [key('a')], [key('f')], 1)
    await inbox.put({ ...place, name: 'x', stream: 2 }, [letter(place, 2)], 10)
  }
  await signing.sign([signature('PHONE'), signature('DESK')], 3)
  await keys.dropDevice(PHONE, 5)
  assert.deepEqual(await keys.devicesOf(EVE), [{ device: 'DESK', content: '{}' }])
  assert.deepEqual([await keys.counts(PHONE), await keys.counts(DESK)], [{}, { [CURVE]: 1 }])
  assert.deepEqual([await keys.claim(PHONE, CURVE), await inbox.newest(PHONE), await inbox.newest(DESK)], [null, 0, 2])
  assert.deepEqual(
    (await signing.signaturesOn(EVE, EVE)).map(({ target }) => target),
    ['DESK'],
  )
  assert.deepEqual([await keys.changedIn(4, 5), await keys.changedIn(5, 9), await keys.newestChange()], [[EVE], [], 5])
  assert.deepEqual(await keys.placesOf(EVE), ['DESK'])
})

contract('devices without a token are found, and nothing is left of an account that is deleted', async (open) => {
  const { keys, signing, inbox, accounts, database } = await world(open)
  const token = { kind: 'matrix', slot: 'current', mechanism: '', name: null, count: -1 } as const
  const times = { issuedAt: 1, expiresAt: 9, usedAt: 1 }
  await new SqlDevices(database).issue({ ...token, ...DESK, ...times, key: 'k' }, 5)
  for (const place of [PHONE, DESK]) await keys.putDevice(place, '{}', 1)
  assert.deepEqual(await keys.withoutToken(), [PHONE])
  await signing.putKeys(EVE, [{ usage: 'master', key: 'm', content: '{}' }], true, 2)
  await signing.sign([{ ...signature('m'), signer: FAY }], 3)
  await inbox.put({ ...DESK, name: 'x', stream: 4 }, [letter(DESK, 4)], 10)
  await accounts.delete(EVE)
  assert.deepEqual([await keys.devicesOf(EVE), await keys.withoutToken(), await inbox.newest(DESK)], [[], [], 0])
  assert.deepEqual([await signing.signaturesOn(EVE, FAY), (await signing.keysOf(EVE)).size], [[], 0])
  await keys.dropDevice(DESK, 7)
  assert.deepEqual(await keys.changedIn(0, 9), [], 'an account that is gone does not change')
})

const signature = (target: string): KeySignature => ({
  owner: EVE,
  target,
  signer: EVE,
  key: 'ed25519:s',
  signature: 'sig',
})
contract('signatures of others are for those who made them; another master key voids what its user has signed', async (open) => {
  const { keys, signing } = await world(open)
  const master = (name: string) => ({ usage: 'master', key: name, content: `"${name}"` }) as const
  await signing.putKeys(EVE, [master('m'), { usage: 'self_signing', key: 's', content: '{}' }], true, 1)
  await signing.sign([signature('PHONE'), { ...signature('m'), signer: FAY }], 2)
  const targets = async (viewer: string) => (await signing.signaturesOn(EVE, viewer)).map(({ target }) => target).toSorted()
  assert.deepEqual([await targets(EVE), await targets(FAY)], [['PHONE'], ['PHONE', 'm']])
  assert.deepEqual([await signing.signedIn(FAY, 1, 2), await signing.signedIn(FAY, 2, 9)], [[EVE], []])
  await signing.putKeys(EVE, [master('n')], true, 3)
  assert.deepEqual([await targets(FAY), [...(await signing.keysOf(EVE)).values()]], [[], [master('n')]])
  assert.deepEqual(await keys.changedIn(2, 3), [EVE])
})

const letter = (place: typeof PHONE, stream: number, rest: Partial<Letter> = {}): Letter => ({
  ...place,
  stream,
  sender: FAY,
  type: 't',
  content: '{}',
  ...rest,
})
contract('MXR-141: a request is carried out once, and what it sends waits in its order until it is dropped', async (open) => {
  const { inbox } = await world(open)
  const sent = (stream: number) => ({ owner: FAY, device: 'D', name: `n${stream}`, stream })
  for (const stream of [1, 2, 3])
    assert.equal(await inbox.put(sent(stream), [letter(PHONE, stream), letter(DESK, stream)], 10), true)
  assert.equal(await inbox.put({ ...sent(2), stream: 9 }, [letter(PHONE, 9)], 10), false)
  const streams = async (after: number, upTo: number, limit = 9) =>
    (await inbox.page(PHONE, after, upTo, limit)).map(({ stream }) => stream)
  assert.deepEqual([await streams(0, 9), await streams(1, 2), await streams(0, 9, 2)], [[1, 2, 3], [2], [1, 2]])
  await inbox.drop(PHONE, 2)
  assert.deepEqual([await streams(0, 9), await inbox.newest(PHONE), await inbox.newest(DESK)], [[3], 3, 3])
  assert.equal(await inbox.put(sent(4), [], 2), true)
  assert.equal(await inbox.put({ ...sent(2), stream: 5 }, [], 2), true, 'of more than two requests the oldest is forgotten')
})
contract('MXR-143: the oldest letters go, of one sender or of all, until number and octets are small enough', async (open) => {
  const { inbox } = await world(open)
  for (let stream = 1; stream <= 10; stream++) {
    const sender = stream % 2 === 0 ? FAY : EVE
    const letters = [letter(PHONE, stream, { sender, content: 'x'.repeat(100) })]
    await inbox.put({ owner: FAY, device: 'D', name: `${stream}`, stream }, letters, 99)
  }
  const left = async () => (await inbox.page(PHONE, 0, 99, 99)).map(({ stream }) => stream)
  assert.deepEqual(await inbox.amount(PHONE, FAY), { letters: 5, octets: 5 * (100 + 1 + FAY.length) })
  assert.equal(await inbox.trim(PHONE, FAY, { letters: 3, octets: 10_000 }), 2)
  assert.deepEqual(await left(), [1, 3, 5, 6, 7, 8, 9, 10])
  assert.equal(await inbox.trim(PHONE, null, { letters: 99, octets: 350 }), 5)
  assert.deepEqual(await left(), [8, 9, 10])
  assert.equal(await inbox.trim(PHONE, null, { letters: 2, octets: 10_000 }), 1)
  assert.deepEqual([await left(), await inbox.amount(DESK, null)], [[9, 10], { letters: 0, octets: 0 }])
})

const backedUp = (session: string, rest: Partial<BackupKey> = {}): BackupKey => ({
  room: '!r:example.net',
  session,
  isVerified: false,
  firstIndex: 5,
  forwarded: 2,
  content: '"first"',
  ...rest,
})
const ALL = { room: null, session: null }
contract('MXR-143: in a backup a key is replaced by a better one only, and what it holds shows in its numbers', async (open) => {
  const { database } = await world(open)
  const backups = new BackupStore(database)
  await backups.create(EVE, { version: 1, algorithm: 'a', auth: '{}' })
  const contents = async () => (await backups.keys(EVE, 1, ALL)).map(({ session, content }) => `${session} ${content}`)
  await backups.put(EVE, 1, [backedUp('s')], 1)
  for (const [i, worse] of [{}, { firstIndex: 6 }, { forwarded: 3 }, { firstIndex: 6, forwarded: 0 }].entries())
    await backups.put(EVE, 1, [backedUp('s', { ...worse, content: '"worse"' })], 2 + i)
  assert.deepEqual([await contents(), await backups.size(EVE, 1)], [['s "first"'], { count: 1, octets: 22, newest: 1 }])
  const better = [{ forwarded: 1 }, { firstIndex: 4, forwarded: 9 }, { isVerified: true, firstIndex: 99, forwarded: 99 }]
  for (const [i, one] of better.entries()) {
    await backups.put(EVE, 1, [backedUp('s', { ...one, content: `"${i}"` })], 10 + i)
    assert.deepEqual(await contents(), [`s "${i}"`])
  }
  await backups.put(EVE, 1, [backedUp('s', { firstIndex: 0, forwarded: 0 })], 20)
  assert.deepEqual(await contents(), ['s "2"'], 'a key that is not verified is no better')
  await backups.put(EVE, 1, [backedUp('t'), backedUp('t', { room: '!other:example.net' })], 21)
  const room = { room: '!r:example.net', session: null }
  assert.deepEqual(
    (await backups.keys(EVE, 1, room)).map(({ session }) => session),
    ['s', 't'],
  )
  assert.equal((await backups.keys(EVE, 1, { ...room, session: 't' })).length, 1)
  await backups.dropKeys(EVE, 1, { ...room, session: 's' })
  assert.deepEqual([(await contents()).length, (await backups.size(EVE, 1)).newest], [2, 21])
  await backups.dropKeys(EVE, 1, room)
  assert.equal((await contents()).length, 1)
})
contract('MXR-143: what is counted of a backup is what it holds', async (open) => {
  const { database } = await world(open)
  const backups = new BackupStore(database)
  for (const version of [1, 2]) await backups.create(EVE, { version, algorithm: 'a', auth: '{}' })
  const room = { room: '!other:example.net' }
  const changes = [
    () => backups.put(EVE, 1, [backedUp('s'), backedUp('t', room), backedUp('t', room)], 1),
    () => backups.put(EVE, 1, [backedUp('s', { firstIndex: 1, content: '"a longer one"' }), backedUp('u', room)], 2),
    () => backups.put(EVE, 1, [backedUp('s', { content: '"worse"' })], 3),
    () => backups.put(EVE, 2, [backedUp('s')], 4),
    () => backups.dropKeys(EVE, 1, { ...room, session: 't' }),
    () => backups.dropKeys(EVE, 1, { ...room, session: 'none' }),
    () => backups.put(EVE, 1, [backedUp('v', room)], 5),
    () => backups.dropKeys(EVE, 1, { ...room, session: null }),
    () => backups.dropKeys(EVE, 1, ALL),
  ]
  for (const [i, change] of changes.entries()) {
    await change()
    const held = await backups.keys(EVE, 1, ALL)
    const octets = held.reduce((sum, one) => sum + one.content.length + one.session.length + one.room.length, 0)
    const { count, octets: counted } = await backups.size(EVE, 1)
    assert.deepEqual([count, counted], [held.length, octets], `after change ${i}`)
  }
})
contract('MXR-143: the number of a backup is not given again, and nothing else is left of one that is deleted', async (open) => {
  const { database } = await world(open)
  const backups = new BackupStore(database)
  for (const version of [1, 2, 3]) {
    await backups.create(EVE, { version, algorithm: 'a', auth: `{"v":${version}}` })
    await backups.put(EVE, version, [backedUp('s')], version)
  }
  await backups.change(EVE, { version: 2, auth: '{}' })
  for (const version of [1, 3]) await backups.drop(EVE, version)
  assert.deepEqual(await backups.list(EVE), { backups: [{ version: 2, algorithm: 'a', auth: '{}', gone: 0 }], highest: 3 })
  assert.deepEqual([await backups.keys(EVE, 3, ALL), (await backups.keys(EVE, 2, ALL)).length], [[], 1])
  await backups.create(EVE, { version: 4, algorithm: 'a', auth: '{}' })
  await backups.drop(EVE, 4)
  assert.equal((await backups.list(EVE)).highest, 4)
})
