import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../base/manual-clock.ts'
import { wire } from '../xml/wire.ts'
import { FAR_BEHIND, Flusher, Outbox, type Sink } from './outbox.ts'
import { OPEN_TO, ROOM_OCTETS } from '../server/account/room.ts'

const CAP = 200_000
const PATIENCE = 10_000

/** A network that takes what is written when it is told to. */
class Network implements Sink {
  readonly written: string[] = []
  buffered = 0
  #waiting: { readonly octets: number; readonly taken: (() => void) | undefined }[] = []

  write(octets: string, taken?: () => void): void {
    this.written.push(octets)
    this.buffered += octets.length
    this.#waiting.push({ octets: octets.length, taken })
  }
  /** Takes what was written so far. */
  take(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { octets, taken } of waiting) {
      this.buffered -= octets
      taken?.()
    }
  }
  get text(): string {
    return this.written.join('')
  }
}

function scene(cap = CAP) {
  const clock = new ManualClock()
  const network = new Network()
  let endTurn = (): void => {}
  const overflows: number[] = []
  const reader = { isCrowded: false }
  const outbox = new Outbox(
    new Flusher((run) => void (endTurn = run)),
    network,
    { clock, octets: cap, patienceMs: PATIENCE },
    { crowded: () => void (reader.isCrowded = true), overflowed: () => void overflows.push(clock.now()) },
  )
  const send = (...texts: readonly string[]): void => {
    for (const text of texts) outbox.push(wire(text))
    endTurn()
  }
  return { clock, network, outbox, overflows, reader, send }
}
const octets = (count: number): string => 'x'.repeat(count)

test('what is sent in one tick is one write', () => {
  const { network, send } = scene()
  send('a', 'b', 'c')
  assert.deepEqual(network.written, ['abc'])
})

test('however much is sent in one tick, a peer that reads gets it, and in order', () => {
  const { network, outbox, overflows, send } = scene()
  const text = Array.from({ length: 30 }, (_, i) => String.fromCharCode(97 + i).repeat(100_000)).join('')
  send(text)
  assert.equal(outbox.hasRoom, false)
  outbox.push(wire('!'))
  while (network.buffered > 0) network.take()
  assert.equal(network.text, `${text}!`)
  assert.ok(network.written.every((one) => one.length <= ROOM_OCTETS))
  assert.equal(outbox.hasRoom, true)
  assert.deepEqual(overflows, [])
})

test('a peer that takes nothing of too much is given up when its time is over', () => {
  const { clock, network, overflows, send } = scene()
  send(octets(CAP + ROOM_OCTETS + 1))
  clock.advance(PATIENCE - 1)
  assert.deepEqual(overflows, [])
  clock.advance(1)
  assert.equal(overflows.length, 1)
  assert.equal(network.written.length, 1)
})

test('a peer that takes too much slowly is not given up', () => {
  const { clock, network, overflows, send } = scene()
  send(octets(CAP * 2))
  while (network.buffered > 0) {
    clock.advance(PATIENCE - 1)
    network.take()
  }
  assert.equal(network.text.length, CAP * 2)
  assert.deepEqual(overflows, [])
})

test('a peer that has less waiting than the cap is never given up', () => {
  const { clock, overflows, send } = scene()
  send(octets(CAP - 1))
  clock.advance(PATIENCE * 100)
  assert.deepEqual(overflows, [])
})

test('a peer that falls far behind is given up at once', () => {
  const { overflows, send } = scene()
  send(octets(ROOM_OCTETS + 1))
  for (let i = 1; i < FAR_BEHIND * 2; i++) send(octets(CAP / 2))
  assert.equal(overflows.length, 0)
  send(octets(CAP / 2))
  assert.equal(overflows.length, 1)
})

test('whoever waits until everything is taken is told then, and not before', async () => {
  const { network, outbox, send } = scene()
  const told: string[] = []
  const wait = (name: string): void => void outbox.whenTaken().then((isTaken) => told.push(`${name} ${isTaken}`))
  wait('nothing')
  outbox.push(wire(octets(100)))
  wait('small')
  send(octets(2 * ROOM_OCTETS))
  wait('large')
  await undefined
  assert.deepEqual(told, ['nothing true'])
  network.take()
  await undefined
  assert.deepEqual(told, ['nothing true', 'small true'])
  network.take()
  network.take()
  await undefined
  assert.deepEqual(told, ['nothing true', 'small true', 'large true'])
})

test('whoever waits is told when the peer has gone', async () => {
  const { outbox, send } = scene()
  send(octets(2 * ROOM_OCTETS))
  const taken = outbox.whenTaken()
  outbox.abandon()
  assert.equal(await taken, false)
  assert.equal(await outbox.whenTaken(), false)
})

test('the end writes everything that waits, once', () => {
  const { network, outbox, send } = scene()
  send(octets(3 * ROOM_OCTETS))
  outbox.push(wire('last'))
  outbox.finish()
  network.take()
  network.take()
  assert.equal(network.text, `${octets(3 * ROOM_OCTETS)}last`)
})

test('what the sink was not given can be taken back, to the octet', () => {
  const { network, outbox, send } = scene()
  send(octets(2 * ROOM_OCTETS), 'abc')
  outbox.push(wire('def'))
  assert.equal(outbox.unwritten, ROOM_OCTETS + 6)
  outbox.takeBack(4)
  outbox.finish()
  assert.equal(network.text, `${octets(2 * ROOM_OCTETS)}ab`)
})

test('what was thrown away because the peer does not read is among what the sink was not given', () => {
  const { clock, network, outbox, overflows, send } = scene()
  send(octets(CAP + ROOM_OCTETS + 1))
  outbox.push(wire('late'))
  clock.advance(PATIENCE)
  assert.equal(overflows.length, 1)
  assert.equal(outbox.unwritten, CAP + 1 + 4)
  outbox.takeBack(4 + 1)
  outbox.finish()
  assert.equal(network.text.length, ROOM_OCTETS + CAP)
})

const step = fc.oneof(
  fc.record({ does: fc.constant('send' as const), octets: fc.integer({ min: 1, max: 150_000 }), isLast: fc.boolean() }),
  fc.record({ does: fc.constantFrom('take' as const, 'wait' as const, 'look' as const) }),
)
test('no more waits than strangers may use without the reader being told so', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 100_000, max: 1_000_000 }), (steps, cap) => {
      const { network, outbox, reader, send } = scene(cap)
      for (const one of steps) {
        if (one.does === 'send' && one.isLast) send(octets(one.octets))
        else if (one.does === 'send') outbox.push(wire(octets(one.octets)))
        else if (one.does === 'take') network.take()
        else if (one.does === 'wait') void outbox.whenTaken()
        else reader.isCrowded &&= outbox.isBeyond(OPEN_TO)
        assert.ok(reader.isCrowded || !outbox.isBeyond(OPEN_TO))
      }
    }),
  )
})
