/**
 * XEP-0198 section 4: what becomes of a stanza that its session did not acknowledge before it ended. It is treated
 * as if it had come for a resource that is not there (RFC 6121 8.5.3.2), with three things besides:
 *
 * - A normal message with a body that was written to the full JID: the RFC would have us drop it or refuse it. We had
 *   accepted it, so it goes to the account, as a chat message does.
 * - What the account itself had sent to the session was for this session alone: copies, pushes, answers of an archive.
 * - That somebody was typing is no news to anybody any more.
 */
import type { Millis } from '../../base/clock.ts'
import { isStandaloneState } from '../../xmpp/chat-state.ts'
import { DELAY, withDelay } from '../../xmpp/delay.ts'
import type { Packet } from '../../xmpp/packet.ts'

export type Fate =
  /** To another resource, into the store, or back to its sender with an error. */
  | 'route'
  /** `<service-unavailable/>` to its sender (RFC 6121 8.5.3.2.3). */
  | 'refuse'
  | 'drop'

/** @param account bare JID of the session */
export function fateOf({ kind, type, from, payload }: Packet, account: string): Fate {
  if (from.full === account) return 'drop'
  switch (kind) {
    case 'presence':
      return 'drop' // tells how things were
    case 'iq':
      return type === 'get' || type === 'set' ? 'refuse' : 'drop'
    case 'message':
      // A room that got an error back would remove the occupant, who is gone anyway (XEP-0045 18.1.2)
      return type === 'groupchat' || type === 'error' || isStandaloneState(payload.elements) ? 'drop' : 'route'
  }
}

/** The message as it is routed once more: with the moment of the first attempt. */
export function readdressed(packet: Packet, at: Millis): Packet {
  const to = packet.to!
  const isNormal = packet.type !== 'chat' && packet.type !== 'headline'
  const isForAccount = !to.isBare && isNormal && packet.payload.child('body') !== undefined
  return stamped(isForAccount ? packet.addressedTo(to.asBare) : packet, at)
}

/** Says since when we have the message, unless we have said so before. */
export function stamped(packet: Packet, at: Millis): Packet {
  const { domain } = packet.to!
  const isStamped = packet.payload.elements.some((e) => e.is('delay', DELAY) && e.attr('from') === domain)
  return isStamped ? packet : withDelay(packet, domain, at)
}
