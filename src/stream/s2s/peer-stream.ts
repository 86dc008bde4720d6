/**
 * A stream between two servers (RFC 6120 section 4), opened by either side. It carries stanzas for pairs of domains: those for
 * which we may send, those for which the other side may, and with XEP-0288 both. The negotiation is in `initiating.ts` and
 * `receiving.ts`.
 */
import type { Millis, Timer } from '../../base/clock.ts'
import { token } from '../../base/entropy.ts'
import { networkOf } from '../../base/network.ts'
import { verifiedServer } from '../../net/peer-certificate.ts'
import { Lane } from '../../server/account/lane.ts'
import { answer, SM } from '../../server/stream-management/nonzas.ts'
import type { RawElement, StreamHeader } from '../../xml/scanner.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { SERVER, STREAM, STREAM_ERRORS } from '../../xmpp/ns.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StreamError } from '../../xmpp/stream-error.ts'
import type { CarrierHandler } from '../carrier.ts'
import { isStanza, type Read } from '../packet-from.ts'
import { closeInTime, namespaceFault, streamErrorOf, versionFault } from '../stream-core.ts'
import type { TcpCarrier } from '../tcp-carrier.ts'
import type { DomainPair } from '../../xmpp/domain-pair.ts'
import { DIALBACK } from './dialback/elements.ts'
import { PeerFailure } from './failure.ts'
import { stanzaOfPeer } from './inbound-stanza.ts'
import { LifeSigns } from './life-signs.ts'
import type { CountedStream, ManagedPeer } from './managed-peer.ts'
import type { Outlet, Way } from './outlet.ts'
import { Pairs, type PairedStream, type Side } from './pairs.ts'
import type { PeerParts } from './peer-parts.ts'
import { peerCertificate, speaksFor, type PeerCertificate } from './trust.ts'
import { Untaken } from './untaken.ts'

/** The negotiation of the stream. */
export interface PeerNegotiation {
  /** The other side's stream header arrived, and is one of a stream between servers. */
  header(header: StreamHeader): void
  /** An element arrived that is neither a stanza nor dialback. */
  element(raw: RawElement): void
  /** Dialback has proved our identity for the pair. `pairs.grant` has to follow. */
  granted(pair: DomainPair): void
  /** Dialback has proved the other side for the pair. `pairs.accept` has to follow. */
  accepted(pair: DomainPair): void
  /** The stream has ended, for whatever reason. */
  over(why: PeerFailure): void
}

/** The owner of all streams. */
export interface Switchboard {
  /** A new stream. */
  add(stream: PeerStream): void
  /** We may send for the pair on this stream. */
  granted(stream: PeerStream, pair: DomainPair): void
  /** May the other side send for the pair, once its identity is proved? Null if it may; otherwise the reason why not. */
  objection(stream: PeerStream, pair: DomainPair): string | null
  /** The other side may send for the pair on this stream. */
  accepted(stream: PeerStream, pair: DomainPair): void
  /** May the other side send? `stream.pairs.dialback.conclude` is the answer. */
  examine(stream: PeerStream, pair: DomainPair, key: string): void
  /** A stanza arrived. A promise makes the stream's lane wait. */
  receive(stream: PeerStream, read: Read): void | Promise<void>
  /** Is the stream still needed, although it is idle? */
  isNeeded(stream: PeerStream): boolean
  /** The stream has ended. @param graceful both sides have closed it without an error */
  over(stream: PeerStream, graceful: boolean): void
}

