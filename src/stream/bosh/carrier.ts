/**
 * XEP-0206: a stream over BOSH. The window puts requests and answers in order. This file adds what an XMPP stream
 * needs: a header, which is the session's creation or a restart (sections 4, 5), features, stanzas, errors (6).
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { HttpExchange, HttpPeer } from '../../base/http.ts'
import { OPEN_TO, ROOM_OCTETS } from '../../server/account/room.ts'
import { FAR_BEHIND, Patience, type Flushable, type Flusher, type Unread } from '../outbox.ts'
import type { Element } from '../../xml/element.ts'
import type { RawElement, ScanLimits } from '../../xml/scanner.ts'
import type { Wire } from '../../xml/wire.ts'
import { CLIENT, STREAM } from '../../xmpp/ns.ts'
import { StreamError } from '../../xmpp/stream-error.ts'
import type { Carrier, ClientHandler, OpenOptions } from '../carrier.ts'
import { features, standalone, streamError } from '../framing.ts'
import { attributes, type Condition, XBOSH } from './answers.ts'
import type { BodyAttributes, BoshRequest } from './request.ts'
import type { Agreement } from './terms.ts'
import { Window, type WindowOut } from './window.ts'

/** Where the window's answers go, and what is told when the session is over. */
export type Answers = Pick<WindowOut<BoshRequest, HttpExchange>, 'answer' | 'refuse' | 'over'>

export interface BoshOptions {
  readonly flusher: Flusher
  readonly clock: Clock
  /** How much may wait for a request that can carry it. */
  readonly unread: Unread
  readonly limits: ScanLimits
}

export class BoshCarrier implements Carrier, Flushable {
  readonly name = 'bosh'
  readonly startTls = null
  /** The requests of a session use several connections, so there is no single one to bind to. */
  readonly tls = null
  readonly bindable = false
  readonly address: string
  readonly port: number
  readonly encrypted: boolean
  readonly confidential: boolean
  /** Limits of what requests contain. */
  limits: ScanLimits
  readonly #handler: ClientHandler
  readonly #options: BoshOptions
  readonly #window: Window<BoshRequest, HttpExchange>
  readonly #first: BoshRequest
  /** The attributes of the answer to the first request. */
  readonly #terms: string
  /** The request that is being read, step by step; null if there is none. */
  #steps: Iterator<void> | null = null
  #isReading = false
  #isHeld = false
  #isOpen = false
  /** Nothing more is sent. */
  #isClosed = false
  /** The session is over. */
  #isOver = false
  /** The next request must restart the stream. */
  #expectsRestart = false
  #isDirty = false
  /** Called when what was sent is put into an answer. */
  #waiters: ((isTaken: boolean) => void)[] = []
  readonly #patience: Patience
  #timer: Timer | null = null
  #timerAt = Infinity

