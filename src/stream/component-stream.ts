/**
 * XEP-0114: the stream of a component ('jabber:component:accept'): a header without features, a handshake by which
 * it proves that it knows the secret, and then stanzas in both directions, in order. The component chooses its addresses
 * freely at its own domain.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock, Millis, Timer } from '../base/clock.ts'
import { token, type Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import type { Counter } from '../base/metrics.ts'
import { checkIq } from '../server/delivery/check-stage.ts'
import { withoutForgeries } from '../server/routing/forgeries.ts'
import {
  CONNECTION_LOST,
  errorOf,
  LOGOUT,
  SHUTDOWN,
  SLOW_READER,
  UNRESPONSIVE,
  violation,
  type Ending,
} from '../server/account/endings.ts'
import { Lane } from '../server/account/lane.ts'
import type { Router } from '../server/routing/router.ts'
import { el } from '../xml/element.ts'
import type { RawElement, ScanLimits, StreamHeader } from '../xml/scanner.ts'
import { encode, escape, wire, type Wire } from '../xml/wire.ts'
import { domainIn, jid, type Jid } from '../xmpp/jid.ts'
import { STREAM } from '../xmpp/ns.ts'
import { Packet, Payload } from '../xmpp/packet.ts'
import { errorReply, StanzaError } from '../xmpp/stanza-error.ts'
import type { Carrier, CarrierHandler } from './carrier.ts'
import type { Component, ComponentLine, Components } from './components.ts'
import { forAnyStream, forClients } from './content-namespace.ts'
import { addressOf, isStanza, stanzaFrom } from './packet-from.ts'
import type { StreamsSettings } from './settings.ts'
import { UntakenStanzas, type Giver, type Pipe } from './untaken-stanzas.ts'
import { closeInTime, languageOf, namespaceFault, streamErrorOf } from './stream-core.ts'

export const COMPONENT = 'jabber:component:accept'
const PING = 'urn:xmpp:ping'
/** How long a pinged component may be silent. */
const ANSWER_MS: Millis = 60_000

export interface ComponentStreamParts {
  readonly components: Components
  readonly router: Router
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly streams: StreamsSettings
  /** The server's own address, from which it pings and sends errors that have no better address. */
  readonly server: Jid
  /** Limits of the input once the component has authenticated. */
  readonly limits: ScanLimits
  /** The most stanzas of one component that may wait while an earlier one is being stored. */
  readonly queuedStanzas: number
  readonly counters: ComponentCounters
  /** The connection of this stream is closed. */
  readonly gone: (stream: ComponentStream) => void
}

export interface ComponentCounters {
  readonly sent: Counter
  readonly received: Counter
  /** Connections that did not authenticate as a component. */
  readonly refused: Counter
}

type State = 'header' | 'handshake' | 'waiting' | 'open' | 'over'

export class ComponentStream implements CarrierHandler, ComponentLine, Giver {
  readonly #parts: ComponentStreamParts
  readonly #carrier: Carrier & Pipe
  /** A component acknowledges nothing: what the network has not taken when the stream ends is refused to its senders. */
  readonly #untaken = new UntakenStanzas<ComponentStream>(() => this.#carrier)
  /** The input, in order; null marks its end. */
  readonly #lane: Lane<Packet | null>
  readonly #id: string
  #state: State = 'header'
  #component: Component | null = null
  #ending: Ending | null = null
  #lang: Wire | null = null
  #timer: Timer | null
  #heardAt: Millis
  /** The component was pinged, and has sent nothing since. */
  #owesAnswer = false
  #pings = 0

