/**
 * XEP-0124 as a pure machine. Requests that may arrive twice, late or never become one ordered stream (section 14), and
 * output is sent in answers to requests that are kept waiting for it (sections 8, 10 to 13). It has no clock: the caller
 * passes the time, and the machine says when it wants to be called again.
 */
import type { Millis } from '../../base/clock.ts'
import { KeySequence } from './keys.ts'
import { bodyOf, ended, RECOVERABLE, type Condition } from './answers.ts'

/** What was agreed on when the session was created (section 7). */
export interface Terms {
  /** The most requests that may be kept waiting. */
  readonly hold: number
  /** The most requests that the client may have in progress. */
  readonly requests: number
  /** How long a request may be kept waiting. */
  readonly waitMs: Millis
  /** Empty requests must not come faster than this. */
  readonly pollingMs: Millis
  /** How long the client may have no request in progress. */
  readonly inactivityMs: Millis
  /** The longest pause that the client may ask for. */
  readonly maxPauseMs: Millis
  /** Whether the client polls and is never kept waiting (section 12). */
  readonly isPolling: boolean
}

/** A request, as the window sees it. */
export interface WindowRequest {
  readonly rid: number
  readonly key: string | null
  readonly newkey: string | null
  /** Null if the request asks for no pause. */
  readonly pauseMs: Millis | null
  readonly terminate: boolean
  /** The request has no content and only asks for output. */
  readonly isEmpty: boolean
}

/** @typeParam R a request. @typeParam T where its answer goes */
export interface WindowOut<R, T> {
  /** It is the request's turn. Returns false to stop further calls until `goOn`. */
  forward(request: R): boolean
  answer(ticket: T, body: string): void
  /** The session ends with this answer to a request that broke its rules. */
  refuse(ticket: T, condition: Condition): void
  /** The client announced that it will be silent for longer than usual. */
  paused(): void
  /** The client is back. */
  back(): void
  /** The session is over. Called once, after every request has been answered. */
  over(): void
}

interface Entry<R, T> {
  readonly request: R
  /** When it first arrived. */
  readonly at: Millis
  /** Null if its connection is lost. */
  ticket: T | null
  repeats: number
}

/** An answer that the client may ask for again. */
interface Sent {
  readonly rid: number
  readonly key: string | null
  readonly body: string
  /** The request had no content. */
  readonly isEmpty: boolean
  repeats: number
}

/** How often the same request may be repeated (14.3: against clients that use this to poll too fast). */
const REPEATS_MAX = 20

export class Window<R extends WindowRequest, T> {
  readonly #terms: Terms
  readonly #out: WindowOut<R, T>
  readonly #keys: KeySequence
  /** The id of the request whose turn it is. */
  #next: number
  /** Requests that arrived before their turn, by rid. */
  readonly #early = new Map<number, Entry<R, T>>()
  /** Requests that were forwarded and not answered, in order. */
  #waiting: Entry<R, T>[] = []
  /** The last answers, the newest last. */
  readonly #sent: Sent[] = []
  /** Extra attributes of the next answer. */
  #attributes = ''
  /** Output that waits. */
  #text = ''
  /** The newest request that is not a repetition. */
  #newest: Entry<R, T> | null = null
  /** Requests up to this id are answered without waiting. */
  #drainTo = 0
  /** How long the client may be silent at present. */
  #silenceMs: Millis
  /** The time of the last answer. */
  #answeredAt: Millis
  #isPaused = false
  /** `forward` returned false. */
  #isHeld = false
  /** The client has asked to terminate. */
  #isEnding = false
  /** The last answer, once the stream is closed; null while it is open. */
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
  /** When `settle` has to be called again even if nothing happens until then. */
  get dueAt(): Millis {
    const [oldest] = this.#waiting
    return oldest === undefined || this.#last !== null ? this.#answeredAt + this.#silenceMs : oldest.at + this.#terms.waitMs
  }

  /** A request arrived. */
  receive(request: R, ticket: T, now: Millis): void {
    const { rid } = request
    if (this.#isOver) return this.#out.refuse(ticket, 'item-not-found')
    if (rid < this.#next || this.#early.has(rid)) return this.#repeat(request, ticket, now)
    // Section 11: one more request is allowed if it pauses or terminates.
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
  /** Requests can be forwarded again. */
  goOn(): void {
    this.#isHeld = false
    this.#forwardAll()
  }
  /** Adds output. */
  send(text: string): void {
    this.#text += text
  }
  /** Adds attributes to the next answer. */
  announce(attributes: string): void {
    this.#attributes += attributes
  }
  /** Discards the output. */
  discard(): void {
    this.#text = ''
  }
  /**
   * The stream is closed: the last answer carries the remaining output and `content`. A client that has terminated is sent
   * nothing more (section 13): no client reads what comes with the end or after it, and some fail on it.
   */
  close(condition: Condition | null, content: string): void {
    this.#last ??= ended(condition, this.#isEnding ? content : this.#text + content)
    this.#text = ''
    this.goOn() // nothing is forwarded any more; requests get an answer
  }
  /** Sends the answers that are due now, and ends the session if its time is over. Call it at the end of each tick. */
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

  /** The id of the first request without an answer, even if it has not arrived. */
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
  /** 14.3: a repeated request. Only its key counts, whatever else differs. */
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
  /** Section 10. Returns false if the pause is too long. */
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
    if (this.#isEnding) return false // the last answer follows
    return this.#text !== '' || request.rid <= this.#drainTo || this.#waiting.length > this.#terms.hold
  }
  #answerOldest(now: Millis): void {
    const { request, ticket } = this.#waiting.shift()!
    // Content in the answer to a pause would be lost with it (section 10). Content for a lost connection would wait until the
    // client asks again, so it goes into the next answer.
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
  /** Section 9.1: the last id received, if it is higher than the id of the answered request. */
  #acknowledgement(rid: number): string {
    return this.#next - 1 === rid ? '' : ` ack='${this.#next - 1}'`
  }
  /** Section 13: the oldest connection carries the last answer, the others an empty one. */
  #bringLast(last: string): void {
    let body = last
    for (const { ticket } of [...this.#waiting, ...this.#early.values()]) {
      if (ticket === null) continue
      this.#out.answer(ticket, body)
      body = bodyOf('', '')
    }
    if (body === last) return // no connection is left; the client may still ask
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
