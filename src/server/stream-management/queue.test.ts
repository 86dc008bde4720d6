import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { el } from '../../xml/element.ts'
import { escape, wire } from '../../xml/wire.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import { MUC_USER } from '../../xmpp/muc-user.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { PSA } from '../../xmpp/state-annotation.ts'
import { uint32, UnacknowledgedQueue, type QueueLimits } from './queue.ts'

const JULIET = jid('juliet@example.net/balcony')
const ROMEO = jid('romeo@example.net/orchard')
const LIMITS: QueueLimits = { stanzas: 1000, octets: 1_000_000, windowOctets: 1_000_000, askAfter: 3 }

const message = (id: string, body = ''): Packet =>
  Packet.of({
    kind: 'message',
    from: JULIET,
    to: ROMEO,
    id: escape(id),
    payload: Payload.of(el('body', 'jabber:client', {}, body)),
  })
const presence = (from: Jid, id: string, type = '', ...more: readonly ReturnType<typeof el>[]): Packet =>
  Packet.of({ kind: 'presence', type, from, to: ROMEO, id: escape(id), payload: Payload.of(...more) })
const idsOf = (entries: Iterable<{ readonly packet: Packet }>): string[] => [...entries].map(({ packet }) => String(packet.id))

/** The server's queue, a connection that can break with anything on its way, and a client that counts. */
class Link {
  readonly queue: UnacknowledgedQueue<string>
  readonly pushed: Packet[] = []
  readonly received: Packet[] = []
  /** What is on its way to the client; null: there is no connection. */
  #way: Packet[] | null = []
  #counted: number
  /** Requests that the client has not answered. */
  open = 0

  constructor(limits: QueueLimits, start: number) {
    this.queue = new UnacknowledgedQueue(limits, start)
    this.#counted = start
  }
  get isBroken(): boolean {
    return this.#way === null
  }
  push(packet: Packet): void {
    this.pushed.push(packet)
    const isDue = this.queue.push(packet, 0)
    assert(!isDue || this.#way !== null, 'nothing is written without a connection')
    if (isDue) this.#way!.push(packet)
    this.#ask(false)
  }
  /** The client reads so many. */
  read(n: number): void {
    const read = this.#way?.splice(0, n) ?? []
    this.received.push(...read)
    this.#counted += read.length
  }
  /** The client says how much it has, asked or not. */
  acknowledge(): void {
    if (this.#way === null) return
    this.open = 0
    assert.equal(this.queue.acknowledge(uint32(this.#counted)), 'accepted')
    this.#write(this.queue.release())
    this.#ask(false)
  }
  break(): void {
    this.#way = null
    this.open = 0
    this.queue.disconnect()
  }
  resume(): void {
    if (this.#way !== null) this.break()
    assert.equal(this.queue.acknowledge(uint32(this.#counted)), 'accepted')
    this.#way = []
    this.#write(this.queue.connect())
    this.#write(this.queue.release())
    this.#ask(false)
  }
  /** The time after which a few stanzas are asked for is over. */
  wait(): void {
    this.#ask(true)
  }

  #write(entries: Iterable<{ readonly packet: Packet }>): void {
    for (const { packet } of entries) this.#way!.push(packet)
  }
  #ask(isTime: boolean): void {
    const { asks } = this.queue
    if (asks === 'no' || (asks === 'later' && !isTime)) return
    this.open += 1
    assert.equal(this.open, 1, 'one request at a time')
    this.queue.asked()
  }
}

type Step =
  | { readonly do: 'message' | 'break' | 'resume' | 'acknowledge' | 'wait' }
  | { readonly do: 'read' | 'presence'; readonly n: number }
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: 'message' } as const) },
  { weight: 4, arbitrary: fc.nat(2).map((n) => ({ do: 'presence', n }) as const) },
  { weight: 4, arbitrary: fc.nat(5).map((n) => ({ do: 'read', n }) as const) },
  { weight: 2, arbitrary: fc.constantFrom({ do: 'acknowledge' } as const, { do: 'wait' } as const) },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'break' } as const, { do: 'resume' } as const) },
)

