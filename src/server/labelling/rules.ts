/** XEP-0258 5: which stanzas are judged by a label, which may carry one, and which may not. */
import { changesSubject } from '../../xmpp/muc-user.ts'
import { Payload, type Packet } from '../../xmpp/packet.ts'
import { hasLabelInside, labelElementIn } from '../../xmpp/security-label.ts'
import { errorWithoutText, StanzaError } from '../../xmpp/stanza-error.ts'

export type Bearing =
  /** Its effective label decides. */
  | 'judged'
  /** It passes without a decision. */
  | 'free'
  /** It carries a label where none may be (LAB-31). */
  | 'violation'
  /** An error with a label: it is dropped (LAB-6). */
  | 'dropped'

/**
 * LAB-31, LAB-32, LAB-6. What the server and its services say themselves (events, notices of rooms, results of archives) has no author
 * with a clearance: it is judged only if it has a label.
 * @param isOfServer the sender is a service of ours, the server, or an account as such
 * @param isForRoom it is for a room of ours, which takes nothing but the subject out of a change of its subject
 */
export function bearingOf(packet: Packet, isOfServer: boolean, isForRoom = false): Bearing {
  const { kind, type, payload } = packet
  if (type === 'error') return hasLabelInside(payload) ? 'dropped' : 'free'
  if (kind !== 'message') return type !== 'result' && hasLabelInside(payload) ? 'violation' : 'free'
  if ((isOfServer || isForRoom) && changesSubject(packet)) return 'free'
  return isOfServer && labelElementIn(payload) === null ? 'free' : 'judged'
}

/**
 * An error of a message is not judged (XEP-0258 5), so nothing that people write may pass with it: what is left says what went wrong, and its
 * id says with which message. Everything else passes as it is.
 * @param packet from a client, a component or another server
 */
export const withoutContent = (packet: Packet): Packet =>
  packet.kind === 'message' && packet.type === 'error'
    ? packet.with({ payload: Payload.of(errorWithoutText(packet).toElement()) })
    : packet

export const violation = (): StanzaError => new StanzaError('bad-request', { text: 'Only messages carry a security label' })

/** The answer where the sender may learn of the decision. It says nothing of the message, and has no label. */
export const forbidden = (text: string): StanzaError => new StanzaError('forbidden', { text })
export const forbiddenToDomain = (): StanzaError => forbidden('The security policy does not let this message go to that domain')
