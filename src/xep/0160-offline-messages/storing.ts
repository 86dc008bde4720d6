/** XEP-0160 section 3 and XEP-0334: which of the messages that nobody could get are kept. */
import { isStandaloneState } from '../../xmpp/chat-state.ts'
import { hasHint } from '../../xmpp/hints.ts'
import type { Packet } from '../../xmpp/packet.ts'

export type Storing =
  | 'store'
  /** Of no use later, and nothing that its sender must learn of. */
  | 'drop'
  /** It would be of use, but its sender does not want it stored: he may learn that it did not arrive. */
  | 'refuse'

/**
 * Of a normal or chat message: `im/delivery.ts` lets no other get here. What asks for both storing and not
 * storing is not stored.
 */
export function storingOf(packet: Packet): Storing {
  if (packet.payload.isEmpty) return 'store'
  if (isStandaloneState(packet.payload.elements) && !hasHint(packet, 'store')) return 'drop'
  return hasHint(packet, 'no-store') ? 'refuse' : 'store'
}
