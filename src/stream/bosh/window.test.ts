import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Window, type Terms, type WindowOut, type WindowRequest } from './window.ts'

const TERMS: Terms = {
  hold: 1,
  requests: 2,
  waitMs: 60_000,
  pollingMs: 5000,
  inactivityMs: 30_000,
  maxPauseMs: 120_000,
  isPolling: false,
}
const POLLING: Terms = { ...TERMS, hold: 0, requests: 1, isPolling: true }
const TERMINATE = `<body xmlns='http://jabber.org/protocol/httpbind' type='terminate'/>`
const body = (content: string, attributes = ''): string =>
  `<body xmlns='http://jabber.org/protocol/httpbind'${attributes}${content === '' ? '/>' : `>${content}</body>`}`
const FIRST = 100

interface Request extends WindowRequest {
  readonly content: string
}
type Wanted = Partial<Omit<Request, 'rid'>>
const request = (rid: number, wanted: Wanted = {}): Request => {
  const { content = '', pauseMs = null, terminate = false, key = null, newkey = null } = wanted
  return { rid, content, pauseMs, terminate, key, newkey, isEmpty: content === '' && pauseMs === null && !terminate }
}

/** A window on a clock that stands still; a ticket is a name, and what happens is written down. */
class Desk implements WindowOut<Request, string> {
  readonly window: Window<Request, string>
  now = 1_000_000
  /** Since it was last asked. */
  #events: string[] = []
  isHolding = false
  readonly forwarded: string[] = []

  constructor(terms = TERMS, first: Wanted = {}) {
    this.window = new Window(terms, this, request(FIRST, first), 'first', this.now)
    this.window.settle(this.now)
    this.#events = []
  }
  forward({ content, terminate }: Request): boolean {
    if (content !== '') this.forwarded.push(content)
    if (terminate) this.window.close(null, '')
    return !this.isHolding
  }
  answer(ticket: string, text: string): void {
    this.#events.push(`${ticket} ${text}`)
  }
  refuse(ticket: string, condition: string): void {
    this.#events.push(`${ticket} ${condition}`)
  }
  paused(): void {
    this.#events.push('paused')
  }
  back(): void {
    this.#events.push('back')
  }
  over(): void {
    this.#events.push('over')
  }

  /** A request comes; its ticket is its rid unless it has another. */
  comes(rid: number, wanted: Wanted = {}, ticket = String(rid)): this {
    this.window.receive(request(rid, wanted), ticket, this.now)
    return this
  }
  /** The end of a tick, so much later. What has happened since the last. */
  after(span: number): readonly string[] {
    this.now += span
    this.window.settle(this.now)
    return this.#events.splice(0)
  }
}

test('BOSH 8: a request waits for something to answer it with', () => {
  const desk = new Desk()
  assert.deepEqual(desk.comes(101).after(59_999), [])
  desk.window.send('<a/>')
  desk.window.send('<b/>')
  assert.deepEqual(desk.after(0), [`101 ${body('<a/><b/>')}`])
})

test('BOSH 8: but no longer than was agreed on', () => {
  const desk = new Desk()
  desk.comes(101).after(0)
  assert.equal(desk.window.dueAt, desk.now + 60_000)
  assert.deepEqual(desk.after(60_000), [`101 ${body('')}`])
})

test('BOSH 8: no more wait than may, and the oldest is answered', () => {
  const desk = new Desk()
  desk.comes(101).after(0)
  assert.deepEqual(desk.comes(102, { content: 'x' }).after(0), [`101 ${body('', " ack='102'")}`])
  assert.deepEqual(desk.forwarded, ['x'])
})

test('BOSH 8: what comes while nobody waits, waits', () => {
  const desk = new Desk()
  desk.window.send('<a/>')
  assert.deepEqual(desk.after(0), [])
  assert.equal(desk.window.pendingBytes, 4)
  assert.deepEqual(desk.comes(101).after(0), [`101 ${body('<a/>')}`])
})