function play(link: Link, steps: readonly Step[]): void {
  for (const [i, one] of steps.entries()) {
    switch (one.do) {
      case 'message':
        link.push(message(`${i}`))
        break
      case 'presence':
        link.push(presence(JULIET.asBare.withResource(`${one.n}`), `${i}`))
        break
      case 'read':
        link.read(one.n)
        break
      default:
        link[one.do]()
    }
  }
}
/** The client comes back, reads everything and says so. */
function finish(link: Link): void {
  link.resume()
  for (let round = 0; link.queue.size > 0; round++) {
    assert(round < 1000, 'it comes to an end')
    link.wait()
    assert.equal(link.open, 1, 'what is not acknowledged is asked for')
    link.read(Infinity)
    link.acknowledge()
  }
}
const starts = fc.constantFrom(0, 1, 2 ** 32 - 3, 2 ** 33 - 1)
const windows = fc.constantFrom(1, 400, 1_000_000)

test('XEP-0198 5: a session that is resumed in time has every stanza once, in order, whatever broke when', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), starts, windows, (steps, start, windowOctets) => {
      const link = new Link({ ...LIMITS, windowOctets }, start)
      play(link, steps)
      finish(link)
      const order = link.received.map((packet) => link.pushed.indexOf(packet))
      assert.deepEqual(
        order,
        [...new Set(order)].sort((a, b) => a - b),
        'once and in order',
      )
      const missing = link.pushed.filter((packet) => !link.received.includes(packet))
      for (const packet of missing) {
        assert.equal(packet.kind, 'presence', 'nothing but presence is left out')
        const isNewer = (p: Packet): boolean => p.kind === 'presence' && p.from.full === packet.from.full
        assert(link.pushed.slice(link.pushed.indexOf(packet) + 1).some(isNewer), 'and only for a newer one')
      }
      assert.equal(link.queue.octets, 0)
      assert.equal(link.queue.written, start + link.received.length)
    }),
    { numRuns: 2000 },
  )
})

test('presence is left out only while it waits: with a connection and room in its window everything is written', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const link = new Link(LIMITS, 0)
      play(
        link,
        steps.filter((one) => one.do !== 'break' && one.do !== 'resume'),
      )
      link.read(Infinity)
      assert.deepEqual(link.received, link.pushed)
    }),
  )
})

test('4: `h` is counted modulo 2^32', () => {
  const queue = new UnacknowledgedQueue(LIMITS, 2 ** 32 - 2)
  for (const id of ['a', 'b', 'c']) queue.push(message(id), 0)
  assert.equal(queue.acknowledge(2 ** 32 - 1), 'accepted')
  assert.deepEqual(idsOf(queue), ['b', 'c'])
  assert.equal(queue.acknowledge(1), 'accepted')
  assert.equal(queue.size, 0)
})

test('6: an `h` above what was written is too high and changes nothing; one that was true before is stale', () => {
  const queue = new UnacknowledgedQueue(LIMITS)
  for (const id of ['a', 'b', 'c']) queue.push(message(id), 0)
  for (const h of [4, 2 ** 31, 2 ** 32 - 1]) assert.equal(queue.acknowledge(h), 'too-high', String(h))
  assert.equal(queue.acknowledge(2), 'accepted')
  assert.equal(queue.acknowledge(1), 'stale')
  assert.equal(queue.acknowledge(0), 'stale')
  assert.equal(queue.acknowledge(2 ** 32 - 1), 'too-high')
  assert.deepEqual(idsOf(queue), ['c'])
})

test('6: after the counter has gone round, a count of the round before is stale', () => {
  const queue = new UnacknowledgedQueue(LIMITS, 2 ** 32 + 5)
  assert.equal(queue.acknowledge(2 ** 32 - 1), 'stale')
  assert.equal(queue.acknowledge(6), 'too-high')
})

test('what waits does not count as written: the client cannot acknowledge it', () => {
  const queue = new UnacknowledgedQueue(LIMITS)
  queue.push(message('a'), 0)
  queue.disconnect()
  queue.push(message('b'), 0)
  assert.equal(queue.acknowledge(2), 'too-high')
  assert.equal(queue.written, 1)
})

