import assert from 'node:assert/strict'
import { contract, type OpenStores } from '../../../test/support/contract.ts'
import { seededEntropy } from '../../base/entropy.ts'
import { silent } from '../../base/log.ts'
import type { AccountArchive, MessageFilter } from '../../server/account-archive.ts'
import type { Database } from '../../server/database.ts'
import { openCoreStores } from '../../storage/stores.ts'
import { decode, escape, wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { IMPORTED, type Share } from './shares.ts'
import { OfflineMessages, type MessageThatWaits, type OfflineLimits } from './store.ts'
import { migrations, type OfflineTables } from './tables.ts'

const ROMEO = 'romeo@example.net'
const NURSE: Share = { pool: 'known', holder: 'nurse@example.com' }
const LIMITS: OfflineLimits = { known: { messages: 5, octets: 100_000 }, strangers: { messages: 3, octets: 100_000 } }
const EVERYTHING: MessageFilter = { after: null, before: null, withBare: null, withFull: null, start: null, end: null }

interface Place {
  readonly database: Database
  readonly archive: AccountArchive
  readonly store: OfflineMessages
  readonly waiting: (body: string, at?: number, isArchived?: boolean) => MessageThatWaits
}
async function opened(open: OpenStores): Promise<Place> {
  const { database, clock } = await open(ROMEO)
  const parts = { clock, entropy: seededEntropy('offline'), epoch: 'e1', log: silent, gathers: false }
  const { accountArchive: archive } = await openCoreStores(database, parts)
  await database.migrate('xep-0160', migrations)
  const waiting = (body: string, at = 0, isArchived = false): MessageThatWaits => ({
    packet: message(body),
    id: archive.newId(at),
    at,
    isSent: false,
    isArchived,
    along: () => [],
  })
  return { database, archive, store: new OfflineMessages(database, archive), waiting }
}
const message = (body: string): Packet =>
  Packet.of({
    kind: 'message',
    type: 'chat',
    from: jid('nurse@example.com/küche'),
    to: jid(ROMEO),
    id: escape("it's & 1"),
    extra: wire(" x:y='z' xmlns:x='urn:x'"),
    payload: Payload.ofText(wire(`<body>${escape(body)}</body>`)),
  })
const bodies = async (store: OfflineMessages, after = 0, limit = 100) =>
  (await store.after(ROMEO, after, limit)).map(({ seq, packet }) => [seq, packet.payload.elements[0]!.text])
const archived = async (archive: AccountArchive): Promise<string> =>
  (await archive.page(jid(ROMEO), EVERYTHING, 100, 'first')).entries
    .map(({ packet }) => packet.payload.child('body')!.text)
    .join(' ')

contract('OFF-2: a reading that begins when a message is issued sees it, also if the archive has it already', async (open) => {
  const { store, archive, waiting } = await opened(open)
  const seen: Promise<unknown>[] = []
  const look = (): void => void seen.push(Promise.resolve().then(() => bodies(store)))
  await store.append(ROMEO, waiting('new'), LIMITS, NURSE, look)
  const kept = waiting('kept', 0, true)
  await archive.append(ROMEO, kept, { isShown: true, more: () => [] })
  const entry = (await archive.positionOf(ROMEO, kept.id))!
  await store.appendKept(ROMEO, { entry, packet: kept.packet }, LIMITS, NURSE, look)
  const [first, second] = await Promise.all(seen)
  assert.deepEqual(first, [[1, 'new']])
  assert.deepEqual(second, [
    [1, 'new'],
    [2, 'kept'],
  ])
})

contract('OFF: messages come back as they were, in the order in which they came, in pages', async (open) => {
  const { store, waiting } = await opened(open)
  const added = await Promise.all(
    ['eins', 'zwei 🌹', 'drei'].map((body, n) => store.append(ROMEO, waiting(body, n), LIMITS, NURSE)),
  )
  assert.deepEqual(added, [true, true, true])
  const [first] = await store.after(ROMEO, 0, 1)
  assert.deepEqual([first!.seq, first!.receivedAt, first!.packet.wire], [1, 0, message('eins').wire])
  assert.deepEqual(await bodies(store, 1), [
    [2, 'zwei 🌹'],
    [3, 'drei'],
  ])
  await store.drop(ROMEO, 2)
  await store.append(ROMEO, waiting('vier', 9), LIMITS, NURSE)
  assert.deepEqual(await bodies(store), [
    [1, 'eins'],
    [3, 'drei'],
    [4, 'vier'],
  ])
  await store.clear(ROMEO)
  assert.deepEqual(await bodies(store), [])
})

contract('OFF: nobody in a pool has more than what is still free in it; the other pool is not touched', async (open) => {
  const { store, waiting } = await opened(open)
  const add = (share: Share, body = 'x') => store.append(ROMEO, waiting(body), LIMITS, share)
  const other: Share = { pool: 'known', holder: 'friar@example.com' }
  // Of 5: the nurse has 2 and 3 are free; a third one would leave 2
  assert.deepEqual(await Promise.all([add(NURSE), add(NURSE), add(NURSE), add(NURSE)]), [true, true, true, false])
  assert.deepEqual([await add(other), await add(other)], [true, false])
  const stranger: Share = { pool: 'strangers', holder: 'evil.example' }
  assert.deepEqual([await add(stranger), await add(stranger), await add(stranger)], [true, true, false])
  assert.equal(await add(IMPORTED), true, 'nobody has a share in what was imported')
})

contract('OFF: octets are counted like messages', async (open) => {
  const { store, waiting } = await opened(open)
  const { length } = message('x').wire
  const limits: OfflineLimits = { ...LIMITS, known: { messages: 100, octets: 3 * length } }
  const added = await Promise.all([1, 2, 3].map(() => store.append(ROMEO, waiting('x'), limits, NURSE)))
  assert.deepEqual(added, [true, true, false])
})

contract(
  'MAM-29: what waits is in the archive, or there only as long as it waits; what has no room is not there',
  async (open) => {
    const { database, archive, store, waiting } = await opened(open)
    const limits: OfflineLimits = { ...LIMITS, known: { messages: 7, octets: 100_000 } }
    for (const [body, isArchived] of [
      ['kept', true],
      ['held', false],
      ['too', true],
      ['much', true],
    ] as const)
      await store.append(ROMEO, waiting(body, 0, isArchived), limits, NURSE)
    const [kept, held, too, ...more] = await store.after(ROMEO, 0, 10)
    assert.equal(more.length, 1)
    assert.equal(
      await store.append(ROMEO, waiting('beyond', 0, true), { ...limits, known: { messages: 4, octets: 1e6 } }, NURSE),
      false,
    )
    assert.equal(await archived(archive), 'kept too much')
    assert.match(decode(kept!.packet.wire), /<stanza-id xmlns='urn:xmpp:sid:0' by='romeo@example.net' id='[^']+'\/>/)
    assert.doesNotMatch(decode(held!.packet.wire), /stanza-id/)
    const {
      entries: [entry],
    } = await archive.page(jid(ROMEO), EVERYTHING, 1, 'first')
    await store.found(ROMEO, new Set([entry!.seq]))
    assert.deepEqual(
      (await bodies(store)).map(([, body]) => body),
      ['held', 'too', 'much'],
    )
    await store.drop(ROMEO, too!.seq)
    await store.leaveToArchive(ROMEO, await store.archivedUpTo(ROMEO), null)
    assert.deepEqual(await bodies(store), [[held!.seq, 'held']])
    await store.drop(ROMEO, held!.seq)
    assert.equal(await archived(archive), 'kept too much')
    const rows = database.schema<OfflineTables>().selectFrom('archive').select('kind')
    assert.equal((await rows.execute()).length, 3, 'what was held is gone')
  },
)

contract('OFF-2: a number is not given again, whichever way its message went', async (open) => {
  const { archive, store, waiting } = await opened(open)
  const add = () => store.append(ROMEO, waiting('x', 0, true), LIMITS, NURSE)
  const positions = async () => new Set((await archive.page(jid(ROMEO), EVERYTHING, 100, 'first')).entries.map(({ seq }) => seq))
  const ways = [
    () => store.drop(ROMEO, 1),
    async () => store.leaveToArchive(ROMEO, await store.archivedUpTo(ROMEO), null),
    async () => store.found(ROMEO, await positions()),
    () => store.shorten(ROMEO, 1000),
  ]
  for (const [i, goes] of ways.entries()) {
    await add()
    assert.deepEqual(await bodies(store), [[i + 1, 'x']])
    await goes()
    assert.deepEqual(await bodies(store), [])
  }
  await Promise.all([add(), add()])
  await store.drop(ROMEO, 6)
  await store.drop(ROMEO, 5)
  await add()
  assert.deepEqual(await bodies(store), [[7, 'x']])
  await store.clear(ROMEO)
  await add()
  assert.deepEqual(await bodies(store), [[1, 'x']])
})

contract('MAM-33: who wrote is told right after what waited at the end is gone', async (open) => {
  const { archive, store, waiting } = await opened(open)
  const nurse = { ...EVERYTHING, withBare: 'nurse@example.com' }
  const friar = { ...EVERYTHING, withBare: 'friar@example.com' }
  const count = async (filter: MessageFilter): Promise<number> =>
    (await archive.page(jid(ROMEO), filter, 10, 'first')).entries.length
  await store.append(ROMEO, waiting('held'), LIMITS, NURSE)
  assert.equal(await count(nurse), 0)
  await store.drop(ROMEO, 1)
  await archive.savePrefs(ROMEO, await archive.prefs(ROMEO))
  const { packet, ...more } = waiting('kept', 0, true)
  await archive.append(ROMEO, { ...more, packet: packet.with({ from: jid('friar@example.com/cell') }) })
  assert.deepEqual([await count(nurse), await count(friar)], [0, 1])
})

contract('MAM-29: what an earlier version has stored waits on, under its numbers', async (open) => {
  const { database, archive, store, waiting } = await opened(open)
  const db = database.schema<OfflineTables>()
  const { from, to, id } = message('x')
  const row = {
    owner: ROMEO,
    sender: from.full,
    recipient: to!.full,
    type: 'headline',
    id: decode(id!),
    lang: 'de',
    extra: '',
    pool: 'known',
  } as const
  const seqs = Array.from({ length: 448 }, (_, i) => i + 3)
  await Promise.all(
    seqs.map((seq) =>
      db
        .insertInto('offline_message')
        .values({ ...row, seq, received_at: seq, octets: 10, payload: `<body>${seq}</body>`, holder: '' })
        .execute(),
    ),
  )
  await store.takeOver()
  await store.takeOver()
  assert.deepEqual(
    await bodies(store, 0, 1000),
    seqs.map((seq) => [seq, String(seq)]),
  )
  const [first] = await store.after(ROMEO, 0, 1)
  assert.deepEqual([first!.receivedAt, first!.packet.type, first!.packet.lang], [3, 'headline', 'de'])
  assert.equal(await archived(archive), '', 'whether the archive would have kept them is not known')
  assert.deepEqual(await db.selectFrom('offline_message').select('seq').execute(), [])
  await store.append(ROMEO, waiting('new'), { ...LIMITS, known: { messages: 1e6, octets: 1e9 } }, NURSE)
  assert.deepEqual(await bodies(store, 450), [[451, 'new']])
})
