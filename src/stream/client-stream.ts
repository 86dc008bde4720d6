/**
 * A client's stream (RFC 6120 section 4): it opens, negotiates, carries a session's stanzas, and closes. It is the session's
 * connection from the binding of a resource until the connection breaks, on any carrier.
 */
import type { Millis, Timer } from '../base/clock.ts'
import { token } from '../base/entropy.ts'
import { CONNECTION_LOST, errorOf, LOGOUT, SLOW_READER, violation, type Ending } from '../server/account/endings.ts'
import { Refused, type Session } from '../server/account/session.ts'
import type { ConnectionInfo } from '../server/account/connection.ts'
import type { RawElement, StreamHeader } from '../xml/scanner.ts'
import type { Wire } from '../xml/wire.ts'
import { domainIn, jidOrNull } from '../xmpp/jid.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { errorReply } from '../xmpp/stanza-error.ts'
import { StreamError, type StreamCondition } from '../xmpp/stream-error.ts'
import type { Carrier, ClientHandler } from './carrier.ts'
import type { ClientStreamParts, UnboundStream } from './client-parts.ts'
import { Negotiation, type NegotiatedStream } from './negotiation.ts'
import { isStanza, packetFrom } from './packet-from.ts'
import { closeInTime, LANGUAGE, namespaceFault, streamErrorOf, versionFault } from './stream-core.ts'

export class ClientStream implements ClientHandler, NegotiatedStream, UnboundStream {
  readonly #parts: ClientStreamParts
  readonly #carrier: Carrier
  /** Null once a resource is bound. */
  #negotiation: Negotiation | null
  #session: Session | null = null
  /** Our header of the present stream was sent. */
  #opened = false
  #closing = false
  #timer: Timer | null
  #mechanism = ''
  heardAt: Millis
  isSilent = false

  /** @param hadTurn its turn to log in (`LoginQueue`) came before the stream began */
  constructor(carry: (handler: ClientHandler) => Carrier, parts: ClientStreamParts, hadTurn: boolean) {
    this.#parts = parts
    this.#carrier = carry(this)
    this.#negotiation = new Negotiation(this, this.#carrier, parts, hadTurn)
    this.#timer = this.#patience()
    this.heardAt = parts.clock.now()
    parts.unbound.add(this)
  }
  get info(): ConnectionInfo {
    const { name, address, port, encrypted, tls } = this.#carrier
    return {
      transport: name,
      encryption: encrypted ? (tls?.getProtocol() ?? 'TLS') : null,
      remote: `${address}:${port}`,
      mechanism: this.#mechanism,
    }
  }

  // Called by the session

