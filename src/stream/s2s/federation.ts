/**
 * Everything for remote domains (RFC 6120 10.4): which stream takes a stanza, how a stream is opened, and what the link table
 * learns. Streams report what they may be used for; this file never looks into them.
 */
import type { Counter } from '../../base/metrics.ts'
import { checkIq } from '../../server/delivery/check-stage.ts'
import type { Host } from '../../server/feature.ts'
import { pause, type Millis } from '../../base/clock.ts'
import { isAtOrBelow } from '../../server/labelling/clearances.ts'
import { forbiddenToDomain } from '../../server/labelling/rules.ts'
import type { Connector, Link } from '../../server/links/links.ts'
import type { Destination } from '../../server/routing/router.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Read } from '../packet-from.ts'
import { pairKey, type DomainPair } from '../../xmpp/domain-pair.ts'
import type { Outcome } from './dialback/elements.ts'
import type { Question } from './dialback/machine.ts'
import { dialbackCondition, failureOf, NOT_YOURS, PeerFailure, reported, stanzaErrorOf } from './failure.ts'
import { Intake } from './intake.ts'
import { Opening, type OpeningParts } from './opening.ts'
import { Outlet, type OutletParts } from './outlet.ts'
import { RESUMPTION_MS, type PeerManagement } from './management.ts'
import type { PeerStream, Switchboard } from './peer-stream.ts'
import { Reunion } from './reunion.ts'
import { closed, comeToRest } from './stopping.ts'
import { PeerStreams } from './streams.ts'
import { Vigil } from './vigil.ts'

/** Beyond this number, idle outlets are forgotten. */
const OUTLETS_MAX = 10_000

export class Federation implements Destination, Switchboard, Connector {
  readonly #host: Host
  readonly #parts: OpeningParts
  readonly #opening: Opening
  readonly #intake: Intake
  readonly #vigil: Vigil
  readonly #reunion: Reunion
  readonly #streams = new PeerStreams()
  readonly #outlets = new Map<string, Outlet<PeerStream>>()
  /** Dedicated streams that are being opened, by pair. */
  readonly #coming = new Map<string, Promise<void>>()
  readonly #outletParts: OutletParts
  readonly #sent: Counter
  readonly #received: Counter
  #stopped = false