test('BOSH 10: a client without a request under way is gone after a while', () => {
  const desk = new Desk()
  assert.equal(desk.window.dueAt, desk.now + 30_000)
  assert.deepEqual(desk.after(29_999), [])
  assert.deepEqual(desk.comes(101).after(60_000), [`101 ${body('')}`])
  assert.deepEqual(desk.after(29_999), [])
  assert.deepEqual(desk.after(1), ['over'])
  assert.deepEqual(desk.comes(102).after(0), ['102 item-not-found'])
})

test('BOSH 10, PSA-29: a pause answers all at once with nothing in it, and is over with the next request', () => {
  const desk = new Desk()
  desk.comes(101).after(0)
  desk.comes(102, { pauseMs: 120_000 })
  desk.window.send('<a/>')
  assert.deepEqual(desk.after(0), ['paused', `101 ${body('<a/>', " ack='102'")}`, `102 ${body('')}`])
  desk.window.send('<b/>')
  assert.deepEqual(desk.after(119_999), [])
  assert.deepEqual(desk.comes(103).after(0), ['back', `103 ${body('<b/>')}`])
  assert.deepEqual(desk.after(29_999), [])
  assert.deepEqual(desk.after(1), ['over'], 'the usual span again')
})

test('BOSH 10: what would be put into the answer to a pause goes to the request behind it', () => {
  const desk = new Desk()
  desk.comes(101, { pauseMs: 60_000 })
  desk.window.send('<a/>')
  assert.deepEqual(desk.after(0), ['paused', `101 ${body('')}`])
  assert.deepEqual(desk.comes(102).after(0), ['back', `102 ${body('<a/>')}`])
})

test('BOSH 10, PSA-29: a pause that is no longer than usual only answers, and may shorten', () => {
  const desk = new Desk()
  assert.deepEqual(desk.comes(101, { pauseMs: 30_000 }).after(0), [`101 ${body('')}`])
  assert.deepEqual(desk.comes(102, { pauseMs: 10_000 }).after(9999), [`102 ${body('')}`])
  assert.deepEqual(desk.after(10_000), ['over'])
})

test('BOSH 10: a longer pause than may be is refused', () => {
  const desk = new Desk()
  assert.deepEqual(desk.comes(101, { pauseMs: 121_000 }).after(0), ['101 policy-violation', 'over'])
})

test('BOSH 10: nobody comes back', () => {
  const desk = new Desk()
  desk.comes(101, { pauseMs: 120_000 }).after(0)
  assert.deepEqual(desk.after(120_000), ['over'])
})

test('BOSH 11: too many at a time', () => {
  const desk = new Desk()
  desk.comes(101, { content: 'a' }).comes(102, { content: 'b' }).comes(103, { content: 'c' })
  const [first, second, ...rest] = desk.after(0)
  assert.match(first!, /^101 .* type='terminate' condition='other-request'/)
  assert.match(second!, /^102 .* condition='other-request'/)
  assert.deepEqual(rest, ['103 policy-violation', 'over'])
})

test('BOSH 11: one more to pause or to terminate', () => {
  const desk = new Desk()
  desk.comes(101, { content: 'a' }).comes(102, { content: 'b' }).comes(103, { pauseMs: 60_000 })
  assert.equal(desk.after(0).length, 4)
  const other = new Desk()
  other.comes(101, { content: 'a' }).comes(102, { content: 'b' }).comes(103, { terminate: true })
  assert.deepEqual(other.after(0), [`101 ${TERMINATE}`, `102 ${body('')}`, `103 ${body('')}`, 'over'])
})

test('BOSH 11: too often with nothing', () => {
  const desk = new Desk()
  desk.comes(101).comes(102)
  assert.deepEqual(desk.after(0).slice(1), ['102 policy-violation', 'over'])
  const slower = new Desk()
  slower.comes(101).after(5000)
  assert.deepEqual(slower.comes(102).after(0), [`101 ${body('', " ack='102'")}`])
})

test('BOSH 12: who polls is never kept waiting, and may not come too often for nothing', () => {
  const desk = new Desk(POLLING)
  desk.after(5000)
  assert.deepEqual(desk.comes(101).after(5000), [`101 ${body('')}`])
  desk.window.send('<a/>')
  assert.deepEqual(desk.comes(102).after(0), [`102 ${body('<a/>')}`])
  assert.deepEqual(desk.comes(103).after(0), [`103 ${body('')}`], 'the last one had brought something')
  assert.deepEqual(desk.comes(104).after(0), ['104 policy-violation', 'over'])
})

