/**
 * RFC 6120 8.1: makes a packet from an element that a client has sent. The sender's address is the session's, whatever the
 * client wrote. A client that pretends to be another account loses its stream (4.9.3.9).
 */
import type { RawElement } from '../xml/scanner.ts'
import { unpin, wire, type Wire } from '../xml/wire.ts'
import { domainOfWire, JidError, jidOf, jidOfWire, strictIfOurs, unlessFaulty, type IsOurs, type Jid } from '../xmpp/jid.ts'
import { Packet, Payload, type Kind } from '../xmpp/packet.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { StreamError } from '../xmpp/stream-error.ts'

export interface Sender {
  readonly jid: Jid
  /** The language of the stream, for stanzas that name none (8.1.5). */
  readonly lang: Wire | null
}

export const isStanza = (name: string): name is Kind => name === 'message' || name === 'presence' || name === 'iq'

/** The stanza, and the error if it is refused; null if it is not. A refused stanza has no payload. */
export interface Read {
  readonly packet: Packet
  readonly error: StanzaError | null
  /** The size on the wire. */
  readonly octets: number
}

/** @throws StreamError invalid-from */
export function packetFrom(raw: RawElement, sender: Sender, isOurs: IsOurs): Read {
  if (raw.from !== null) checkFrom(raw.from, sender.jid)
  return stanzaFrom(raw, sender.jid, sender.lang, sender.jid.asBare, isOurs)
}

/**
 * The stanza of a sender whose right to that address was checked. Refused are stanzas with an invalid `to`
 * (RFC 6120 8.3.3.8) and stanzas that exceed a limit of ours.
 * @param lang of the stream; null if it has none
 * @param answers the sender of the error if `to` is not an address
 */
export function stanzaFrom(raw: RawElement, from: Jid, lang: Wire | null, answers: Jid, isOurs: IsOurs): Read {
  let to: Jid | null = null
  let error: StanzaError | null = null
  try {
    if (raw.to !== null) to = strictIfOurs(jidOfWire(raw.to), isOurs)
  } catch (cause) {
    if (!(cause instanceof JidError)) throw cause
    to = answers
    error = new StanzaError('jid-malformed', { text: cause.message })
  }
  if (raw.excess !== null) error ??= new StanzaError('policy-violation', { text: `This server does not accept ${raw.excess}` })
  const packet = Packet.of({
    kind: raw.name as Kind,
    type: raw.type === null ? '' : unpin(raw.type),
    from,
    to,
    id: raw.id === null ? null : unpin(raw.id),
    lang: raw.lang === null ? lang : unpin(raw.lang),
    extra: raw.extra === '' || error !== null ? wire('') : unpin(raw.extra),
    payload: error !== null ? Payload.empty : Payload.ofText(raw.name === 'presence' ? unpin(raw.content) : raw.content),
  })
  return { packet, error, octets: raw.bytes }
}

/** An address in a stanza of a server or component. An invalid address keeps its domain and the error to answer with. */
export interface Address {
  readonly jid: Jid
  readonly error: StanzaError | null
}

/** Null if there is not even a domain. */
export function addressOf(value: Wire): Address | null {
  try {
    return { jid: jidOfWire(value), error: null }
  } catch (error) {
    if (!(error instanceof JidError)) throw error
    return domainAlone(value, error)
  }
}
function domainAlone(value: Wire, { message }: JidError): Address | null {
  const domain = unlessFaulty(() => domainOfWire(value))
  return domain === null ? null : { jid: jidOf('', domain), error: new StanzaError('jid-malformed', { text: message }) }
}

/** Any address of the sender's own account is accepted; it is replaced by the full JID (8.1.2.1). */
function checkFrom(from: Wire, own: Jid): void {
  let claimed: Jid
  try {
    claimed = jidOfWire(from)
  } catch {
    throw new StreamError('invalid-from')
  }
  if (claimed.bare !== own.bare) throw new StreamError('invalid-from')
}
