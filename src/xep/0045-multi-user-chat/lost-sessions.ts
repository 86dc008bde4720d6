/** Errors that say that a session has ended (XEP-0045 18.1.2). */
import type { Packet } from '../../xmpp/packet.ts'
import { errorIn } from '../../xmpp/stanza-error.ts'

/** 18.1.2 */
export const GONE: ReadonlySet<string> = new Set([
  'gone',
  'item-not-found',
  'recipient-unavailable',
  'redirect',
  'remote-server-not-found',
  'remote-server-timeout',
])
/** Beside these, what servers answer for a resource that is gone (ROOM-80, RFC 6121 8.5.3.2.1). */
const ENDING = new Set([...GONE, 'service-unavailable', 'internal-server-error', 'jid-malformed'])

/** Does this error, which answers presence or groupchat of the room, end the stay of its sender? */
export const endsSession = (packet: Packet): boolean =>
  packet.type === 'error' && packet.kind !== 'iq' && ENDING.has(errorIn(packet).condition)