test('BOSH 13: the client terminates; what it sends along is forwarded, and nothing more is told', () => {
  const desk = new Desk()
  desk.comes(101).after(0)
  desk.comes(102, { content: 'bye', terminate: true })
  assert.deepEqual(desk.after(0), [`101 ${TERMINATE}`, `102 ${body('')}`, 'over'])
  assert.deepEqual(desk.forwarded, ['bye'])
  const other = new Desk()
  other.window.send('<last/>')
  assert.deepEqual(other.comes(101, { terminate: true }).after(0), [`101 ${TERMINATE}`, 'over'])
})

test('BOSH 17.2: the server ends it: whoever waits is told, or whoever asks next', () => {
  const error = body('<e/>', " type='terminate' condition='remote-stream-error'")
  const desk = new Desk()
  desk.comes(101).after(0)
  desk.window.close('remote-stream-error', '<e/>')
  assert.deepEqual(desk.after(0), [`101 ${error}`, 'over'])
  const away = new Desk()
  away.window.close('remote-stream-error', '<e/>')
  assert.deepEqual(away.after(10_000), [])
  assert.deepEqual(away.comes(101, { content: 'x' }).after(0), [`101 ${error}`, 'over'])
  assert.deepEqual(away.forwarded, [], 'nothing goes to a stream that is closed')
  const gone = new Desk()
  gone.window.close('remote-stream-error', '<e/>')
  assert.deepEqual(gone.after(30_000), ['over'])
})

test('BOSH 14.2: requests that overtake each other are forwarded and answered in order', () => {
  const desk = new Desk()
  assert.deepEqual(desk.comes(102, { content: 'b' }).after(0), [])
  assert.deepEqual(desk.comes(101, { content: 'a' }).after(0), [`101 ${body('', " ack='102'")}`])
  assert.deepEqual(desk.forwarded, ['a', 'b'])
})

test('BOSH 14.2: a request from beyond the window', () => {
  const desk = new Desk()
  desk.comes(101).after(0)
  const [told, ...rest] = desk.comes(104, { content: 'x' }).after(0)
  assert.match(told!, /^101 .* condition='other-request'/)
  assert.deepEqual(rest, ['104 item-not-found', 'over'])
  assert.deepEqual(new Desk().comes(1e6).after(0), ['1000000 item-not-found', 'over'])
})

test('BOSH 14.3: a lost answer is given again, octet for octet', () => {
  const desk = new Desk()
  desk.window.send('<a/>')
  const [answered] = desk.comes(101, { content: 'x' }).after(0)
  desk.window.send('<b/>')
  assert.deepEqual(desk.comes(101, { content: 'x' }, 'again').after(0), [answered!.replace('101', 'again')])
  assert.deepEqual(desk.forwarded, ['x'], 'once')
})

test('BOSH 14.3: of the last answers, as many as may be under way and one', () => {
  const desk = new Desk()
  for (const rid of [101, 102, 103]) {
    desk.window.send('<a/>')
    desk.comes(rid).after(5000)
  }
  assert.equal(desk.comes(102, {}, 'again').after(0)[0], `again ${body('<a/>')}`)
  assert.deepEqual(desk.comes(FIRST, {}, 'too old').after(0), ['too old item-not-found', 'over'])
})

test('BOSH 14.3: the same request on another connection takes the place of the first', () => {
  const desk = new Desk()
  desk.comes(101).after(0)
  assert.deepEqual(desk.comes(101, {}, 'again').after(0), [`101 ${body('', " type='error'")}`])
  desk.window.send('<a/>')
  assert.deepEqual(desk.after(0), [`again ${body('<a/>')}`])
})

test('BOSH 14.3: the same request too often', () => {
  const desk = new Desk()
  desk.comes(101).after(60_000)
  for (let i = 0; i < 20; i++) desk.comes(101, {}, 'again')
  desk.after(0)
  assert.deepEqual(desk.comes(101, {}, 'again').after(0), ['again policy-violation', 'over'])
})

