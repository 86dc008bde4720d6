/**
 * RFC 6120 4.3: the negotiation of a client's stream before stanzas are exchanged: STARTTLS (section 5), SASL (6), resource
 * binding (7), in that order, or the last two at once (XEP-0388). Nothing else is allowed before (4.3.5), except the few
 * requests that a feature permits, such as registration.
 */
import type { Connection } from '../server/account/connection.ts'
import { LOGOUT } from '../server/account/endings.ts'
import type { Session } from '../server/account/session.ts'
import type { Authenticated, EntranceHandler, StreamInfo } from '../server/streams/stream-features.ts'
import { el, type Element } from '../xml/element.ts'
import { valueOf } from '../xml/entities.ts'
import type { RawElement } from '../xml/scanner.ts'
import { escape, type Wire } from '../xml/wire.ts'
import { serialise } from '../xml/write.ts'
import { jidOrNull } from '../xmpp/jid.ts'
import { BIND, CLIENT, SASL, SASL2, TLS } from '../xmpp/ns.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { StreamError } from '../xmpp/stream-error.ts'
import { Authentication, type Success } from './authentication.ts'
import { accountOf, bindResource } from './binding.ts'
import type { Carrier } from './carrier.ts'
import { offersAfter, offersBefore, startTlsOffer } from './client-offers.ts'
import type { ClientStreamParts } from './client-parts.ts'
import { nonza } from './framing.ts'
import { entriesFor, enterAll, successOf } from './inline.ts'
import { isStanza } from './packet-from.ts'
import { coreProfile, extensibleProfile, type SaslProfile } from './sasl-profiles.ts'

/** What the negotiation needs from the stream. */
export interface NegotiatedStream extends Connection {
  /** Nothing more is sent. */
  readonly isClosing: boolean
  /** Resets all that was learnt; the peer begins again with a header (4.3.3). */
  restart(): void
  /** Starts TLS. */
  secure(): void
  /** The client has authenticated with this mechanism and may send larger stanzas. */
  trust(mechanism: string): void
  /** Delays input until `work` has ended. */
  waitFor(work: Promise<void>): void
  /** Waits in the login queue. The time to log in starts again after that, because the wait is not the client's fault. */
  standInLine(turn: Promise<void>): Promise<void>
  /** The negotiation is complete: stanzas are exchanged. */
  carry(session: Session): void
}

export class Negotiation {
  readonly #stream: NegotiatedStream
  readonly #carrier: Carrier
  readonly #parts: ClientStreamParts
  #info: StreamInfo = { domain: '', confidential: false, address: '', bindings: [], session: null }
  #lang: Wire | null = null
  #authentication: Authentication | null = null
  /** Null until the client has authenticated. */
  #client: Authenticated | null = null
  #requests = 0
  #busy = false
  /** Requests that came behind the one that is being answered; null: none is, or the client has authenticated. */
  #behind: RawElement[] | null = null
  /** Its turn to log in has come (`LoginQueue`). */
  #isAdmitted: boolean

