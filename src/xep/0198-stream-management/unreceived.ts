/**
 * XEP-0198 section 4: what happens to a stanza that was unacknowledged when its session ended. It is treated as a stanza for a
 * resource that does not exist (RFC 6121 8.5.3.2), with three exceptions:
 *
 * - A normal message with a body to the full JID: the RFC would drop or refuse it. The server had accepted it, so it goes to
 *   the account, as a chat message does.
 * - What the account itself sent to the session was for this session alone: copies, pushes, answers of an archive.
 * - That somebody was typing is of no interest any more.
 */
import type { Millis } from '../../base/clock.ts'
import { isStandaloneState } from '../../xmpp/chat-state.ts'
import { DELAY, withDelay } from '../../xmpp/delay.ts'
import type { Packet } from '../../xmpp/packet.ts'

export type Fate =
  /** To another resource, to the store, or back to its sender with an error. */
  | 'route'
  /** `<service-unavailable/>` to its sender (RFC 6121 8.5.3.2.3). */
  | 'refuse'
  | 'drop'

/** @param account bare JID of the session */
export function fateOf({ kind, type, from, payload }: Packet, account: string): Fate {
  if (from.full === account) return 'drop'
  switch (kind) {
    case 'presence':
      return 'drop' // presence of that time is out of date
    case 'iq':
      return type === 'get' || type === 'set' ? 'refuse' : 'drop'
    case 'message':
      // A room that received an error would remove the occupant, who is gone anyway (XEP-0045 18.1.2)
      return type === 'groupchat' || type === 'error' || isStandaloneState(payload.elements) ? 'drop' : 'route'
  }
}

/** The message as it is routed again, with the time of the first attempt. */
export function readdressed(packet: Packet, at: Millis): Packet {
  const to = packet.to!
  const isNormal = packet.type !== 'chat' && packet.type !== 'headline'
  const isForAccount = !to.isBare && isNormal && packet.payload.child('body') !== undefined
  return stamped(isForAccount ? packet.addressedTo(to.asBare) : packet, at)
}

/** Adds since when we have the message, unless we have done so before. */
export function stamped(packet: Packet, at: Millis): Packet {
  const { domain } = packet.to!
  const isStamped = packet.payload.elements.some((e) => e.is('delay', DELAY) && e.attr('from') === domain)
  return isStamped ? packet : withDelay(packet, domain, at)
}