test('BOSH 14.3: what is to be sent is not put into an answer whose connection is known to be broken', () => {
  const desk = new Desk()
  desk.comes(101).after(0)
  desk.window.lost('101')
  desk.window.send('<a/>')
  assert.deepEqual(desk.after(0), [])
  assert.deepEqual(desk.comes(101, {}, 'again').after(0), [`again ${body('')}`])
  assert.deepEqual(desk.comes(102).after(0), [`102 ${body('<a/>')}`])
})

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')
/** K(n) to K(1). */
const keysFrom = (seed: string, n: number): string[] => {
  const keys = [sha1(seed)]
  while (keys.length < n) keys.unshift(sha1(keys[0]!))
  return keys
}

test('BOSH 15: each request proves that it is the same client, through two sequences of keys', () => {
  const [k3, k2, k1] = keysFrom('seed', 3)
  const [n2, n1] = keysFrom('another', 2)
  const desk = new Desk(TERMS, { newkey: k3! })
  desk.comes(101, { key: k2!, content: 'a' }).after(60_000)
  desk.comes(102, { key: k1!, newkey: n2!.toUpperCase(), content: 'b' }).after(60_000)
  desk.comes(103, { key: n1!, content: 'c' }).after(60_000)
  assert.deepEqual(desk.forwarded, ['a', 'b', 'c'])
})

test('BOSH 15: somebody else, or a client without its key', () => {
  const [k3, k2] = keysFrom('seed', 3)
  for (const key of [sha1('guess'), k3!, null]) {
    const desk = new Desk(TERMS, { newkey: k3! })
    assert.deepEqual(desk.comes(101, { key, content: 'evil' }).after(0), ['101 item-not-found', 'over'], String(key))
    assert.deepEqual(desk.forwarded, [])
  }
  const desk = new Desk(TERMS, { newkey: k3! })
  desk.comes(101, { key: k2! }).after(60_000)
  assert.deepEqual(desk.comes(101, { key: sha1('guess') }, 'thief').after(0), ['thief item-not-found', 'over'])
})

test('a stream that is busy gets no more until it wants', () => {
  const desk = new Desk()
  desk.isHolding = true
  desk.comes(101, { content: 'a' }).comes(102, { content: 'b' })
  desk.after(0)
  assert.deepEqual(desk.forwarded, ['a'])
  desk.isHolding = false
  desk.window.goOn()
  assert.deepEqual(desk.forwarded, ['a', 'b'])
})

/** A client as the specification wants it, on a network that loses, delays and repeats. */
class FarClient {
  readonly #desk: FarDesk
  readonly received: string[] = []
  readonly #pending = new Map<number, { readonly request: Request; ticket: string; repeats: number }>()
  #rid = FIRST
  #nextAnswer = FIRST + 1
  readonly #early = new Map<number, string>()
  #tickets = 0

