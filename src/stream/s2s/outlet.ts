/**
 * The way from one of our domains to a remote one: one stream at a time, so that stanzas stay in order (RFC 6120 10.1), and a
 * bounded queue while there is none. A stanza that waits too long or cannot be sent is answered with an error (10.4.3); copies
 * of a broadcast are not (RFC 6121 4.4.2).
 */
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { forAnyStream } from '../content-namespace.ts'
import type { DomainPair } from '../../xmpp/domain-pair.ts'
import type { PeerFailure } from './failure.ts'
import { mayComeTwice, outOfDate } from './repeating.ts'

export interface OutletParts {
  readonly stanzasMax: number
  readonly octetsMax: number
  readonly waitMs: Millis
  readonly clock: Clock
  /** The stanza was not delivered. @param origin is told; null for nobody */
  readonly refuse: (packet: Packet, error: StanzaError, origin: Jid | null) => void
  /** The network has taken the stanza, of a stream on which nothing is acknowledged. */
  readonly written: (packet: Packet) => void
}

/** A stanza is written again to one stream after another for at most this multiple of the longest wait. */
const ATTEMPTS_SPAN = 4

export interface Waiting {
  readonly packet: Packet
  /** Null if nobody is told of a failure. */
  readonly origin: Jid | null
  readonly octets: number
  /** When it was first to be written. */
  readonly since: Millis
  until: Millis
  /** It was written to a stream that broke, and it is unknown whether it was received. */
  isUnsure: boolean
  /** It was given to a stream that is lost. Others had their share of what may wait beside it. */
  isBack: boolean
}

/** A stream, as an outlet sees it. */
export interface Way {
  /** The most octets of a stanza that the other side accepts (XEP-0478); 0 if unknown. */
  readonly peerStanzaMax: number
  /** XEP-0198; null if stanzas are not counted. */
  readonly managed: unknown
  /** As much is on its way as may be: what comes waits in its outlet. */
  readonly isFull: boolean
  /** The outlet goes on when the other side has acknowledged, or the network has taken, some of it. */
  whenRoom(outlet: Outlet): void
  sendStanza(text: Wire, packet: Packet, outlet: Outlet, origin: Jid | null, since: Millis): void
}

export class Outlet<S extends Way = Way> {
  readonly pair: DomainPair
  /** The stream for stanzas; null if they wait. */
  stream: S | null = null
  /** An attempt to get a stream is in progress. */
  isTrying = false
  /** Why the last attempt failed. */
  failure: PeerFailure | null = null
  readonly #parts: OutletParts
  #queue: Waiting[] = []
  #octets = 0
  #timer: Timer | null = null
  #emptied: (() => void)[] = []
  /** As far as is known: when the first stanza was sent after anything was last received, and when the last one was sent. */
  #unansweredSince: Millis | null = null
  /** It is being found out what was received. */
  #learning: { readonly timer: Timer; readonly over: () => void } | null = null
  #sentAt: Millis = 0