test('PSA-28: while it waits, only the newest presence of a resource is kept, in its own place; what was written stays', () => {
  const queue = new UnacknowledgedQueue(LIMITS)
  queue.push(presence(JULIET, 'written'), 0)
  queue.disconnect()
  queue.push(presence(JULIET, 'away'), 0)
  queue.push(message('m'), 0)
  queue.push(presence(ROMEO, 'other'), 0)
  queue.push(presence(JULIET, 'gone', 'unavailable'), 0)
  queue.push(presence(JULIET, 'request', 'subscribe'), 0)
  queue.push(presence(JULIET, 'back'), 0)
  assert.deepEqual(idsOf(queue), ['written', 'm', 'other', 'request', 'back'])
})

test('0311: while it waits, what takes one doubt back is left beside what names another, and both give way to what has none', () => {
  const says = (by: string, ...doubts: readonly string[]) =>
    el('state-annotation', PSA, { from: by }, ...doubts.map((doubt) => el(doubt, PSA)))
  const [ours, over, theirs] = [says('a', 'server-unavailable'), says('a'), says('b', 'connection-paused')]
  const queue = new UnacknowledgedQueue(LIMITS)
  queue.disconnect()
  const push = (id: string, ...more: readonly ReturnType<typeof says>[]): void =>
    void queue.push(presence(JULIET, id, '', ...more), 0)
  push('ours', ours)
  push('over', over)
  push('theirs', theirs)
  push('again', theirs)
  assert.deepEqual(idsOf(queue), ['over', 'again'])
  push('both', theirs, ours)
  assert.deepEqual(idsOf(queue), ['both'])
  push('news')
  push('paused', theirs)
  assert.deepEqual(idsOf(queue), ['news', 'paused'], 'it takes back what others have said')
  queue.push(presence(JULIET, 'gone', 'unavailable'), 0)
  assert.deepEqual(idsOf(queue), ['gone'])
  assert.equal(queue.octets, 150)
})

test("XEP-0045 7.6: an occupant's leaving is never left out, for the next of that nickname may be somebody else", () => {
  const nick = jid('room@rooms.example.net/nick')
  const mark = el('x', MUC_USER)
  const queue = new UnacknowledgedQueue(LIMITS)
  queue.disconnect()
  queue.push(presence(nick, 'here', '', mark), 0)
  queue.push(presence(nick, 'left', 'unavailable', mark), 0)
  queue.push(presence(nick, 'new', '', mark), 0)
  queue.push(presence(nick, 'away', '', mark), 0)
  assert.deepEqual(idsOf(queue), ['left', 'away'])
})

test('XEP-0045 7.2.2: what a room says with a status code is never left out, for it says so once', () => {
  const nick = jid('room@rooms.example.net/nick')
  const queue = new UnacknowledgedQueue(LIMITS)
  queue.disconnect()
  queue.push(presence(nick, 'made', '', el('x', MUC_USER, {}, el('status', MUC_USER, { code: '201' }))), 0)
  queue.push(presence(nick, 'here', '', el('x', MUC_USER)), 0)
  queue.push(presence(nick, 'away', '', el('x', MUC_USER)), 0)
  assert.deepEqual(idsOf(queue), ['made', 'away'])
})

test('when the window is full, what follows waits for acknowledgements, and the client is asked at once', () => {
  const queue = new UnacknowledgedQueue({ ...LIMITS, windowOctets: 1000, askAfter: 100 })
  assert.equal(queue.push(message('a', 'x'.repeat(2000)), 0), true)
  assert.equal(queue.asks, 'later')
  assert.equal(queue.push(message('b'), 0), false)
  assert.equal(queue.asks, 'now')
  queue.asked()
  assert.deepEqual(queue.release(), [])
  queue.acknowledge(1)
  assert.deepEqual(idsOf(queue.release()), ['b'])
})

test('a client that answers without having handled anything is not asked again for the same, unless something waits', () => {
  const queue = new UnacknowledgedQueue({ ...LIMITS, windowOctets: 1 })
  queue.push(message('a'), 0)
  queue.asked()
  assert.equal(queue.asks, 'no')
  queue.acknowledge(0)
  assert.equal(queue.asks, 'no')
  queue.push(message('b'), 0)
  assert.equal(queue.asks, 'later')
})