  constructor(host: Host, parts: OpeningParts) {
    const { clock, metrics, links, parties, router } = host
    const { settings, peers } = parts.peer
    this.#host = host
    this.#parts = parts
    this.#opening = new Opening(parts, this, ({ remote }, addresses, port) => {
      const isTrusted = (s: PeerStream): boolean => peers.trust(remote) !== 'require-certificate' || s.isCertified(remote)
      return this.#streams.toSameMachine(addresses, port, isTrusted)
    })
    this.#reunion = new Reunion(host)
    this.#intake = new Intake(settings, parties, clock)
    this.#outletParts = {
      stanzasMax: settings['queue-stanzas'],
      octetsMax: settings['queue-size'],
      waitMs: settings['queue-timeout'],
      clock,
      refuse: (packet, error, origin) => void router.returned(packet, error, origin),
      written: (packet) => router.heard(packet),
    }
    this.#vigil = new Vigil({ host, settings, management: parts.peer.management, streams: this.#streams, outlets: this.#outlets })
    this.#sent = metrics.counter('porchlight_s2s_stanzas_sent_total', 'Stanzas for other servers')
    this.#received = metrics.counter('porchlight_s2s_stanzas_received_total', 'Stanzas from other servers')
    metrics.gauge('porchlight_s2s_streams', 'Streams between servers', () => this.#streams.size)
    metrics.gauge('porchlight_s2s_stanzas_waiting', 'Stanzas that wait for a stream to another server', () =>
      [...this.#outlets.values()].reduce((sum, { waiting }) => sum + waiting, 0),
    )
    metrics.gauge('porchlight_s2s_stanzas_unacknowledged', 'Stanzas that other servers have not acknowledged yet', () =>
      Array.from(this.#streams.all(), ({ managed }) => managed?.queue.size ?? 0).reduce((sum, size) => sum + size, 0),
    )
    links.claimRest(this)
    host.on('clearances-changed', ({ kind, subject }) => kind === 'domain' && this.#judgeAgain(subject))
  }
  /** LAB-24: what waits for a domain that has lost its clearance (XEP-0258) does not leave. */
  #judgeAgain(domain: string): void {
    const labels = this.#host.labels!
    const isDenied = (packet: Packet): boolean => labels.whyUnread(packet.to!, packet) !== null
    for (const outlet of this.#outlets.values())
      if (isAtOrBelow(outlet.pair.remote, domain)) outlet.refuseSome(isDenied, forbiddenToDomain())
  }

  deliver(packet: Packet, origin: Jid | null): void {
    const outlet = this.#outlet({ local: packet.from.domain, remote: packet.to!.domain })
    if (outlet.stream === null) this.#mayTry(outlet)
    outlet.send(packet, origin)
    this.#sent.value += 1
    if (outlet.stream !== null) return
    const link = this.#link(outlet.pair)
    if (link.isRecovering) link.look() // the link decides when to connect
    else void this.#connect(outlet.pair)
  }
  connect({ local, remote }: Link): void {
    void this.#connect({ local, remote })
  }
  /** The server has started: it connects to the servers with which it had streams when it stopped. */
  reunite(): Promise<void> {
    return this.#reunion.begin(async (pair) => {
      await this.#connect(pair)
      return this.#streams.between(pair).length > 0
    })
  }
  isWanted(link: Link): boolean {
    return (this.#outlets.get(pairKey(link))?.waiting ?? 0) > 0
  }
  heardAt(link: Link): Millis | null {
    const streams = this.#streams.between(link)
    return streams.length === 0 ? null : Math.max(...streams.map((stream) => stream.heardAt))
  }
  streams(): Iterable<PeerStream> {
    return this.#streams.all()
  }
  /** Called by an order of the operator: nothing passes between these two domains any more. */
  force(link: Link): void {
    link.force()
    this.#outlets.get(pairKey(link))?.refuseAll(new StanzaError('remote-server-timeout'))
    for (const stream of this.#streams.between(link)) stream.close(null)
  }
  /** The lists of the operator have changed: what is denied now has no streams, and nothing waits for it. */
  enforce(): void {
    for (const outlet of this.#outlets.values()) if (this.#isDenied(outlet.pair.remote)) outlet.refuseAll(notAllowed())
    for (const stream of [...this.#streams.all()])
      if (this.#streams.linksOf(stream).some(({ remote }) => this.#isDenied(remote))) stream.close(null)
  }
  /** The server stops. Processes what has arrived, sends what waits, closes all streams, and refuses the rest. */
  async finish(): Promise<void> {
    const { clock } = this.#host
    const stopping = { clock, streams: this.#streams, outlets: this.#outlets }
    await comeToRest(stopping)
    await closed(stopping, () => this.stop())
    for (const outlet of this.#outlets.values()) outlet.refuseAll(new StanzaError('remote-server-timeout'))
  }
  /** Ends all streams; no new ones are opened. */
  stop(): void {
    this.#stopped = true
    this.#vigil.stop()
    this.#host.links.stop()
    for (const stream of this.#streams.all()) stream.shutDown()
  }

  // Called by streams

  add(stream: PeerStream): void {
    this.#streams.add(stream)
  }
  granted(stream: PeerStream, pair: DomainPair): void {
    const outlet = this.#outlet(pair)
    this.#join(stream, pair)
    const isWise = !this.#learns(outlet)
    if (outlet.stream === null && isWise) outlet.take(stream)
  }
  objection(stream: PeerStream, pair: DomainPair): string | null {
    if (this.#isDenied(pair.remote)) return NOT_YOURS
    if (this.#stopped || this.#link(pair).isForced) return 'Closed by the operator'
    return stream.side === 'receiving' ? this.#excess(stream, pair) : null
  }
  accepted(stream: PeerStream, pair: DomainPair): void {
    this.#host.parties.learn(pair.remote, stream.signs)
    this.#join(stream, pair)
    // A server that connects to us can be reached.
    const isWaiting = (this.#outlets.get(pairKey(pair))?.waiting ?? 0) > 0
    if (isWaiting && !stream.bidirectional) void this.#connect(pair)
  }
  examine(stream: PeerStream, pair: DomainPair, key: string): void {
    const { dialback } = stream.pairs
    if (this.objection(stream, pair) !== null) return dialback.conclude(pair, 'policy-violation')
    // "Dialback without dialing back": the certificate proves more than the answer could.
    if (stream.isCertified(pair.remote)) return dialback.conclude(pair, 'valid')
    void this.#callBack(stream, { pair, streamId: stream.id, key })
  }
  receive(_: PeerStream, { packet, error, octets }: Read): void | Promise<void> {
    const { router } = this.#host
    this.#received.value += 1
    try {
      const wait = this.#intake.admit(packet, octets)
      if (error !== null) return this.#after(wait, () => router.refuse(packet, error))
      if (packet.kind === 'iq') checkIq(packet)
      return this.#after(wait, () => router.route(packet))
    } catch (refusal) {
      if (!(refusal instanceof StanzaError)) throw refusal
      return router.refuse(packet, refusal)
    }
  }
  isNeeded(stream: PeerStream): boolean {
    return this.#streams.linksOf(stream).some((link) => link.isWatched)
  }
  over(stream: PeerStream, graceful: boolean): void {
    // A server that closes properly has acknowledged everything first; what is still missing did not arrive.
    if (graceful && (stream.managed?.queue.size ?? 0) === 0) this.#management?.closed(stream)
    else this.#management?.lost(stream)
    for (const link of this.#streams.remove(stream)) {
      const outlet = this.#outlets.get(pairKey(link))
      if (outlet?.stream === stream) {
        outlet.stream = null
        if (!this.#stopped && !this.#learns(outlet)) this.#takeAny(outlet)
      }
      if (!this.#stopped) link.closed(graceful)
      if (!this.#stopped && link.state === 'idle') this.#reunion.parted(link)
      if (graceful && outlet !== undefined && outlet.waiting > 0) void this.#connect(outlet.pair)
    }
  }

  #after(wait: Millis, go: () => void | Promise<void>): void | Promise<void> {
    return wait > 0 ? pause(this.#host.clock, wait).then(go) : go()
  }
  get #management(): PeerManagement | null {
    return this.#parts.peer.management
  }
  get #settings(): OpeningParts['peer']['settings'] {
    return this.#parts.peer.settings
  }
  /** Has the opener of this stream too many streams already? Null if not; otherwise the reason. */
  #excess(stream: PeerStream, pair: DomainPair): string | null {
    if (this.#streams.countFrom(pair) >= this.#settings['connections-per-domain']) return 'Too many streams from this domain'
    const tooMany = this.#streams.countLike(stream) >= this.#settings['connections-per-host']
    return tooMany ? 'Too many streams with this certificate or from this address' : null
  }
  #join(stream: PeerStream, pair: DomainPair): void {
    const link = this.#link(pair)
    this.#streams.join(stream, link)
    this.#reunion.linked(link)
  }
  #link({ local, remote }: DomainPair): Link {
    return this.#host.links.of(local, remote)
  }
  #isDenied(remote: string): boolean {
    return this.#parts.peer.peers.trust(remote) === 'deny'
  }
  /** @throws StanzaError if another attempt makes no sense now */
  #mayTry({ failure, pair }: Outlet<PeerStream>): void {
    if (this.#stopped) throw new StanzaError('remote-server-timeout')
    if (this.#isDenied(pair.remote)) throw notAllowed()
    const link = this.#link(pair)
    if (link.isForced) throw new StanzaError('remote-server-timeout')
    if (link.isHopeless) throw stanzaErrorOf(failure?.kind ?? 'unreachable')
  }
  async #connect(pair: DomainPair): Promise<void> {
    const outlet = this.#outlet(pair)
    if (outlet.isTrying || outlet.stream !== null || this.#stopped || this.#link(pair).isForced) return
    if (this.#isDenied(pair.remote)) return this.#link(pair).failed()
    outlet.isTrying = true
    this.#link(pair).tries()
    try {
      await this.#want(pair)
    } catch (error) {
      if (this.#takeAny(outlet)) return // the other side has connected meanwhile
      const link = this.#link(pair)
      outlet.failure = failureOf(error)
      link.failed()
      if (!link.isRecovering) outlet.refuseAll(stanzaErrorOf(outlet.failure.kind))
    } finally {
      outlet.isTrying = false
    }
  }
  /** Are we finding out what was delivered over a lost stream? The server that opened that stream resumes it. */
  #learns(outlet: Outlet<PeerStream>): boolean {
    const management = this.#management
    if (management === null) return false
    outlet.stopLearning()
    const lost = management.resumable(outlet)
    // On failure the result stays unknown, and those who wait continue after a while.
    if (lost !== null && !lost.isBeingResumed) this.#own(lost.pair).catch(() => {})
    if (!outlet.isUnsure || (lost === null && !management.awaits(outlet))) return false
    outlet.learn(RESUMPTION_MS, () => void this.#takeAny(outlet))
    return true
  }
  /** Writes to an available stream, once it is known what was delivered. False if there is none. */
  #takeAny(outlet: Outlet<PeerStream>): boolean {
    if (outlet.stream !== null) return true
    const stream = this.#streams.granted(outlet.pair)
    if (stream !== null && !outlet.isLearning) outlet.take(stream)
    return stream !== null
  }
  /** Uses an existing stream, or opens a dedicated one. @throws PeerFailure */
  async #want(pair: DomainPair): Promise<void> {
    const coming = this.#coming.get(pairKey(pair))
    if (coming !== undefined) return coming
    const stream = this.#streams.toSameDomain(pair) ?? (await this.#opening.open(pair))
    try {
      await stream.pairs.want(pair)
    } catch (error) {
      if (pairKey(stream) === pairKey(pair) || (error instanceof PeerFailure && error.kind === 'disbelieved')) throw error
      await this.#own(pair)
    }
  }
  /** Opens a dedicated stream; several callers share it. @throws PeerFailure */
  #own(pair: DomainPair): Promise<void> {
    const key = pairKey(pair)
    let own = this.#coming.get(key)
    if (own === undefined) {
      const open = async (): Promise<void> => (await this.#opening.open(pair, 'dedicated')).pairs.want(pair)
      own = open().finally(() => this.#coming.delete(key))
      this.#coming.set(key, own)
    }
    return own
  }
  async #callBack(asking: PeerStream, question: Question): Promise<void> {
    const { pair } = question
    const conclude = (outcome: Outcome): void => asking.pairs.dialback.conclude(pair, outcome)
    try {
      const stream = this.#streams.authoritative(pair.remote, asking) ?? (await this.#opening.open(pair, 'dedicated'))
      stream.pairs.dialback.ask(question, (outcome) => conclude(reported(outcome)))
      this.#host.clock.after(this.#settings['negotiation-timeout'], () => conclude('remote-server-timeout'))
    } catch (error) {
      conclude(dialbackCondition(failureOf(error).kind))
    }
  }
  /** @throws StanzaError if there are too many */
  #outlet(pair: DomainPair): Outlet<PeerStream> {
    const key = pairKey(pair)
    let outlet = this.#outlets.get(key)
    if (outlet === undefined) {
      if (this.#outlets.size >= OUTLETS_MAX) this.#forget()
      outlet = new Outlet<PeerStream>(pair, this.#outletParts)
      this.#outlets.set(key, outlet)
    }
    return outlet
  }
  #forget(): void {
    for (const [key, outlet] of this.#outlets) if (outlet.isIdle) this.#outlets.delete(key)
    if (this.#outlets.size >= OUTLETS_MAX)
      throw new StanzaError('resource-constraint', { text: 'This server is connected to too many other servers' })
  }
}

const notAllowed = (): StanzaError => new StanzaError('not-allowed', { text: 'This server does not connect to that server' })