  constructor(carry: (handler: CarrierHandler) => Carrier & Pipe, parts: ComponentStreamParts) {
    this.#parts = parts
    this.#id = token(parts.entropy)
    this.#lane = new Lane(
      (packet) => this.#process(packet),
      (error) => this.broken(error),
      () => this.#carrier.resume(),
    )
    this.#carrier = carry(this)
    this.#heardAt = parts.clock.now()
    this.#timer = parts.clock.after(parts.streams['login-timeout'], () =>
      this.#finish(violation('connection-timeout', 'The handshake took too long')),
    )
  }

  // Called by its domain

  send(packet: Packet, origin: Jid | null): void {
    if (!this.#write(packet, origin)) throw notConnected()
  }
  ping(): void {
    if (this.#state !== 'open') return
    const { server } = this.#parts
    const to = jid(this.#component!.domain)
    const id = wire(`ping-${(this.#pings += 1)}`)
    this.#write(Packet.of({ kind: 'iq', type: 'get', from: server, to, id, payload: Payload.of(el('ping', PING)) }), null)
  }
  admitted(): void {
    this.#state = 'open'
    this.#carrier.limit(this.#parts.limits)
    const proven = wire('<handshake/>')
    this.#carrier.send(proven)
    this.#untaken.sent(proven.length)
    this.#carrier.resume()
    this.#watch()
    this.#parts.log.info({ component: this.#component!.domain, remote: this.remote }, 'Component connected')
  }
  conflict(): void {
    this.#finish(violation('conflict', 'Another connection serves this domain'))
  }
  get remote(): string {
    const { address, port } = this.#carrier
    return `${address}:${port}`
  }

  // As the giver of its stanzas: senders do not wait

  taken(packet: Packet): void {
    this.#parts.router.heard(packet)
  }
  goOn(): void {}

  /** The server stops (RFC 6120 4.9.3.19). */
  shutDown(): void {
    this.#finish(SHUTDOWN)
  }
  /** Resolves when all input has been processed; null if it has been. */
  whenIdle(): Promise<void> | null {
    return this.#lane.whenIdle()
  }

  // Called by the carrier

  header(header: StreamHeader): void {
    const domain = domainIn(header.attrs['to'] ?? '')
    const component = domain === null ? undefined : this.#parts.components.get(domain)
    this.#open(header.attrs['to'] ?? '')
    const wrong = namespaceFault(header, COMPONENT) ?? (component === undefined ? 'host-unknown' : null)
    if (wrong !== null) return this.#finish(violation(wrong))
    this.#component = component!
    this.#lang = languageOf(header)
    this.#state = 'handshake'
  }
  element(raw: RawElement): void {
    if (this.#state === 'handshake') return this.#handshake(raw)
    if (this.#state === 'open') this.#stanza(raw)
    else if (this.#state === 'waiting') this.#finish(violation('not-authorized'))
  }
  footer(): void {
    this.#finish(LOGOUT)
  }
  heard(): void {
    this.#heardAt = this.#parts.clock.now()
    if (this.#owesAnswer) {
      this.#timer?.cancel()
      this.#watch()
    }
    this.#component?.heard(this)
  }
  lost(): void {
    this.#finish(CONNECTION_LOST)
  }
  gone(): void {
    this.#finish(CONNECTION_LOST)
    this.#timer?.cancel()
    this.#parts.gone(this)
  }
  crowded(): void {}
  overflowed(): void {
    this.#finish(SLOW_READER)
  }
  broken(error: unknown): void {
    const theirs = streamErrorOf(error)
    if (theirs !== null) return this.#finish(violation(theirs.condition, theirs.text, theirs.specific))
    this.#parts.log.error({ err: error }, 'Unhandled error on a component stream; stream closed')
    this.#finish(violation('internal-server-error'))
  }

  /** False if the stream is over: before, or because this stanza was too much for it. */
  #write(packet: Packet, origin: Jid | null): boolean {
    if (!this.#isOpen) return false
    const { counters, clock } = this.#parts
    const text = forAnyStream(packet).wire
    this.#carrier.send(text)
    if (!this.#isOpen) return false
    counters.sent.value += 1
    this.#untaken.give(text.length, packet, this, origin, clock.now())
    return true
  }
  get #isOpen(): boolean {
    return this.#state === 'open'
  }
  #open(from: string): void {
    const address = from === '' ? '' : ` from='${escape(from)}'`
    this.#carrier.send(
      wire(`<?xml version='1.0'?><stream:stream xmlns='${COMPONENT}' xmlns:stream='${STREAM}'${address} id='${this.#id}'>`),
    )
    this.#state = 'handshake'
  }
  /** The component must know the secret: SHA-1 of stream id and secret, as lower-case hexadecimal digits. */
  #handshake(raw: RawElement): void {
    const component = this.#component!
    if (raw.ns !== COMPONENT || raw.name !== 'handshake') return this.#finish(violation('not-authorized'))
    if (!equal(raw.tree().text.trim(), proof(this.#id, component.settings.secret))) {
      const { address } = this.#carrier
      this.#parts.log.warn({ component: component.domain, remote: address }, 'Component refused: wrong secret')
      return this.#finish(violation('not-authorized'))
    }
    this.#timer?.cancel()
    this.#timer = null
    this.#state = 'waiting'
    this.#carrier.hold()
    component.admit(this)
  }
  /** RFC 6120 8.1.1.2 and 8.1.2.2, as for servers: both addresses are present, and the sender's is at the component's domain. */
  #stanza(raw: RawElement): void {
    if (raw.ns !== COMPONENT || !isStanza(raw.name)) return this.#finish(violation('unsupported-stanza-type'))
    if (raw.from === null || raw.to === null) return this.#finish(violation('improper-addressing'))
    const { router, server, counters } = this.#parts
    const isOurs = (name: Jid): boolean => router.placeOf(name) !== 'elsewhere'
    const from = addressOf(raw.from)
    if (from?.jid.domain !== this.#component!.domain) return this.#finish(violation('invalid-from'))
    counters.received.value += 1
    const { packet, error } = stanzaFrom(raw, from.jid, this.#lang, server, isOurs)
    if (error !== null || from.error !== null) return this.#refuse(packet, error ?? from.error!)
    const payload = forClients(raw)
    const isByUs = (by: Jid): boolean => by.domain !== from.jid.domain && router.serves(by.domain)
    this.#lane.push(withoutForgeries(payload === null ? packet : packet.with({ payload }), isByUs))
    if (this.#lane.depth >= this.#parts.queuedStanzas) this.#carrier.hold()
  }
  #refuse(packet: Packet, error: StanzaError): void {
    const reply = errorReply(packet, error)
    if (reply !== null) this.#write(reply, null)
  }
  #process(packet: Packet | null): void | Promise<void> {
    if (packet === null) return this.#component?.lost(this, this.#ending!)
    try {
      if (packet.kind === 'iq') checkIq(packet)
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error
      return this.#parts.router.refuse(packet, error)
    }
    return this.#parts.router.route(packet)
  }

  /** A silent connection may be dead. */
  #watch(): void {
    const { clock } = this.#parts
    const { idle } = this.#component!.settings
    if (idle === 0) return
    const quiet = clock.now() - this.#heardAt
    this.#owesAnswer = quiet >= idle
    if (this.#owesAnswer) this.ping()
    this.#timer = this.#owesAnswer
      ? clock.after(ANSWER_MS, () => this.#finish(UNRESPONSIVE))
      : clock.after(idle - quiet, () => this.#watch())
  }
  /** Sends the reason (RFC 6120 4.9.1), closes our side, and waits a while for the component's footer. */
  #finish(ending: Ending): void {
    if (this.#state === 'over') return
    if (this.#state === 'header') this.#open('') // 4.9.1.2
    const { clock, log, streams, counters } = this.#parts
    if (this.#state === 'open') log.info({ component: this.#component!.domain, ending: ending.name }, 'Component disconnected')
    else counters.refused.value += 1
    this.#state = 'over'
    this.#owesAnswer = false
    this.#ending = ending
    this.#timer?.cancel()
    // A component reads to the end what a server that stops has for it
    const left = ending === SHUTDOWN ? [] : this.#untaken.end(!isCutOff(ending))
    this.#timer = closeInTime(this.#carrier, errorOf(ending), clock, streams['close-timeout'])
    this.#lane.push(null)
    for (const { packet, origin } of left) void this.#parts.router.returned(packet, notConnected(), origin)
  }
}

const notConnected = (): StanzaError => new StanzaError('remote-server-timeout', { text: 'The service is not connected' })
/** The component reads nothing any more. */
const isCutOff = (ending: Ending): boolean => ending === CONNECTION_LOST || ending === SLOW_READER || ending === UNRESPONSIVE

/** The handshake that a component has to send (XEP-0114 section 3). */
export const proof = (id: string, secret: string): string =>
  createHash('sha1')
    .update(id + secret, 'utf8')
    .digest('hex')

function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(encode(given), 'latin1'), Buffer.from(expected, 'latin1')]
  return a.length === b.length && timingSafeEqual(a, b)
}
