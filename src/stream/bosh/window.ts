/**
 * XEP-0124 as a pure machine: requests that may come twice, late or not at all become one stream in order
 * (section 14), and what is to be sent goes out in answers to requests that are kept waiting for it (sections 8, 10 to
 * 13). It has no clock: it is told the time, and says when it wants to be asked again.
 */
import type { Millis } from '../../base/clock.ts'
import { KeySequence } from './keys.ts'
import { bodyOf, ended, RECOVERABLE, type Condition } from './answers.ts'

/** What was agreed on when the session was created (section 7). */
export interface Terms {
  /** Requests that may be kept waiting. */
  readonly hold: number
  /** Requests that the client may have under way. */
  readonly requests: number
  /** How long a request may be kept waiting. */
  readonly waitMs: Millis
  /** Empty requests must not come faster. */
  readonly pollingMs: Millis
  /** How long the client may have no request under way. */
  readonly inactivityMs: Millis
  /** The longest pause that it may ask for. */
  readonly maxPauseMs: Millis
  /** Whether it asks now and then and is never kept waiting (section 12). */
  readonly isPolling: boolean
}

/** A request as the window looks at it. */
export interface WindowRequest {
  readonly rid: number
  readonly key: string | null
  readonly newkey: string | null
  /** Null: it asks for no pause. */
  readonly pauseMs: Millis | null
  readonly terminate: boolean
  /** It brings nothing, and asks for nothing but what there is for it. */
  readonly isEmpty: boolean
}

/** @typeParam R a request. @typeParam T where its answer goes */
export interface WindowOut<R, T> {
  /** The request's turn has come. False: no more of them until `goOn`. */
  forward(request: R): boolean
  answer(ticket: T, body: string): void
  /** The session ends with this answer to a request that broke its rules. */
  refuse(ticket: T, condition: Condition): void
  /** The client will be silent for longer than usual. */
  paused(): void
  /** It is back. */
  back(): void
  /** The session is over, once. Every request has been answered. */
  over(): void
}

interface Entry<R, T> {
  readonly request: R
  /** When it came first. */
  readonly at: Millis
  /** Null: its connection is lost. */
  ticket: T | null
  repeats: number
}

/** An answer that may be asked for again. */
interface Sent {
  readonly rid: number
  readonly key: string | null
  readonly body: string
  /** It brought nothing. */
  readonly isEmpty: boolean
  repeats: number
}

/** Times that the same request may come again (14.3: against clients that mean to poll faster than they may). */
const REPEATS_MAX = 20

export class Window<R extends WindowRequest, T> {
  readonly #terms: Terms
  readonly #out: WindowOut<R, T>
  readonly #keys: KeySequence
  /** Whose turn it is. */
  #next: number
  /** Requests whose turn has not come, by rid. */
  readonly #early = new Map<number, Entry<R, T>>()
  /** Requests that were forwarded and not answered, in order. */
  #waiting: Entry<R, T>[] = []
  /** The last answers, the newest last. */
  readonly #sent: Sent[] = []
  /** Attributes of the next answer. */
  #attributes = ''
  /** What is to be sent. */
  #text = ''
  /** The newest request, of those that came for the first time. */
  #newest: Entry<R, T> | null = null
  /** Requests up to this one are answered without waiting. */
  #drainTo = 0
  /** How long the client may be silent at present. */
  #silenceMs: Millis
  /** When it was last answered. */
  #answeredAt: Millis
  #isPaused = false
  /** `forward` has said: no more for now. */
  #isHeld = false
  /** The client has asked to terminate. */
  #isEnding = false
  /** The last answer, when the stream is closed; null: it is open. */
  #last: string | null = null
  #isOver = false

