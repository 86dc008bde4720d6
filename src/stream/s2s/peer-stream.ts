/**
 * A stream between two servers (RFC 6120 section 4), opened by us or by the other one. It carries stanzas for pairs of
 * domains: those for which we may write, those for which the other side may, and with XEP-0288 both. Negotiation is in
 * `initiating.ts` and `receiving.ts`.
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

/** What negotiates. */
export interface PeerNegotiation {
  /** The other side's stream header has come, and is one of a stream between servers. */
  header(header: StreamHeader): void
  /** An element that is neither a stanza nor dialback has come. */
  element(raw: RawElement): void
  /** Dialback has proved us for the pair. `pairs.grant` is to follow. */
  granted(pair: DomainPair): void
  /** Dialback has proved the other side for the pair. `pairs.accept` is to follow. */
  accepted(pair: DomainPair): void
  /** The stream is over, for what reason ever. */
  over(why: PeerFailure): void
}

/** Who holds the streams together. */
export interface Switchboard {
  /** A stream has come about. */
  add(stream: PeerStream): void
  /** On this stream we may write for the pair. */
  granted(stream: PeerStream, pair: DomainPair): void
  /** May the other side write for the pair, once it has proved that it is who it says? Null: yes; otherwise why not. */
  objection(stream: PeerStream, pair: DomainPair): string | null
  /** On this stream the other side may write for the pair. */
  accepted(stream: PeerStream, pair: DomainPair): void
  /** May it? `stream.pairs.dialback.conclude` is the answer. */
  examine(stream: PeerStream, pair: DomainPair, key: string): void
  /** A stanza has come. A promise makes the stream's lane wait. */
  receive(stream: PeerStream, read: Read): void | Promise<void>
  /** Would anybody miss the stream if it were closed because it is not used? */
  isNeeded(stream: PeerStream): boolean
  /** The stream is over. @param graceful both sides have closed it, and neither named an error */
  over(stream: PeerStream, graceful: boolean): void
}

export class PeerStream implements CarrierHandler, PairedStream, CountedStream, Way {
  readonly side: Side
  readonly carrier: TcpCarrier
  readonly pairs: Pairs
  /** What the receiving side calls the stream. */
  id: string
  /** Whom the stream was opened for; the other side's name is what it says of itself, until it is proved. */
  local = ''
  remote = ''
  /** XEP-0288. */
  bidirectional = false
  /** The other side does dialback, and takes errors in it for what they are (XEP-0220 2.4.2). */
  hasDialbackErrors = false
  /** Other pairs than that of the header may be written for: whether stanzas are counted is decided. */
  isShareable = false
  /** Octets of a stanza that the other side takes (XEP-0478); 0: not told. */
  peerStanzaMax = 0
  /** Of the other side, if its chain holds; null before TLS. */
  certificate: PeerCertificate | null = null
  /** XEP-0198; null: stanzas are not counted. */
  managed: ManagedPeer | null = null
  /** How many stanzas of the other side have come, and how many of them are done. */
  received = 0
  handled = 0
  /** Negotiation is over: other pairs may be asked for. */
  isReady = false
  isOver = false
  heardAt: Millis
  /** When a stanza came or went. */
  usedAt: Millis
  readonly whenOver = Promise.withResolvers<void>()
  readonly #parts: PeerParts
  readonly #board: Switchboard
  readonly #negotiation: PeerNegotiation
  /** Null: the other side asks how much was handled. */
  readonly #lane: Lane<Read | null>
  #opened = false
  #closing = false
  /** The server stops: stanzas that come are left to the other side, which will write them again. */
  #isResting = false
  /** Our side is closed, and what the other side writes until it closes its own is read. */
  #isDraining = false
  /** An error was named, by us or by the other side. */
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
  /** What the other side is recognised by, whatever it calls itself. */
  get signs(): readonly string[] {
    const address = `address ${networkOf(this.carrier.address)}`
    return this.certificate === null ? [address] : [`certificate ${this.certificate.fingerprint}`, address]
  }
  /** For people. */
  get peer(): string {
    return `${this.remote === '' ? '?' : this.remote} (${this.carrier.address})`
  }

