/** XEP-0280 section 6.1: which messages are copied. All its rules (`urn:xmpp:carbons:rules:0`), and XEP-0334 `no-copy`. */
import { CHAT_STATES } from '../../xmpp/chat-state.ts'
import { hasHint } from '../../xmpp/hints.ts'
import { mediatedInvite, roomMark } from '../../xmpp/muc-user.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import type { Packet } from '../../xmpp/packet.ts'

export const CARBONS = 'urn:xmpp:carbons:2'
/** XEP-0249. */
const DIRECT_INVITE = 'jabber:x:conference'
/** XEP-0085, XEP-0184, XEP-0333. */
const OF_MESSAGING: ReadonlySet<string> = new Set([CHAT_STATES, 'urn:xmpp:receipts', 'urn:xmpp:chat-markers:0'])

/**
 * @param direction from the user's side
 * @param answersEligible for an error: does it answer a message that was copied?
 */
export function isEligible(packet: Packet, direction: 'sent' | 'received', answersEligible: boolean): boolean {
  const { type, payload } = packet
  if (type === 'groupchat' || payload.child('private', CARBONS) !== undefined) return false
  if (type === 'error') return answersEligible
  if (!packet.to!.isBare && hasHint(packet, 'no-copy')) return false // only on messages to full JIDs: XEP-0334 4.3
  if (payload.child('x', DIRECT_INVITE) !== undefined || mediatedInvite(packet) !== undefined) return true
  // The room itself sends an occupant's private message to each joined client
  if (direction === 'received' && !packet.from.isBare && roomMark(packet) !== undefined) return false
  if (type === 'chat') return true
  if (type !== 'headline' && payload.child('body', CLIENT) !== undefined) return true
  return payload.elements.some((e) => OF_MESSAGING.has(e.ns))
}