  constructor(pair: DomainPair, parts: OutletParts) {
    this.pair = pair
    this.#parts = parts
  }
  get waiting(): number {
    return this.#queue.length
  }
  /** The outlet can be forgotten without losing anything. */
  get isIdle(): boolean {
    return this.stream === null && !this.isTrying && this.waiting === 0
  }
  whenEmpty(): Promise<void> {
    return new Promise((empty) => (this.waiting === 0 ? empty() : void this.#emptied.push(empty)))
  }
  /** Writes the stanza, or keeps it until a stream accepts it. @throws StanzaError */
  send(packet: Packet, origin: Jid | null): void {
    const { stream } = this
    if (stream === null) return this.#keep(packet, origin)
    if (this.#queue.length === 0 && !stream.isFull) return this.#write(stream, packet, origin, this.#parts.clock.now())
    this.#keep(packet, origin)
    stream.whenRoom(this)
  }
  /** @param since when it was first to be written */
  #write(stream: S, packet: Packet, origin: Jid | null, since: Millis): void {
    const text = forAnyStream(packet).wire
    const { peerStanzaMax } = stream
    // XEP-0478 3.2: it would end the stream, and so harm others.
    if (peerStanzaMax > 0 && text.length > peerStanzaMax)
      throw new StanzaError('policy-violation', { text: 'The other server does not accept stanzas of this size' })
    this.#sentAt = this.#parts.clock.now()
    this.#unansweredSince ??= this.#sentAt
    stream.sendStanza(text, packet, this, origin, since)
  }
  /** The network has taken a stanza of those that nobody acknowledges. */
  taken(packet: Packet): void {
    this.#parts.written(packet)
  }
  /** Since when stanzas are without an answer; null if all were answered. @param heardAt when anything was last received */
  unanswered(heardAt: Millis): Millis | null {
    if (this.#unansweredSince !== null && this.#unansweredSince < heardAt)
      this.#unansweredSince = this.#sentAt >= heardAt ? this.#sentAt : null
    return this.#unansweredSince
  }
  /** The other side gave a sign of life, which answers everything that was sent. */
  answered(): void {
    this.#unansweredSince = null
  }
  /** There is a stream: waiting stanzas are written first. */
  take(stream: S): void {
    this.stream = stream
    this.failure = null
    this.#unansweredSince = null
    const old = outOfDate(this.#queue)
    for (const waiting of old) this.forget(waiting)
    this.goOn()
  }
  /** Writes waiting stanzas while the stream accepts more. */
  goOn(): void {
    const { stream } = this
    if (stream === null) return
    while (this.stream === stream && this.#queue.length > 0 && !stream.isFull) {
      const waiting = this.#queue.shift()!
      this.#octets -= waiting.octets
      this.#writeLate(stream, waiting)
    }
    if (this.stream !== stream) return
    if (this.#queue.length > 0) stream.whenRoom(this)
    else this.#empty()
  }
  #writeLate(stream: S, waiting: Waiting): void {
    const { packet, origin, isUnsure, since, until } = waiting
    if (isUnsure && (!mayComeTwice(packet) || until <= this.#parts.clock.now()))
      return this.#tell(waiting, new StanzaError('remote-server-timeout'))
    try {
      this.#write(stream, packet, origin, since)
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error
      this.#parts.refuse(packet, error, origin)
    }
  }
  /** @param isUnsure it may have been received */
  waitingOf(packet: Packet, origin: Jid | null, isUnsure = false, since = this.#parts.clock.now()): Waiting {
    const { clock, waitMs } = this.#parts
    const until = Math.min(clock.now() + waitMs, since + ATTEMPTS_SPAN * waitMs)
    return { packet, origin, octets: packet.payload.text.length, since, until, isUnsure, isBack: false }
  }
  /** Their stream is lost: these stanzas wait before all others. */
  putBack(waiting: readonly Waiting[]): void {
    for (const one of waiting) {
      one.packet.keep()
      one.isBack = true
      this.#octets += one.octets
    }
    this.#queue.unshift(...waiting)
    this.#timer ??= this.#parts.clock.after(this.#parts.waitMs, () => this.#expire())
  }
  /** The stanza was received and no longer waits. */
  forget(waiting: Waiting): void {
    const at = this.#queue.indexOf(waiting)
    if (at < 0) return
    this.#queue.splice(at, 1)
    this.#octets -= waiting.octets
    if (this.#queue.length === 0) this.#isEmpty()
  }
  /** Does any stanza wait of which it is unknown whether it was received? */
  get isUnsure(): boolean {
    return this.#queue.some(({ isUnsure }) => isUnsure)
  }
  /** It is being found out which of these were received: `over` is called when that is known, or after `withinMs`. */
  learn(withinMs: Millis, over: () => void): void {
    this.stopLearning()
    this.#learning = { timer: this.#parts.clock.after(withinMs, () => this.learned()), over }
  }
  get isLearning(): boolean {
    return this.#learning !== null
  }
  learned(): void {
    const learning = this.#learning
    this.stopLearning()
    learning?.over()
  }
  stopLearning(): void {
    this.#learning?.timer.cancel()
    this.#learning = null
  }
  /** There will be no stream for now: the senders of waiting stanzas get an error. */
  refuseAll(error: StanzaError): void {
    for (const waiting of this.#empty()) this.#tell(waiting, error)
  }
  /** Those of the waiting stanzas must not be sent any more. */
  refuseSome(which: (packet: Packet) => boolean, error: StanzaError): void {
    const refused = this.#queue.filter(({ packet }) => which(packet))
    for (const waiting of refused) {
      this.forget(waiting)
      this.#tell(waiting, error)
    }
  }

  #keep(packet: Packet, origin: Jid | null): void {
    const { waitMs, clock } = this.#parts
    const waiting = this.waitingOf(packet, origin)
    if (this.#isBeyondShare(waiting))
      throw new StanzaError('resource-constraint', { text: 'Too many stanzas are waiting for the other server' })
    this.#queue.push(waiting)
    this.#octets += waiting.octets
    this.#timer ??= clock.after(waitMs, () => this.#expire())
  }
  /** Would its sender then have more waiting than is still free for others? All are looked at only when half of it is taken. */
  #isBeyondShare({ packet, octets }: Waiting): boolean {
    const { stanzasMax, octetsMax } = this.#parts
    if (this.#queue.length * 2 + 1 < stanzasMax && (this.#octets + octets) * 2 <= octetsMax) return false
    const free = { stanzas: stanzasMax - 1, octets: octetsMax - octets }
    const own = { stanzas: 1, octets }
    for (const other of this.#queue) {
      if (other.isBack) continue
      free.stanzas -= 1
      free.octets -= other.octets
      if (other.packet.from.bare !== packet.from.bare) continue
      own.stanzas += 1
      own.octets += other.octets
    }
    return own.stanzas > free.stanzas || own.octets > free.octets
  }
  #expire(): void {
    const { clock, waitMs } = this.#parts
    const now = clock.now()
    // They wait for the other server to read, and not for a stream
    if (this.stream?.managed === null) for (const waiting of this.#queue) waiting.until = now + waitMs
    const fresh = this.#queue.findIndex(({ until }) => until > now)
    const late = this.#queue.splice(0, fresh < 0 ? this.#queue.length : fresh)
    for (const { octets } of late) this.#octets -= octets
    const next = this.#queue[0]
    this.#timer = next === undefined ? null : clock.after(next.until - now, () => this.#expire())
    if (next === undefined) this.#isEmpty()
    for (const waiting of late) this.#tell(waiting, new StanzaError('remote-server-timeout'))
  }
  #empty(): readonly Waiting[] {
    const queue = this.#queue
    this.#queue = []
    this.#octets = 0
    this.#timer?.cancel()
    this.#timer = null
    this.#isEmpty()
    return queue
  }
  #isEmpty(): void {
    for (const tell of this.#emptied.splice(0)) tell()
  }
  #tell({ packet, origin }: Waiting, error: StanzaError): void {
    this.#parts.refuse(packet, error, origin)
  }
}