  // What the switchboard asks

  sendStanza(text: Wire, packet: Packet, outlet: Outlet, origin: Jid | null, since: Millis): void {
    this.usedAt = this.#parts.clock.now()
    this.send(text)
    if (this.managed !== null) this.#parts.management!.sent(this.managed, packet, outlet, origin, since)
  }
  /** The server stops: what has come is done, and of a stream that counts stanzas no more are taken. */
  rest(): void {
    this.#isResting = this.managed !== null
  }
  /**
   * Ends the stream because the server stops. Who counts no stanzas cannot know which of them came too late: what the other
   * side has written before it hears of the end is taken until it closes its side.
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
  /** Null: nothing that has come is still to be done. */
  whenIdle(): Promise<void> | null {
    return this.#lane.whenIdle()
  }
  /** Does a certificate that holds say that the other side is the server of `domain`? */
  isCertified(domain: string): boolean {
    return this.certificate !== null && speaksFor(this.certificate.names, domain)
  }

  // What the negotiation asks

  send(text: Wire): void {
    if (!this.#closing) this.carrier.send(text)
  }
  /** Our header. @param id null: the other side gives the stream its id */
  open(from: string, to: string | null, lang: string): void {
    this.#opened = true
    if (this.side === 'receiving') this.id = token(this.#parts.entropy)
    this.carrier.open({ from, to, id: this.side === 'receiving' ? this.id : null, lang })
  }
  /** Everything learnt is forgotten; the peer begins again with a header (4.3.3). */
  restart(): void {
    this.#opened = false
    this.carrier.restart()
  }
  secure(): void {
    this.#opened = false
    this.carrier.startTls!()
  }
  /** Reads the certificate of the other side, once there is TLS. */
  examineCertificate(): void {
    const { tls } = this.carrier
    const verified = tls === null ? null : verifiedServer(tls, this.#parts.anchors, this.#parts.clock.now())
    this.certificate = verified === null ? null : peerCertificate(verified)
  }
  /** Negotiation is over. */
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
  /** Says why, closes our side, and waits a while for the other (4.4, 4.9.1). */
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
    this.#closing = true
    this.#timer?.cancel()
    this.#timer = closeInTime(this.carrier, error, this.#parts.clock, this.#parts.closeMs)
    this.#end(new PeerFailure('unreachable', error?.condition ?? 'closed'))
  }
  /** It is dead, or shall be. */
  destroy(): void {
    this.#error ??= 'connection-timeout'
    this.#closing = true
    this.carrier.destroy()
    this.#end(new PeerFailure('unreachable', this.#error))
  }

  // What the carrier tells

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
        this.heard() // what came since may not have been read
        this.#life.handledLate()
      })
  }
  #count(raw: RawElement): void {
    if (raw.name === 'a') this.#parts.management!.acknowledged(this, raw.tree())
    else this.#lane.push(null)
  }
  /** The other side names an error, and will close. One that closes what is idle that way means no harm. */
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
  /** Once: nobody waits for it any more. */
  #end(why: PeerFailure): void {
    if (this.isOver) return
    this.isOver = true
    this.whenOver.resolve()
    this.#negotiation.over(why)
    this.pairs.over(why)
    this.#board.over(this, this.#error === null)
  }
  #late(): void {
    // A stream on which somebody has asked about keys and nothing else
    if (this.pairs.dialback.wasAsked) return this.close(null)
    this.fail('connection-timeout', 'Negotiation took too long')
  }
  /** What we have opened, and nobody uses, we close. */
  #watchUse(): void {
    const { clock, settings } = this.#parts
    const left = settings['idle-close'] - (clock.now() - this.usedAt)
    if (left <= 0 && !this.#board.isNeeded(this)) return this.close(null)
    this.#timer = clock.after(left > 0 ? left : settings['idle-close'], () => this.#watchUse())
  }
}