  constructor(desk: FarDesk) {
    this.#desk = desk
  }
  get underWay(): number {
    return this.#pending.size
  }
  send(content: string): void {
    const rid = (this.#rid += 1)
    const ticket = this.#ticket(rid)
    const made = request(rid, { content })
    this.#pending.set(rid, { request: made, ticket, repeats: 0 })
    this.#desk.onTheWay.push({ request: made, ticket })
  }
  /** All connections break: what was not answered is asked again, the oldest first. */
  breakAll(): void {
    for (const one of [...this.#pending.values()].sort((a, b) => a.request.rid - b.request.rid)) {
      this.#desk.breaks(one.ticket)
      one.ticket = this.#ticket(one.request.rid)
      one.repeats += 1
      this.#desk.onTheWay.push({ request: one.request, ticket: one.ticket })
    }
  }
  get mayBreak(): boolean {
    return [...this.#pending.values()].every((one) => one.repeats < 5)
  }
  answered(ticket: string, text: string): void {
    const rid = Number(ticket.split('/')[0])
    if (this.#pending.get(rid)?.ticket !== ticket) return // of a connection that is broken
    this.#pending.delete(rid)
    this.#early.set(rid, text)
    for (let next = this.#early.get(this.#nextAnswer); next !== undefined; next = this.#early.get(this.#nextAnswer)) {
      this.#nextAnswer += 1
      this.received.push(...[...next.matchAll(/<s n='(\d+)'\/>/g)].map((m) => m[1]!))
    }
  }
  #ticket(rid: number): string {
    return `${rid}/${(this.#tickets += 1)}`
  }
}

class FarDesk implements WindowOut<Request, string> {
  readonly window: Window<Request, string>
  readonly client = new FarClient(this)
  onTheWay: { readonly request: Request; readonly ticket: string }[] = []
  answers: { readonly ticket: string; readonly text: string }[] = []
  readonly broken = new Set<string>()
  readonly forwarded: string[] = []
  isOver = false
  now = 0

  constructor() {
    this.window = new Window({ ...TERMS, pollingMs: 0, inactivityMs: 1e9 }, this, request(FIRST), 'first', 0)
    this.window.settle(0)
    this.answers = []
  }
  forward({ content }: Request): boolean {
    if (content !== '') this.forwarded.push(content)
    return true
  }
  answer(ticket: string, text: string): void {
    this.answers.push({ ticket, text })
  }
  refuse(): void {
    this.isOver = true
  }
  paused(): void {}
  back(): void {}
  over(): void {
    this.isOver = true
  }
  breaks(ticket: string): void {
    this.broken.add(ticket)
  }
  /** @param i which of those on the way overtakes the others */
  deliverRequest(i: number): void {
    const [one] = this.onTheWay.splice(i % this.onTheWay.length, 1)
    if (one === undefined || (this.broken.has(one.ticket) && i % 2 === 0)) return
    this.window.receive(one.request, one.ticket, this.now)
    if (this.broken.has(one.ticket)) this.window.lost(one.ticket)
  }
  deliverAnswer(i: number): void {
    const [one] = this.answers.splice(i % this.answers.length, 1)
    if (one !== undefined && !this.broken.has(one.ticket)) this.client.answered(one.ticket, one.text)
  }
}

type Step = readonly [what: 'say' | 'reply' | 'request' | 'answer' | 'break' | 'notice' | 'settle' | 'wait', i: number]

test('BOSH 14: whatever the network does, everything arrives once and in order', () => {
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.constantFrom('say', 'reply', 'request', 'answer', 'break', 'notice', 'settle', 'settle', 'request', 'answer', 'wait'),
    fc.nat(100),
  )
  const play = (steps: readonly Step[]): void => {
    const desk = new FarDesk()
    const { client, window } = desk
    const said: string[] = []
    let replies = 0
    const doIt: Readonly<Record<Step[0], (i: number) => void>> = {
      say: () => {
        if (client.underWay >= TERMS.requests) return
        said.push(`c${said.length}`)
        client.send(said.at(-1)!)
      },
      reply: () => window.send(`<s n='${replies++}'/>`),
      request: (i) => desk.deliverRequest(i),
      answer: (i) => desk.deliverAnswer(i),
      break: () => client.mayBreak && client.breakAll(),
      notice: () => desk.broken.forEach((ticket) => window.lost(ticket)),
      settle: () => window.settle(desk.now),
      wait: () => window.settle((desk.now += 60_000)),
    }
    for (const [what, i] of steps) doIt[what](i)
    // From here on the network is as it should be.
    client.breakAll()
    for (let round = 0; round < 50; round++) {
      while (desk.onTheWay.length > 0) desk.deliverRequest(1)
      window.settle(desk.now)
      while (desk.answers.length > 0) desk.deliverAnswer(0)
      if (client.underWay === 0 && window.pendingBytes > 0) client.send('')
      else if (client.underWay > 0) desk.now += 60_000
    }
    assert.equal(desk.isOver, false)
    assert.deepEqual(desk.forwarded, said)
    assert.deepEqual(
      client.received,
      Array.from({ length: replies }, (_, i) => String(i)),
    )
  }
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), play), { numRuns: 2000 })
})
