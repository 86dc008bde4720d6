import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/manual-clock.ts'
import { jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { stanza } from '../../../test/support/im-recorder.ts'
import { Outlet, type Way } from './outlet.ts'
import { Untaken } from './untaken.ts'

const OCTETS = 100

/** A stream that takes all that it is given, and tells nobody so before `take`. */
function scene({ stanzasMax = 100 } = {}) {
  const refused: string[] = []
  const taken: string[] = []
  const tookBack: number[] = []
  const written: string[] = []
  const pipe = { unwritten: 0, takeBack: (octets: number) => void tookBack.push(octets), whenTaken: () => waits.promise }
  let waits = Promise.withResolvers<boolean>()
  const untaken = new Untaken(() => pipe)
  const stream: Way & { isFull: boolean } = {
    peerStanzaMax: 0,
    managed: null,
    isFull: false,
    whenRoom: (outlet) => untaken.whenTaken(outlet),
    sendStanza: (_, packet, outlet, origin, since) => {
      written.push(String(packet.id))
      untaken.give(OCTETS, packet, outlet, origin, since)
    },
  }
  const clock = new ManualClock()
  const outlet = new Outlet(
    { local: 'a.example', remote: 'b.example' },
    {
      stanzasMax,
      octetsMax: 1_000_000,
      waitMs: 30_000,
      clock,
      refuse: ({ id }, { condition }) => void refused.push(`${id} ${condition}`),
      written: ({ id }) => void taken.push(String(id)),
    },
  )
  const take = async (): Promise<void> => {
    const { resolve } = waits
    waits = Promise.withResolvers<boolean>()
    resolve(true)
    await new Promise(setImmediate)
  }
  const send = (id: string, from = 'alice@a.example/x', kind: Packet['kind'] = 'message'): void =>
    outlet.send(stanza(kind, { from, to: 'bob@b.example', id, type: kind === 'iq' ? 'set' : 'chat' }), jid(from))
  return { clock, outlet, pipe, refused, send, stream, take, taken, tookBack, untaken, written }
}

test('what the network has not taken when the stream ends is sent on the next one; what it has taken is not', async () => {
  const { outlet, pipe, send, stream, take, taken, tookBack, untaken, written } = scene()
  outlet.take(stream)
  send('1')
  await take()
  assert.deepEqual(taken, ['1'])
  for (const id of ['2', '3', '4']) send(id)
  pipe.unwritten = 2 * OCTETS + 1 // of the second it was written nothing, of the first a part
  outlet.stream = null
  untaken.putBack(false)
  assert.deepEqual(tookBack, [2 * OCTETS])
  written.length = 0
  outlet.take({ ...stream, sendStanza: (_, { id }) => void written.push(String(id)) })
  assert.deepEqual(written, ['2', '3', '4'])
})

test('a request that was written in part is refused, for it may have been carried out; one that was not written is sent', () => {
  const { outlet, pipe, refused, send, stream, untaken, written } = scene()
  outlet.take(stream)
  for (const id of ['1', '2']) send(id, 'alice@a.example/x', 'iq')
  pipe.unwritten = OCTETS
  outlet.stream = null
  untaken.putBack(false)
  written.length = 0
  outlet.take({ ...stream, sendStanza: (_, { id }) => void written.push(String(id)) })
  assert.deepEqual([refused, written], [['1 remote-server-timeout'], ['2']])
})

test('of a stream that both sides close in peace, only what was not written is sent again', () => {
  const { outlet, pipe, send, stream, taken, untaken } = scene()
  outlet.take(stream)
  for (const id of ['1', '2']) send(id)
  pipe.unwritten = OCTETS
  outlet.stream = null
  untaken.putBack(true)
  assert.deepEqual([taken, outlet.waiting], [['1'], 1])
})

test('while a server does not read, whoever floods it is refused beyond their share, and nobody else', async () => {
  const { clock, outlet, refused, send, stream, take, written } = scene({ stanzasMax: 10 })
  outlet.take(stream)
  send('first')
  stream.isFull = true
  for (const id of ['1', '2', '3', '4', '5']) send(id, 'mallory@a.example/x')
  assert.throws(() => send('6', 'mallory@a.example/x'), { condition: 'resource-constraint' })
  send('hers')
  clock.advance(100_000)
  assert.deepEqual(refused, [], 'they wait for the other server to read, however long it takes')
  stream.isFull = false
  await take()
  assert.deepEqual(written, ['first', '1', '2', '3', '4', '5', 'hers'])
})

test('what comes back from a stream that is lost leaves room in the queue for what comes then', () => {
  const { outlet, send, stream, untaken } = scene({ stanzasMax: 4 })
  outlet.take(stream)
  for (const id of ['1', '2', '3', '4', '5', '6']) send(id, 'mallory@a.example/x')
  outlet.stream = null
  untaken.putBack(false)
  send('hers')
  assert.equal(outlet.waiting, 7)
})

test('a stream that has more to write and writes nothing is stuck', () => {
  const { outlet, pipe, send, stream, untaken } = scene()
  outlet.take(stream)
  send('1')
  assert.equal(untaken.stuckFor(1000), 0)
  send('2')
  pipe.unwritten = OCTETS
  assert.equal(untaken.stuckFor(5000), 4000)
  pipe.unwritten = OCTETS - 1
  assert.equal(untaken.stuckFor(9000), 0)
})