  /** @param first the request that creates the session: it is answered without waiting, and not forwarded */
  constructor(terms: Terms, out: WindowOut<R, T>, first: R, ticket: T, now: Millis) {
    this.#terms = terms
    this.#out = out
    this.#keys = new KeySequence(first.newkey)
    this.#next = first.rid + 1
    this.#silenceMs = terms.inactivityMs
    this.#answeredAt = now
    const entry = { request: first, at: now, ticket, repeats: 0 }
    this.#waiting.push(entry)
    this.#newest = entry
    this.#drainTo = first.rid
  }
  /** Octets that wait for a request that they can answer. */
  get pendingBytes(): number {
    return this.#text.length
  }
  /** When `settle` has something to do even if nothing happens until then. */
  get dueAt(): Millis {
    const [oldest] = this.#waiting
    return oldest === undefined || this.#last !== null ? this.#answeredAt + this.#silenceMs : oldest.at + this.#terms.waitMs
  }

  /** A request has come. */
  receive(request: R, ticket: T, now: Millis): void {
    const { rid } = request
    if (this.#isOver) return this.#out.refuse(ticket, 'item-not-found')
    if (rid < this.#next || this.#early.has(rid)) return this.#repeat(request, ticket, now)
    // Section 11: one request more is allowed if it is to pause or terminate.
    const most = this.#terms.requests + (request.pauseMs !== null || request.terminate ? 1 : 0)
    if (rid >= this.#next + most) return this.#fail('item-not-found', ticket)
    const unanswered = rid - this.#oldest + 1
    if (unanswered > most || this.#isTooSoon(request, unanswered, now)) return this.#fail('policy-violation', ticket)
    const entry = { request, at: now, ticket, repeats: 0 }
    this.#early.set(rid, entry)
    this.#newest = entry
    this.#forwardAll()
  }
  /** The connection of a request broke before it was answered. */
  lost(ticket: T): void {
    for (const entry of [...this.#waiting, ...this.#early.values()]) if (entry.ticket === ticket) entry.ticket = null
  }
  /** More may be forwarded again. */
  goOn(): void {
    this.#isHeld = false
    this.#forwardAll()
  }
  /** Adds to what is to be sent. */
  send(text: string): void {
    this.#text += text
  }
  /** The next answer has these attributes too. */
  announce(attributes: string): void {
    this.#attributes += attributes
  }
  /** Throws away what is to be sent. */
  discard(): void {
    this.#text = ''
  }
  /**
   * The stream is closed: the last answer brings what is to be sent, and `content`. A client that has terminated is told
   * nothing more (section 13): none looks at what comes with the end, or overtaken by it, and some stumble.
   */
  close(condition: Condition | null, content: string): void {
    this.#last ??= ended(condition, this.#isEnding ? content : this.#text + content)
    this.#text = ''
    this.goOn() // nothing is forwarded any more; who asks is told
  }
  /** Answers what is to be answered now, and ends the session if its time is over. To be called at the end of a tick. */
  settle(now: Millis): void {
    if (this.#last !== null) this.#bringLast(this.#last)
    while (!this.#isOver && this.#last === null && this.#waiting.length > 0 && this.#isDue(this.#waiting[0]!, now))
      this.#answerOldest(now)
    if (!this.#isOver && (this.#waiting.length === 0 || this.#last !== null) && now - this.#answeredAt >= this.#silenceMs)
      this.#end()
  }
  /** Ends the session at once. */
  destroy(): void {
    this.#end()
  }

  /** The first request that has not been answered, be it that it has not come. */
  get #oldest(): number {
    return this.#waiting[0]?.request.rid ?? this.#next
  }
  /** Sections 11 and 12. */
  #isTooSoon(request: R, unanswered: number, now: Millis): boolean {
    const newest = this.#newest
    if (!request.isEmpty || newest === null || now - newest.at >= this.#terms.pollingMs) return false
    if (!this.#terms.isPolling) return unanswered === this.#terms.requests
    return newest.request.isEmpty && this.#sent.some((s) => s.rid === newest.request.rid && s.isEmpty)
  }
  /** 14.3: a request that has come before. Whatever else it says now, only its key counts. */
  #repeat({ rid, key }: R, ticket: T, now: Millis): void {
    const waiting = this.#early.get(rid) ?? this.#waiting.find((e) => e.request.rid === rid)
    const sent = this.#sent.find((s) => s.rid === rid)
    const known = waiting ?? sent
    if (known === undefined || key !== (waiting === undefined ? sent!.key : waiting.request.key))
      return this.#fail('item-not-found', ticket)
    if ((known.repeats += 1) > REPEATS_MAX) return this.#fail('policy-violation', ticket)
    if (waiting === undefined) {
      this.#answeredAt = now
      return this.#out.answer(ticket, sent!.body)
    }
    if (waiting.ticket !== null) this.#out.answer(waiting.ticket, RECOVERABLE)
    waiting.ticket = ticket
  }

  #forwardAll(): void {
    for (
      let entry = this.#early.get(this.#next);
      entry !== undefined && !this.#isHeld && !this.#isOver;
      entry = this.#early.get(this.#next)
    ) {
      const { request } = entry
      this.#early.delete(this.#next)
      if (!this.#keys.accepts(request.key, request.newkey)) return this.#fail('item-not-found', entry.ticket)
      this.#next += 1
      this.#waiting.push(entry)
      if (!this.#breathe(request)) return this.#fail('policy-violation', entry.ticket)
      if (request.terminate) this.#isEnding = true
      if (this.#last === null) this.#isHeld = !this.#out.forward(request)
    }
  }
  /** Section 10. False: that long a pause is not to be had. */
  #breathe({ rid, pauseMs }: R): boolean {
    const { inactivityMs, maxPauseMs } = this.#terms
    this.#silenceMs = inactivityMs
    if (this.#isPaused) {
      this.#isPaused = false
      this.#out.back()
    }
    if (pauseMs === null) return true
    if (pauseMs > maxPauseMs) return false
    this.#silenceMs = pauseMs
    this.#drainTo = rid
    if (pauseMs > inactivityMs) {
      this.#isPaused = true
      this.#out.paused()
    }
    return true
  }

  #isDue({ request, at, ticket }: Entry<R, T>, now: Millis): boolean {
    if (ticket === null || now - at >= this.#terms.waitMs) return true
    if (this.#isEnding) return false // the last answer is about to come
    return this.#text !== '' || request.rid <= this.#drainTo || this.#waiting.length > this.#terms.hold
  }
  #answerOldest(now: Millis): void {
    const { request, ticket } = this.#waiting.shift()!
    // What is put into a pause's answer would be lost with it (section 10).
    // What goes to a connection that is known to be lost would wait for the client to ask again: it goes to the next.
    const bare = request.pauseMs !== null || ticket === null
    const body = bodyOf(this.#attributes + this.#acknowledgement(request.rid), bare ? '' : this.#text)
    const isEmpty = bare || this.#text === ''
    this.#attributes = ''
    if (!bare) this.#text = ''
    this.#answeredAt = now
    this.#sent.push({ rid: request.rid, key: request.key, body, isEmpty, repeats: 0 })
    if (this.#sent.length > this.#terms.requests + 1) this.#sent.shift() // one more for the answer to a pause
    if (ticket !== null) this.#out.answer(ticket, body)
  }
  /** Section 9.1: what has come, where that is more than the request that is answered. */
  #acknowledgement(rid: number): string {
    return this.#next - 1 === rid ? '' : ` ack='${this.#next - 1}'`
  }
  /** Section 13: the oldest connection that is left brings the last answer, the others an empty one. */
  #bringLast(last: string): void {
    let body = last
    for (const { ticket } of [...this.#waiting, ...this.#early.values()]) {
      if (ticket === null) continue
      this.#out.answer(ticket, body)
      body = bodyOf('', '')
    }
    if (body === last) return // nobody is there to be told; perhaps somebody will ask
    this.#waiting = []
    this.#early.clear()
    this.#end()
  }
  /** Section 17.2: the session ends because of a request. */
  #fail(condition: Condition, ticket: T | null): void {
    for (const { ticket: other } of [...this.#waiting, ...this.#early.values()]) {
      if (other !== null && other !== ticket) this.#out.answer(other, ended('other-request'))
    }
    if (ticket !== null) this.#out.refuse(ticket, condition)
    this.#waiting = []
    this.#early.clear()
    this.#end()
  }
  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const { ticket } of [...this.#waiting, ...this.#early.values()])
      if (ticket !== null) this.#out.refuse(ticket, 'item-not-found')
    this.#waiting = []
    this.#early.clear()
    this.#text = ''
    this.#out.over()
  }
}