export class PeerStream implements CarrierHandler, PairedStream, CountedStream, Way {
  readonly side: Side
  readonly carrier: TcpCarrier
  readonly pairs: Pairs
  /** The id that the receiving side has given the stream. */
  id: string
  /** The pair for which the stream was opened. The name of the other side is only its claim until it is proved. */
  local = ''
  remote = ''
  /** XEP-0288. */
  bidirectional = false
  /** The other side supports dialback, and understands errors in it (XEP-0220 2.4.2). */
  hasDialbackErrors = false
  /** The stream can be used for other pairs than that of the header: it is decided whether stanzas are counted. */
  isShareable = false
  /** The most octets of a stanza that the other side accepts (XEP-0478); 0 if unknown. */
  peerStanzaMax = 0
  /** The certificate of the other side, if its chain is valid; null before TLS. */
  certificate: PeerCertificate | null = null
  /** XEP-0198; null if stanzas are not counted. */
  managed: ManagedPeer | null = null
  /** Of the stanzas that are not counted. */
  readonly untaken = new Untaken(() => this.carrier)
  /** How many stanzas of the other side have come, and how many of them are done. */
  received = 0
  handled = 0
  /** The negotiation is complete: other pairs can be requested. */
  isReady = false
  isOver = false
  heardAt: Millis
  /** When a stanza was last sent or received. */
  usedAt: Millis
  readonly whenOver = Promise.withResolvers<void>()
  readonly #parts: PeerParts
  readonly #board: Switchboard
  readonly #negotiation: PeerNegotiation
  /** Null is the other side's question how many stanzas were handled. */
  readonly #lane: Lane<Read | null>
  #opened = false
  #closing = false
  /** The server stops: new stanzas are not taken; the other side will send them again. */
  #isResting = false
  /** Our side is closed. Input is read until the other side closes its own. */
  #isDraining = false
  /** An error that one of the sides named. */
  #error: string | null = null
  #timer: Timer | null
  readonly #life: LifeSigns