  /** @param first the request that creates the session */
  constructor(
    first: BoshRequest,
    exchange: HttpExchange,
    handler: ClientHandler,
    answers: Answers,
    { terms, announced }: Agreement,
    options: BoshOptions,
  ) {
    const { address, port, encrypted, atThisMachine }: HttpPeer = exchange.peer
    this.address = address
    this.port = port
    this.encrypted = encrypted
    this.confidential = encrypted || atThisMachine // DEVIATES(15)
    this.limits = options.limits
    this.#handler = handler
    this.#options = options
    this.#first = first
    this.#terms = announced
    const out: WindowOut<BoshRequest, HttpExchange> = {
      forward: (request) => this.#forward(request),
      answer: (ticket, body) => answers.answer(ticket, body),
      refuse: (ticket, condition) => answers.refuse(ticket, condition),
      paused: () => handler.silent(),
      back: () => handler.back(),
      over: () => this.#over(answers),
    }
    this.#window = new Window(terms, out, first, exchange, options.clock.now())
    const waiting = (): number => this.#window.pendingBytes
    this.#patience = new Patience(options.unread, waiting, () => this.#overflow())
    this.#watch(exchange)
  }
  /** Begins the stream. */
  start(): void {
    if (!this.#isClosed) this.#read(this.#begin(this.#first.attributes))
    this.#dirty()
  }
  receive(request: BoshRequest, exchange: HttpExchange): void {
    this.#handler.heard()
    this.#window.receive(request, exchange, this.#options.clock.now())
    this.#watch(exchange)
    this.#dirty()
  }

  open({ from, id, lang }: OpenOptions): void {
    if (this.#isOpen) return // a restarted stream has no answer of its own: the session's attributes still apply
    this.#isOpen = true
    const xmpp = { 'xmlns:xmpp': XBOSH, 'xmpp:version': '1.0', 'xmpp:restartlogic': 'true' }
    this.#window.announce(this.#terms + attributes({ from, 'authid': id, 'xml:lang': lang, ...xmpp }))
  }
  features(offers: readonly Element[]): void {
    this.#push(features(offers))
  }
  send(text: Wire): void {
    this.#push(standalone(text))
  }
  get hasRoom(): boolean {
    return this.#window.pendingBytes <= ROOM_OCTETS
  }
  isBeyond(part: number): boolean {
    return this.#window.pendingBytes > this.#options.unread.octets * part
  }
  whenTaken(): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false)
    if (this.#window.pendingBytes === 0) return Promise.resolve(true)
    return new Promise((resolve) => this.#waiters.push(resolve))
  }
  close(error: StreamError | null): void {
    this.#isClosed = true
    this.#steps = null
    this.#tell(false)
    const condition = error === null ? null : this.#conditionOf(error)
    this.#window.close(condition, error !== null && condition === 'remote-stream-error' ? streamError(error) : '')
    this.#dirty()
  }
  destroy(): void {
    this.#window.destroy()
  }

  restart(): void {
    this.#expectsRestart = true
  }
  limit(limits: ScanLimits): void {
    this.limits = limits
  }
  hold(): void {
    this.#isHeld = true
  }
  resume(): void {
    this.#isHeld = false
    if (!this.#isReading && this.#goOn()) this.#window.goOn()
  }

  /** The end of the tick. */
  flush(): void {
    this.#isDirty = false
    if (this.#isOver) return
    this.#window.settle(this.#options.clock.now())
    if (this.#isOver) return
    this.#schedule()
    this.#look()
  }

  #push(text: Wire): void {
    if (this.#isClosed) return
    this.#window.send(text)
    if (this.isBeyond(OPEN_TO)) this.#handler.crowded()
    this.#dirty()
  }
  /** Checks whether the client takes what waits for it. An answer takes all of it. */
  #look(): void {
    const waiting = this.#window.pendingBytes
    const { octets } = this.#options.unread
    if (waiting === 0) {
      this.#patience.taken()
      this.#tell(true)
    } else if (waiting > octets * FAR_BEHIND) this.#overflow()
    else if (waiting > octets) this.#patience.begin()
  }
  #tell(isTaken: boolean): void {
    const waiters = this.#waiters
    if (waiters.length === 0) return
    this.#waiters = []
    for (const resolve of waiters) resolve(isTaken)
  }
  #overflow(): void {
    this.#window.discard()
    this.#handler.overflowed()
  }
  #dirty(): void {
    if (this.#isDirty) return
    this.#isDirty = true
    this.#options.flusher.add(this)
  }
  /** Section 14.3: the connection of a request may break. */
  #watch(exchange: HttpExchange): void {
    exchange.onLost(() => {
      this.#window.lost(exchange)
      this.#dirty()
    })
  }
  /** Sets the only timer. It checks again if it fires too early. */
  #schedule(): void {
    const { dueAt } = this.#window
    if (this.#timer !== null && this.#timerAt <= dueAt) return
    this.#timer?.cancel()
    this.#timerAt = dueAt
    const { clock } = this.#options
    this.#timer = clock.after(Math.max(0, dueAt - clock.now()), () => {
      this.#timer = null
      this.flush()
    })
  }
  #over(answers: Answers): void {
    this.#timer?.cancel()
    this.#patience.end()
    this.#isOver = true
    this.#isClosed = true
    this.#steps = null
    this.#tell(false)
    answers.over()
    this.#handler.gone()
  }

  // The contents of requests

  #forward(request: BoshRequest): boolean {
    return this.#read(this.#stepsOf(request))
  }
  #read(steps: Iterator<void>): boolean {
    this.#steps = steps
    return this.#goOn()
  }
  /** Returns false if it stopped before the end, because of `hold`. */
  #goOn(): boolean {
    this.#isReading = true
    try {
      while (this.#steps !== null && !this.#isHeld) if (this.#steps.next().done === true) this.#steps = null
    } catch (error) {
      this.#steps = null
      this.#handler.broken(error)
    } finally {
      this.#isReading = false
    }
    return !this.#isHeld
  }
  *#stepsOf({ restart, attributes, elements, fault, terminate }: BoshRequest): Generator<void> {
    if (restart) yield* this.#begin(attributes) // XEP-0206 5: a restart contains nothing else
    else for (const element of elements) yield this.#element(element)
    if (fault !== null) throw fault
    if (terminate) this.#handler.footer()
  }
  /** XEP-0206 4, 5: the session's creation and a restart contain what a stream header contains. */
  *#begin(attributes: BodyAttributes): Generator<void> {
    this.#expectsRestart = false
    const { to, from, 'xml:lang': lang, 'xmpp:version': version = '1.0' } = attributes
    const attrs: Record<string, string> = { version }
    if (to !== undefined) attrs['to'] = to
    if (from !== undefined) attrs['from'] = from
    if (lang !== undefined) attrs['xml:lang'] = lang
    yield this.#handler.header({ name: 'stream', prefix: '', ns: STREAM, defaultNs: CLIENT, attrs, prefixes: [] })
  }
  #element(element: RawElement): void {
    if (this.#expectsRestart) throw new StreamError('bad-format', 'The stream must be restarted first (XEP-0206 5)')
    this.#handler.element(element)
  }
  /** XEP-0124 17.2: BOSH has its own conditions for a wrong destination. */
  #conditionOf({ condition }: StreamError): Condition {
    if (condition !== 'host-unknown') return 'remote-stream-error'
    return this.#first.attributes['to'] === undefined ? 'improper-addressing' : 'host-unknown'
  }
}
