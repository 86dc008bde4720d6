import assert from 'node:assert/strict'
import { contract, type OpenStores } from '../../../test/support/contract.ts'
import { escape, wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { IMPORTED, type Share } from './shares.ts'
import { migrations, OfflineMessages, type OfflineLimits } from './store.ts'

const ROMEO = 'romeo@example.net'
const NURSE: Share = { pool: 'known', holder: 'nurse@example.com' }
const LIMITS: OfflineLimits = { known: { messages: 5, octets: 100_000 }, strangers: { messages: 3, octets: 100_000 } }

async function opened(open: OpenStores): Promise<OfflineMessages> {
  const { database } = await open(ROMEO)
  await database.migrate('xep-0160', migrations)
  return new OfflineMessages(database)
}
const message = (body: string): Packet =>
  Packet.of({
    kind: 'message',
    type: 'chat',
    from: jid('nurse@example.com/küche'),
    to: jid(ROMEO),
    id: escape("it's & 1"),
    payload: Payload.ofText(wire(`<body>${escape(body)}</body>`)),
  })
const bodies = async (store: OfflineMessages, after = 0, limit = 100) =>
  (await store.after(ROMEO, after, limit)).map(({ seq, packet }) => [seq, packet.payload.elements[0]!.text])

contract('OFF: messages come back as they were, in the order in which they came, in pages', async (open) => {
  const store = await opened(open)
  const added = await Promise.all(
    ['eins', 'zwei 🌹', 'drei'].map((body, n) => store.append(ROMEO, message(body), n, LIMITS, NURSE)),
  )
  assert.deepEqual(added, [true, true, true])
  const [first] = await store.after(ROMEO, 0, 1)
  assert.deepEqual([first!.seq, first!.receivedAt, first!.packet.wire], [1, 0, message('eins').wire])
  assert.deepEqual(await bodies(store, 1), [
    [2, 'zwei 🌹'],
    [3, 'drei'],
  ])
  await store.drop(ROMEO, 2)
  await store.append(ROMEO, message('vier'), 9, LIMITS, NURSE)
  assert.deepEqual(await bodies(store), [
    [1, 'eins'],
    [3, 'drei'],
    [4, 'vier'],
  ])
  await store.clear(ROMEO)
  assert.deepEqual(await bodies(store), [])
})

contract('OFF: nobody in a pool has more than what is still free in it; the other pool is not touched', async (open) => {
  const store = await opened(open)
  const add = (share: Share, body = 'x') => store.append(ROMEO, message(body), 0, LIMITS, share)
  const other: Share = { pool: 'known', holder: 'friar@example.com' }
  // Of 5: the nurse has 2 and 3 are free; a third one would leave 2
  assert.deepEqual(await Promise.all([add(NURSE), add(NURSE), add(NURSE), add(NURSE)]), [true, true, true, false])
  assert.deepEqual([await add(other), await add(other)], [true, false])
  const stranger: Share = { pool: 'strangers', holder: 'evil.example' }
  assert.deepEqual([await add(stranger), await add(stranger), await add(stranger)], [true, true, false])
  assert.equal(await add(IMPORTED), true, 'nobody has a share in what was imported')
})

contract('OFF: octets are counted like messages', async (open) => {
  const store = await opened(open)
  const { length } = message('x').wire
  const limits: OfflineLimits = { ...LIMITS, known: { messages: 100, octets: 3 * length } }
  const added = await Promise.all([1, 2, 3].map(() => store.append(ROMEO, message('x'), 0, limits, NURSE)))
  assert.deepEqual(added, [true, true, false])
})