test('SM-12: a client that leaves more than a quarter of it unacknowledged is asked at once, and again', () => {
  const queue = new UnacknowledgedQueue({ ...LIMITS, stanzas: 8, askAfter: 100 })
  for (const name of ['a', 'b']) queue.push(message(name), 0)
  assert.deepEqual([queue.isBehind, queue.asks], [false, 'later'])
  queue.push(message('c'), 0)
  assert.deepEqual([queue.isBehind, queue.asks], [true, 'now'])
  queue.asked()
  queue.acknowledge(0)
  assert.deepEqual([queue.isBehind, queue.asks], [true, 'later'])
  queue.acknowledge(1)
  assert.equal(queue.isBehind, false)
})

test('SM-12: it is too full by number or by octets', () => {
  const byNumber = new UnacknowledgedQueue({ ...LIMITS, stanzas: 2 })
  const byOctets = new UnacknowledgedQueue({ ...LIMITS, octets: 2000 })
  for (const queue of [byNumber, byOctets]) {
    queue.push(message('a', 'x'.repeat(700)), 0)
    queue.disconnect()
    queue.push(message('b', 'x'.repeat(700)), 0)
    assert.equal(queue.isOverfull, false)
    queue.push(message('c', 'x'.repeat(700)), 0)
    assert.equal(queue.isOverfull, true)
  }
})

test('property: senders who keep to their shares never fill it, and whoever comes next finds room', () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a@x/1', 'a@x/2', 'b@x/1', 'c@x/1'), fc.nat(1500)), { maxLength: 60 }),
      (said) => {
        const queue = new UnacknowledgedQueue({ ...LIMITS, stanzas: 30, octets: 10_000 })
        queue.disconnect()
        for (const [i, [from, length]] of said.entries()) {
          const packet = message(String(i), 'x'.repeat(length)).with({ from: jid(from) })
          const before = { stanzas: queue.size, octets: queue.octets }
          if (!queue.isBeyondShare(packet)) queue.push(packet, 0)
          else assert.ok(before.stanzas >= 10 || before.octets > 3000, 'half of it is left to them at first')
        }
        assert.equal(queue.isOverfull, false)
        assert.equal(queue.isBeyondShare(message('d', 'x').with({ from: jid('d@x/1') })), false)
      },
    ),
  ))

test('`Packet.keep` changes no octet, for any of the copies', () => {
  const packet = Packet.of({
    kind: 'message',
    from: JULIET,
    id: wire('1'),
    payload: Payload.ofText(wire("<body>art  thou\n<b xmlns='x'/></body>")),
  })
  const copy = packet.addressedTo(ROMEO)
  const before = copy.wire
  assert.equal(packet.payload.elements.length, 1)
  packet.keep()
  assert.equal(copy.wire, before)
  assert.equal(copy.payload.child('body')?.child('b', 'x')?.name, 'b')
})

test('nothing overtakes what waits', () => {
  const queue = new UnacknowledgedQueue(LIMITS)
  queue.disconnect()
  queue.push(message('a'), 0)
  queue.connect()
  assert.equal(queue.push(message('b'), 0), false)
  assert.deepEqual(idsOf(queue.release()), ['a', 'b'])
})

test('of a resource that came and went while the client was away nothing is kept', () => {
  const newcomers = new Set([JULIET.full])
  const queue = new UnacknowledgedQueue(LIMITS, 0, ({ full }) => newcomers.has(full))
  const other = JULIET.withResource('other')
  queue.disconnect()
  for (const packet of [presence(JULIET, '1'), presence(JULIET, '2'), message('3'), presence(other, '4', 'unavailable')])
    queue.push(packet, 0)
  queue.push(presence(JULIET, '5', 'unavailable'), 0)
  assert.deepEqual(idsOf(queue), ['3', '4'])
  newcomers.add(other.full)
  queue.push(presence(other, '6'), 0)
  queue.push(presence(other, '7', 'unavailable'), 0)
  assert.deepEqual(idsOf(queue), ['3', '7'], 'the client may have shown it before it went')
  assert.deepEqual(idsOf(queue.connect()), [])
  assert.deepEqual(idsOf(queue.release()), ['3', '7'])
  assert.equal(
    queue.octets,
    [...queue].reduce((sum, { octets }) => sum + octets, 0),
  )
})
