/**
 * RFC 6120 8.1: from the element that a client has sent to a packet. The sender's address is the session's,
 * whatever the client wrote; a client that gives itself for somebody else loses its stream (4.9.3.9).
 */
import type { RawElement } from '../xml/scanner.ts'
import { unpin, wire, type Wire } from '../xml/wire.ts'
import { JidError, jidOfWire, type Jid } from '../xmpp/jid.ts'
import { Packet, Payload, type Kind } from '../xmpp/packet.ts'
import { errorReply, StanzaError } from '../xmpp/stanza-error.ts'
import { StreamError } from '../xmpp/stream-error.ts'

export interface Sender {
  readonly jid: Jid
  /** The stream's language, for stanzas that name none (8.1.5). */
  readonly lang: Wire | null
}

export const isStanza = (name: string): name is Kind => name === 'message' || name === 'presence' || name === 'iq'

/** The stanza, or the error that answers one whose address is none (8.3.3.8). */
export type Read =
  | { readonly packet: Packet; readonly refused: null }
  | { readonly packet: null; readonly refused: Packet | null }

/** @throws StreamError invalid-from */
export function packetFrom(raw: RawElement, sender: Sender): Read {
  if (raw.from !== null) checkFrom(raw.from, sender.jid)
  return stanzaFrom(raw, sender.jid, sender.lang, sender.jid.asBare)
}

/**
 * The stanza of a sender whose right to that address has been checked.
 * @param lang of the stream; null: none
 * @param answers who answers when `to` is no address
 */
export function stanzaFrom(raw: RawElement, from: Jid, lang: Wire | null, answers: Jid): Read {
  let to: Jid | null = null
  let malformed: JidError | null = null
  try {
    if (raw.to !== null) to = jidOfWire(raw.to)
  } catch (error) {
    if (!(error instanceof JidError)) throw error
    malformed = error
  }
  const packet = Packet.of({
    kind: raw.name as Kind,
    type: raw.type === null ? '' : unpin(raw.type),
    from,
    to,
    id: raw.id === null ? null : unpin(raw.id),
    lang: raw.lang === null ? lang : unpin(raw.lang),
    extra: raw.extra === '' ? wire('') : unpin(raw.extra),
    payload: Payload.ofText(raw.name === 'presence' ? unpin(raw.content) : raw.content),
  })
  if (malformed === null) return { packet, refused: null }
  return { packet: null, refused: errorReply(packet, new StanzaError('jid-malformed', { text: malformed.message }), answers) }
}

/** Any address of the sender's own account will do; it is replaced by the full JID (8.1.2.1). */
function checkFrom(from: Wire, own: Jid): void {
  let claimed: Jid
  try {
    claimed = jidOfWire(from)
  } catch {
    throw new StreamError('invalid-from')
  }
  if (claimed.bare !== own.bare) throw new StreamError('invalid-from')
}
