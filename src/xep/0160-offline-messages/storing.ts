/** XEP-0160 section 3 and XEP-0334: which undeliverable messages are stored. */
import { isStandaloneState } from '../../xmpp/chat-state.ts'
import { PUBSUB_EVENT } from '../../pubsub/xmpp/ns.ts'
import { hasHint } from '../../xmpp/hints.ts'
import type { Packet } from '../../xmpp/packet.ts'

export type Storing =
  | 'store'
  /** Useless later, and the sender need not know. */
  | 'drop'
  /** It would be useful, but its sender does not want it stored: the sender may learn that it did not arrive. */
  | 'refuse'

/**
 * For a normal or chat message: `im/delivery.ts` lets no other kind get here. A message that asks both for storing and for not
 * storing is not stored.
 */
export function storingOf(packet: Packet): Storing {
  if (packet.payload.isEmpty) return 'store'
  // PEP-16: the last item is sent when the user is back (XEP-0060 12.7)
  if (packet.payload.child('event', PUBSUB_EVENT) !== undefined) return 'drop'
  if (isStandaloneState(packet.payload.elements) && !hasHint(packet, 'store')) return 'drop'
  return hasHint(packet, 'no-store') ? 'refuse' : 'store'
}