  send(text: Wire): void {
    if (!this.#closing) this.#carrier.send(text)
  }
  get hasRoom(): boolean {
    return this.#carrier.hasRoom
  }
  isBeyond(part: number): boolean {
    return this.#carrier.isBeyond(part)
  }
  whenTaken(): Promise<boolean> {
    return this.#closing ? Promise.resolve(false) : this.#carrier.whenTaken()
  }
  close(ending: Ending): void {
    this.#session = null
    if (ending !== CONNECTION_LOST) return this.#finish(errorOf(ending))
    this.#closing = true
    this.#carrier.destroy()
  }
  hold(): void {
    this.#carrier.hold()
  }
  resume(): void {
    this.#carrier.resume()
  }

  // Called by the negotiation

  restart(): void {
    this.#opened = false
    this.#carrier.restart()
  }
  trust(mechanism: string): void {
    this.#mechanism = mechanism
    this.#carrier.limit(this.#parts.limits)
  }
  secure(): void {
    this.#opened = false
    this.#carrier.startTls!()
  }
  waitFor(work: Promise<void>): void {
    this.#carrier.hold()
    work.catch((error: unknown) => this.broken(error)).finally(() => this.#carrier.resume())
  }
  async standInLine(turn: Promise<void>): Promise<void> {
    this.#timer?.cancel()
    await turn
    if (!this.#closing) this.#timer = this.#patience()
  }
  get isClosing(): boolean {
    return this.#closing
  }
  carry(session: Session): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#negotiation = null
    this.#parts.unbound.delete(this)
    this.#session = session
  }
  /** Ends the stream, and its session, with an error (4.9.1.1). */
  fail(error: StreamError): void {
    if (this.#session !== null) this.#parts.sessions.end(this.#session, violation(error.condition, error.text, error.specific))
    else this.#finish(error)
  }

  shutDown(): void {
    this.fail(new StreamError('system-shutdown'))
  }

  // Called by the carrier

  header(header: StreamHeader): void {
    const { domains } = this.#parts
    const asked = header.attrs['to'] ?? (domains.length === 1 ? domains[0]! : '')
    const named = domainIn(asked)
    const domain = domains.find((d) => d === named)
    this.#open(domain ?? domains[0]!, header.attrs['from'] ?? null)
    const wrong = headerFault(header, domain)
    if (wrong !== null || this.#negotiation === null) return this.fail(new StreamError(wrong ?? 'policy-violation'))
    this.#negotiation.begin(domain!, header.attrs['from'] ?? null, header.attrs['xml:lang'] ?? null)
  }
  element(raw: RawElement): void {
    const session = this.#session
    if (session === null) return this.#negotiation?.element(raw)
    if (raw.ns !== CLIENT || !isStanza(raw.name)) return this.#parts.server.receive(session, raw.tree())
    const { packet, error, octets } = packetFrom(raw, session, this.#parts.isOurs)
    this.#parts.server.receive(session, error === null ? packet : new Refused(errorReply(packet, error), octets))
  }
  footer(): void {
    this.#leave(LOGOUT)
  }
  heard(): void {
    this.heardAt = this.#parts.clock.now()
  }
  lost(): void {
    this.#leave(CONNECTION_LOST)
  }
  gone(): void {
    this.#timer?.cancel()
    this.#leave(CONNECTION_LOST)
  }
  silent(): void {
    if (this.isSilent || this.#session?.connection !== this) return
    this.isSilent = true
    this.#parts.sessions.fallSilent(this.#session)
  }
  back(): void {
    if (!this.isSilent) return
    this.isSilent = false
    if (this.#session?.connection === this) this.#parts.sessions.speakAgain(this.#session)
  }
  crowded(): void {
    if (this.#session !== null) this.#session.isCrowded = true
  }
  overflowed(): void {
    const session = this.#session
    this.#finish(session === null ? null : errorOf(SLOW_READER)) // at once: nothing may be sent after the gap
    // Later, because a session must not end while the caller is writing to several sessions.
    if (session !== null) queueMicrotask(() => session.connection === this && this.#parts.sessions.leave(session, SLOW_READER))
  }
  broken(error: unknown): void {
    const theirs = streamErrorOf(error)
    if (theirs === null) this.#parts.log.error({ err: error }, 'Unhandled error on a client stream; stream closed')
    this.fail(theirs ?? new StreamError('internal-server-error'))
  }

  #patience(): Timer {
    const late = (): void => this.fail(new StreamError('connection-timeout', 'Login took too long'))
    return this.#parts.clock.after(this.#parts.streams['login-timeout'], late)
  }
  #open(from: string, to: string | null): void {
    this.#opened = true
    this.#carrier.open({ from, id: token(this.#parts.entropy), to, lang: LANGUAGE })
  }
  /** The peer is gone or wants to end. What it sent before is processed first. */
  #leave(ending: Ending): void {
    if (this.#session !== null) this.#parts.server.receive(this.#session, ending)
    else if (!this.#closing) this.#finish(null)
  }
  /** 4.4 and 4.9.1: sends the reason, closes our side, and waits a while for the peer's footer. */
  #finish(error: StreamError | null): void {
    if (this.#closing) return
    if (!this.#opened) this.#open(this.#parts.domains[0]!, null) // 4.9.1.2
    this.#closing = true
    this.#negotiation = null
    this.#parts.unbound.delete(this)
    this.#timer?.cancel()
    this.#timer = closeInTime(this.#carrier, error, this.#parts.clock, this.#parts.streams['close-timeout'])
  }
}

/**
 * 4.7.1, 4.7.5, 4.8: what is wrong with a stream header; null if nothing.
 * @param domain the requested domain; undefined if it is not one of ours
 */
function headerFault(header: StreamHeader, domain: string | undefined): StreamCondition | null {
  const fault = namespaceFault(header, CLIENT, '')
  if (fault !== null) return fault
  if (domain === undefined) return 'host-unknown'
  return isOfAnother(header.attrs['from'], domain) ? 'invalid-from' : versionFault(header)
}

/** XEP-0388 2.1: an account of another domain cannot log in here. An invalid address is refused when it is compared. */
function isOfAnother(from: string | undefined, domain: string): boolean {
  const address = from === undefined ? null : jidOrNull(from)
  return address !== null && address.domain !== domain
}