  constructor(stream: NegotiatedStream, carrier: Carrier, parts: ClientStreamParts, hadTurn: boolean) {
    this.#stream = stream
    this.#carrier = carrier
    this.#parts = parts
    this.#isAdmitted = hadTurn
  }
  /** A stream header arrived and was answered. @throws StreamError */
  begin(domain: string, from: string | null, lang: string | null): void {
    const { confidential, address, startTls } = this.#carrier
    if (!confidential && startTls === null && this.#parts.streams['require-tls'])
      throw new StreamError('policy-violation', 'TLS is required')
    this.#lang = lang === null ? null : escape(lang)
    // A new stream of the same client: its failed attempts still count (6.4.5).
    if (this.#client === null)
      this.#authentication = new Authentication(this.#carrier, domain, from, this.#parts, this.#authentication?.failures ?? 0)
    this.#info = { domain, confidential, address, bindings: this.#authentication!.bindings, session: null }
    this.#carrier.features(this.#offers())
  }
  element(raw: RawElement): void {
    if (this.#behind !== null && isIq(raw)) return void this.#behind.push(raw)
    if (this.#busy) throw new StreamError('not-authorized')
    const behind = this.#client === null && isIq(raw) ? [] : null
    const work = this.#handle(raw)
    if (work === undefined) return
    this.#busy = true
    this.#behind = behind
    this.#stream.waitFor(this.#all(work, behind ?? []).finally(() => this.#isDone()))
  }
  /** A client need not wait for an answer before its next request. @param behind grows while this works */
  async #all(work: Promise<void>, behind: readonly RawElement[]): Promise<void> {
    await work
    for (const raw of behind) if (!this.#stream.isClosing) await this.#handle(raw)
  }
  #isDone(): void {
    this.#busy = false
    this.#behind = null
  }

  #offers(): readonly Element[] {
    const { server, streams } = this.#parts
    if (this.#client !== null) return offersAfter(server.streamFeatures, this.#info, streams['stanza-size'])
    const isRequired = streams['require-tls']
    const tls = this.#info.confidential || this.#carrier.startTls === null ? [] : [startTlsOffer(isRequired)]
    if (!this.#info.confidential && isRequired) return tls // 5.3.1: a mandatory STARTTLS is offered alone
    const { offer, upgrades } = this.#authentication!
    return [...tls, ...offersBefore(server.streamFeatures, this.#info, offer, upgrades, streams['stanza-size-before-login'])]
  }
  #handle(raw: RawElement): void | Promise<void> {
    if (raw.ns === SASL) return this.#authenticate(coreProfile, raw)
    if (raw.ns === SASL2) return this.#authenticate(extensibleProfile, raw)
    // DEVIATES(12): white space is ignored
    if (this.#authentication?.isExclusive === true)
      throw new StreamError('policy-violation', 'A login is in progress on this stream')
    if (raw.ns === TLS && raw.name === 'starttls') return this.#startTls()
    const entrance = this.#parts.server.streamFeatures.entranceHandler(raw.ns)
    if (entrance !== undefined) return this.#enter(entrance, raw)
    if (raw.ns !== CLIENT || !isStanza(raw.name)) throw new StreamError('unsupported-stanza-type')
    const type: string | null = raw.type
    if (raw.name !== 'iq' || (type !== 'get' && type !== 'set')) throw new StreamError('not-authorized')
    return this.#request(raw, type)
  }
  /** 5.4.2 */
  #startTls(): void | Promise<void> {
    if (this.#carrier.startTls === null || this.#info.confidential || this.#client !== null) {
      this.#stream.send(nonza('failure', TLS))
      return this.#stream.close(LOGOUT) // 5.4.2.2: no stream error
    }
    return this.#inTurn(() => {
      this.#stream.send(nonza('proceed', TLS))
      this.#stream.secure()
    })
  }

  /** Does expensive work, a TLS handshake or a login, when the stream's turn has come. It waits only once. */
  #inTurn(work: () => void | Promise<void>): void | Promise<void> {
    const turn = this.#isAdmitted ? null : this.#parts.logins.turn(this.#stream)
    this.#isAdmitted = true
    if (turn === null) return work()
    return this.#stream.standInLine(turn).then(() => (this.#stream.isClosing ? undefined : work()))
  }
  #authenticate(profile: SaslProfile, raw: RawElement): void | Promise<void> {
    const needsTls = this.#parts.streams['require-tls'] || profile === extensibleProfile // XEP-0388 3
    if (this.#client !== null || (needsTls && !this.#info.confidential)) throw new StreamError('policy-violation')
    const element = raw.tree()
    return this.#inTurn(() => this.#exchange(profile, element))
  }
  async #exchange(profile: SaslProfile, element: Element): Promise<void> {
    const outcome = await this.#authentication!.step(profile, element)
    if (typeof outcome === 'string') return this.#stream.send(outcome)
    const { jid, data, credentials, start } = outcome
    const { device, deviceName, mechanism } = start
    this.#client = { jid, connection: this.#stream, lang: this.#lang, device, deviceName, mechanism, credentials }
    this.#stream.trust(mechanism)
    if (start.request !== null) return this.#goOn(this.#client, outcome, start.request)
    this.#stream.send(coreProfile.success(data))
    this.#stream.restart()
  }
  /** XEP-0388 2.6.1: the stream continues, with all requests that were sent along with the authentication. */
  async #goOn(client: Authenticated, { data }: Success, request: Element): Promise<void> {
    const { streamFeatures } = this.#parts.server
    const entries = await entriesFor(streamFeatures, client, request)
    if (this.#stream.isClosing) return // closed meanwhile: nothing was begun
    const { replies, session, isResumed, entered } = enterAll(entries)
    this.#stream.send(successOf(session?.jid.full ?? client.jid.bare, data, replies))
    this.#info = { ...this.#info, session }
    if (session !== null) this.#stream.carry(session)
    if (!isResumed) this.#carrier.features(this.#offers()) // XEP-0198 9.2: not if the old stream continues
    entered?.()
  }

  /** Another way to a session than binding, such as its resumption (XEP-0198 5). */
  async #enter(entrance: EntranceHandler, raw: RawElement): Promise<void> {
    this.#count()
    const enter = await entrance(this.#client, raw.tree())
    if (this.#stream.isClosing) return // closed meanwhile: the session, if there is one, waits for another connection
    const { reply, session, entered } = enter()
    if (reply !== null) this.#stream.send(serialise(reply, CLIENT))
    if (session !== null) this.#stream.carry(session)
    entered?.()
  }
  /** An IQ before there is a session: binding, or what a feature permits without a login. */
  async #request(raw: RawElement, type: 'get' | 'set'): Promise<void> {
    const [payload] = raw.tree().elements
    const { streamFeatures } = this.#parts.server
    const bind = this.#client !== null && type === 'set' && payload?.is('bind', BIND) === true
    const early = payload === undefined || this.#client !== null ? undefined : streamFeatures.earlyHandler(payload.ns)
    const mayAsk = bind || (early !== undefined && (this.#info.confidential || !this.#parts.streams['require-tls']))
    if (payload === undefined || raw.id === null || !mayAsk) throw new StreamError('not-authorized')
    this.#count()
    try {
      if (bind) return await this.#bind(this.#client!, raw.id, payload)
      this.#checkAddressee(raw)
      this.#answer(raw.id, 'result', await early!(this.#info, type, payload, raw.id))
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error
      this.#answer(raw.id, 'error', error.toElement())
    }
  }
  /** The server of the stream answers, and passes nothing on (RFC 6120 4.9.3.12). @throws StanzaError */
  #checkAddressee({ to }: RawElement): void {
    const { domain } = this.#info
    if (to !== null && jidOrNull(valueOf(to))?.full !== domain)
      throw new StanzaError('service-unavailable', { text: `This stream is for ${domain}` })
  }
  async #bind(client: Authenticated, id: Wire, request: Element): Promise<void> {
    const account = await accountOf(this.#parts, client.jid)
    if (this.#stream.isClosing) return // closed meanwhile
    const session = bindResource(this.#parts, account, client, request)
    this.#stream.carry(session)
    this.#answer(id, 'result', el('bind', BIND, {}, el('jid', BIND, {}, session.jid.full)))
  }
  #count(): void {
    const most = this.#parts.streams['requests-before-login']
    if ((this.#requests += 1) > most && most > 0) throw new StreamError('policy-violation') // 7.7.3
  }
  #answer(id: Wire, type: 'result' | 'error', payload: Element | null): void {
    this.#stream.send(answer(id, type, payload))
  }
}

const isIq = ({ ns, name }: RawElement): boolean => ns === CLIENT && name === 'iq'

function answer(id: Wire, type: 'result' | 'error', payload: Element | null): Wire {
  const content = payload === null ? '' : serialise(payload, CLIENT)
  return `<iq type='${type}' id='${id}'>${content}</iq>` as Wire
}
