/**
 * What others send must not stand in the way of a client that has not kept up, or that is away: its session would end by
 * it. Strangers find room in a session only as long as most of it is free (`Room.isOpen`). The rest is for those whom the
 * user knows, and those to whom one of their clients has just written; each of them may have as much as is still free for
 * others (`Room.isFilledBy`). The user's own clients, and their server, are not limited.
 */
import { isKnown } from '../../im/delivery.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { LocalAccount, LocalEndpoint } from './session.ts'

/** May the endpoint be sent this now? */
export const hasRoomFor = (account: LocalAccount, { room }: LocalEndpoint, packet: Packet): boolean =>
  room.isOpen || isOwn(account, packet.from) || (isFamiliar(account, packet.from) && !room.isFilledBy(packet))

/** Those of the endpoints that may be sent this now: the list itself, if that is all of them. */
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

/** Is this somebody to whom any endpoint of the account is closed? */
export const isLeftOut = (account: LocalAccount, sender: Jid): boolean =>
  account.resources.some(({ room }) => !room.isOpen) && !isFamiliar(account, sender)

/** Is this somebody for whom the whole of the room is? */
function isFamiliar(account: LocalAccount, sender: Jid): boolean {
  if (isKnown(account, sender) || isOwn(account, sender)) return true
  return account.sessions.some(({ correspondents }) => correspondents?.has(sender.bare) === true)
}

const isOwn = ({ bare }: LocalAccount, sender: Jid): boolean => sender.bare === bare.bare || sender.full === bare.domain

/**
 * Presence of strangers, where there is room for it. That somebody is gone needs no words, and is told for longer: a client
 * that has been shown them would show them for ever.
 */
export function whereRoomIs(packet: Packet, endpoint: LocalEndpoint): void {
  const { room } = endpoint
  if (room.isOpen) return endpoint.take(packet)
  if (packet.type !== 'unavailable' || !room.isAjar) return
  const { from, to } = packet
  endpoint.take(Packet.of({ kind: 'presence', type: 'unavailable', from, to }))
}