  constructor(
    side: Side,
    carry: (handler: CarrierHandler) => TcpCarrier,
    parts: PeerParts,
    board: Switchboard,
    negotiate: (stream: PeerStream) => PeerNegotiation,
  ) {
    const { clock, settings } = parts
    this.side = side
    this.#parts = parts
    this.#board = board
    this.id = ''
    this.heardAt = this.usedAt = clock.now()
    this.#lane = new Lane(
      (packet) => this.#handle(packet),
      (error) => this.broken(error),
      () => this.carrier.resume(),
    )
    this.pairs = this.#newPairs()
    this.#life = new LifeSigns(clock, this)
    this.carrier = carry(this)
    this.#negotiation = negotiate(this)
    this.#timer = clock.after(settings['negotiation-timeout'], () => this.#late())
    board.add(this)
  }
  get isClosing(): boolean {
    return this.#closing
  }
  get encrypted(): boolean {
    return this.carrier.encrypted
  }
  /** What identifies the other side, whatever name it uses. */
  get signs(): readonly string[] {
    const address = `address ${networkOf(this.carrier.address)}`
    return this.certificate === null ? [address] : [`certificate ${this.certificate.fingerprint}`, address]
  }
  /** The name of the peer, for people. */
  get peer(): string {
    return `${this.remote === '' ? '?' : this.remote} (${this.carrier.address})`
  }

  // Called by the switchboard

  sendStanza(text: Wire, packet: Packet, outlet: Outlet, origin: Jid | null, since: Millis): void {
    this.usedAt = this.#parts.clock.now()
    if (!this.#closing) this.carrier.send(text)
    if (this.managed === null) return this.untaken.give(text.length, packet, outlet, origin, since)
    this.untaken.sent(text.length)
    this.#parts.management!.sent(this.managed, packet, outlet, origin, since)
  }
  get isFull(): boolean {
    return this.managed === null ? this.carrier.isBeyond(1) : this.managed.isFull
  }
  whenRoom(outlet: Outlet): void {
    if (this.managed === null) this.untaken.whenTaken(outlet)
    else this.managed.whenAcknowledged(outlet)
  }
  /** The server stops: input is still handled, but a stream that counts stanzas takes no more of them. */
  rest(): void {
    this.#isResting = this.managed !== null
  }
  /**
   * Ends the stream because the server stops. Without stream management the other side cannot know which stanzas came too late,
   * so everything that it sends before it learns of the end is accepted until it closes its side.
   */
  shutDown(): void {
    if (this.managed !== null || !this.isReady) return this.fail('system-shutdown')
    if (this.#closing) return
    this.#isDraining = this.#closing = true
    this.#error ??= 'system-shutdown'
    this.carrier.closeOurSide(new StreamError('system-shutdown'))
    this.#timer?.cancel()
    this.#timer = this.#parts.clock.after(this.#parts.closeMs, () => this.carrier.destroy())
  }
  /** Null if everything that arrived has been handled. */
  whenIdle(): Promise<void> | null {
    return this.#lane.whenIdle()
  }
  /** Does a valid certificate prove that the other side is the server of `domain`? */
  isCertified(domain: string): boolean {
    return this.certificate !== null && speaksFor(this.certificate.names, domain)
  }

  // Called by the negotiation

  send(text: Wire): void {
    if (this.#closing) return
    this.carrier.send(text)
    this.untaken.sent(text.length)
  }
  /** Sends our header. @param id null if the other side gives the stream its id */
  open(from: string, to: string | null, lang: string): void {
    this.#opened = true
    if (this.side === 'receiving') this.id = token(this.#parts.entropy)
    this.carrier.open({ from, to, id: this.side === 'receiving' ? this.id : null, lang })
  }
  /** Resets everything that was learnt; the peer begins again with a header (4.3.3). */
  restart(): void {
    this.#opened = false
    this.carrier.restart()
  }
  secure(): void {
    this.#opened = false
    this.carrier.startTls!()
  }
  /** Reads the certificate of the other side, after TLS was started. */
  examineCertificate(): void {
    const { tls } = this.carrier
    const verified = tls === null ? null : verifiedServer(tls, this.#parts.anchors, this.#parts.clock.now())
    this.certificate = verified === null ? null : peerCertificate(verified)
  }
  /** The negotiation is complete. */
  ready(): void {
    this.isReady = true
    this.carrier.limit(this.#parts.limits)
    this.#timer?.cancel()
    this.#timer = null
    if (this.side === 'initiating') this.#watchUse()
  }
  fail(condition: ConstructorParameters<typeof StreamError>[0], text: string | null = null): void {
    this.close(new StreamError(condition, text))
  }
  /** Sends the reason, closes our side, and waits a while for the other (4.4, 4.9.1). */
  close(error: StreamError | null): void {
    if (this.#closing) return
    if (!this.#opened) this.open(this.local === '' ? this.#parts.domain : this.local, null, '')
    this.#error ??= error?.condition ?? null
    if (error !== null)
      this.#parts.log.info(
        { peer: this.peer, condition: error.condition, text: error.text },
        'Stream to another server closed with an error',
      )
    if (this.managed !== null) this.send(answer(this.managed.h))
    this.untaken.putBack(this.#isInPeace)
    this.#closing = true
    this.#timer?.cancel()
    this.#timer = closeInTime(this.carrier, error, this.#parts.clock, this.#parts.closeMs)
    this.#end(new PeerFailure('unreachable', error?.condition ?? 'closed'))
  }
  /** Cuts a connection that is dead or no longer wanted. */
  destroy(): void {
    this.#error ??= 'connection-timeout'
    this.#closing = true
    this.untaken.putBack(this.#isInPeace)
    this.carrier.destroy()
    this.#end(new PeerFailure('unreachable', this.#error))
  }

  // Called by the carrier

  header(header: StreamHeader): void {
    const fault = namespaceFault(header, SERVER) ?? versionFault(header)
    if (fault !== null) return this.fail(fault)
    this.#negotiation.header(header)
  }
  element(raw: RawElement): void {
    if (raw.ns === STREAM && raw.name === 'error') return this.#told(raw)
    if (raw.ns === DIALBACK) return this.pairs.take(raw)
    if (raw.ns === SM && this.managed !== null && (raw.name === 'r' || raw.name === 'a')) return this.#count(raw)
    if (raw.ns !== SERVER || !isStanza(raw.name)) return this.#negotiation.element(raw)
    if (this.#isResting) return
    const { dialback } = this.pairs
    if (!dialback.acceptsAny) return this.fail('not-authorized')
    const { serves, isOurs } = this.#parts
    const read = stanzaOfPeer(raw, { serves, isOurs, accepts: (pair) => dialback.accepts(pair) })
    this.usedAt = this.heardAt
    this.received += 1
    this.#lane.push(read)
    if (this.#lane.depth >= this.#parts.settings['queued-stanzas']) this.carrier.hold()
  }
  footer(): void {
    if (this.#isDraining) this.carrier.destroy()
    else this.close(null)
  }
  heard(): void {
    this.heardAt = this.#parts.clock.now()
  }
  lost(): void {
    if (!this.#closing) this.#error ??= 'connection-lost'
    this.footer()
  }
  gone(): void {
    this.#timer?.cancel()
    if (!this.#closing) this.#error ??= 'connection-lost'
    this.#closing = true
    this.#end(new PeerFailure('unreachable', this.#error ?? 'the connection was closed'))
  }
  crowded(): void {}
  overflowed(): void {
    this.#error = 'slow-reader'
    this.fail('policy-violation', 'Too much output is waiting to be read')
  }
  broken(error: unknown): void {
    const theirs = streamErrorOf(error)
    if (theirs !== null) return this.close(theirs)
    this.#parts.log.error({ err: error, peer: this.peer }, 'Unhandled error on a server stream; stream closed')
    this.fail('internal-server-error')
  }

  #newPairs(): Pairs {
    const { clock, log, settings, secret, serves } = this.#parts
    const dialback = { secret, serves, pairsMax: settings['domains-per-stream'] }
    return new Pairs(
      this,
      { clock, log, dialback, withinMs: settings['negotiation-timeout'] },
      {
        grantedByDialback: (pair) => this.#negotiation.granted(pair),
        acceptedByDialback: (pair) => this.#negotiation.accepted(pair),
        examine: (pair, key) => this.#board.examine(this, pair, key),
        granted: (pair) => this.#board.granted(this, pair),
        heard: (pair) => {
          this.carrier.limit(this.#parts.limits)
          this.#board.accepted(this, pair)
        },
        accepted: () => {
          if (!this.isReady) this.ready()
        },
      },
    )
  }
  #handle(read: Read | null): void | Promise<void> {
    if (read === null) return this.#life.show()
    const wait = this.#board.receive(this, read)
    if (wait === undefined) this.handled += 1
    else
      return wait.then(() => {
        this.handled += 1
        this.heard() // later input may still be unread
        this.#life.handledLate()
      })
  }
  #count(raw: RawElement): void {
    if (raw.name === 'a') this.#parts.management!.acknowledged(this, raw.tree())
    else this.#lane.push(null)
  }
  /** The other side sends a stream error, and will close. It may close an idle stream in this way without meaning a fault. */
  #told(raw: RawElement): void {
    const condition = raw.tree().elements.find((e) => e.ns === STREAM_ERRORS && e.name !== 'text')?.name ?? 'undefined-condition'
    this.#parts.log.info({ peer: this.peer, condition }, 'The other server closed a stream with an error')
    const idle = condition === 'connection-timeout' && this.isReady
    if (!idle) this.#error = condition
    this.#negotiation.over(
      new PeerFailure(
        condition === 'host-unknown' || condition === 'host-gone' ? 'not-found' : 'refused',
        `stream error ${condition}`,
      ),
    )
    this.close(null)
  }
  /** What was written is read before the connection ends, by a server that stops too: to write it again would double it. */
  get #isInPeace(): boolean {
    return this.#error === null || this.#error === 'system-shutdown'
  }
  /** Runs once: nobody waits for the stream any longer. */
  #end(why: PeerFailure): void {
    if (this.isOver) return
    this.isOver = true
    this.untaken.putBack(this.#isInPeace)
    this.whenOver.resolve()
    this.#negotiation.over(why)
    this.pairs.over(why)
    this.#board.over(this, this.#error === null)
  }
  #late(): void {
    // A stream that was used only for questions about keys
    if (this.pairs.dialback.wasAsked) return this.close(null)
    this.fail('connection-timeout', 'Negotiation took too long')
  }
  /** Closes a stream that we have opened and that is not used. */
  #watchUse(): void {
    const { clock, settings } = this.#parts
    const left = settings['idle-close'] - (clock.now() - this.usedAt)
    if (left <= 0 && !this.#board.isNeeded(this)) return this.close(null)
    this.#timer = clock.after(left > 0 ? left : settings['idle-close'], () => this.#watchUse())
  }
}
