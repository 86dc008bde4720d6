/**
 * Stanzas from others must not end the session of a client that reads slowly or is away. Strangers get room in a session only
 * while most of it is free (`Room.isOpen`). The rest is for senders whom the user knows, and for those to whom one of the
 * user's clients has just written. Each of them may use only as much as is still free for others (`Room.isFilledBy`). The
 * user's own clients and server are not limited.
 */
import { isKnown } from '../../im/delivery.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { LocalAccount, LocalEndpoint } from './session.ts'

/** May this be sent to the endpoint now? */
export const hasRoomFor = (account: LocalAccount, { isCrowded, room }: LocalEndpoint, packet: Packet): boolean =>
  !isCrowded || room.isOpen || isOwn(account, packet.from) || (isFamiliar(account, packet.from) && !room.isFilledBy(packet))

/** The endpoints to which this may be sent now: the same list if it may be sent to all. */
export function thoseWithRoom(
  account: LocalAccount,
  endpoints: readonly LocalEndpoint[],
  packet: Packet,
): readonly LocalEndpoint[] {
  for (const one of endpoints) {
    if (!hasRoomFor(account, one, packet)) return endpoints.filter((each) => hasRoomFor(account, each, packet))
  }
  return endpoints
}

/** Is any endpoint of the account closed to this sender? */
export const isLeftOut = (account: LocalAccount, sender: Jid): boolean =>
  account.resources.some(({ isCrowded, room }) => isCrowded && !room.isOpen) && !isFamiliar(account, sender)

/** May this sender use all of the room? */
function isFamiliar(account: LocalAccount, sender: Jid): boolean {
  if (isKnown(account, sender) || isOwn(account, sender)) return true
  return account.sessions.some(({ correspondents }) => correspondents?.has(sender.bare) === true)
}

const isOwn = ({ bare }: LocalAccount, sender: Jid): boolean => sender.bare === bare.bare || sender.full === bare.domain

/**
 * Presence of strangers is sent if there is room for it. That a stranger became unavailable is sent, without its content, even
 * when there is less room: otherwise a client that has shown them would show them for ever.
 */
export function whereRoomIs(packet: Packet, endpoint: LocalEndpoint): void {
  const { isCrowded, room } = endpoint
  if (!isCrowded || room.isOpen) return endpoint.take(packet)
  if (packet.type !== 'unavailable' || !room.isAjar) return
  const { from, to } = packet
  endpoint.take(Packet.of({ kind: 'presence', type: 'unavailable', from, to }))
}
