/** For clients whose room has ended while they could not be told, and for all when the server stops (XEP-0045 10.9, 11.2; ROOM-84). */
import type { Room } from '../../rooms/machine/room.ts'
import { sessionsIn, type KeptRoom } from '../../rooms/snapshot.ts'
import type { Tombstone } from '../../rooms/store.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { XMPP } from './ns.ts'
import { destroyElement, userElement } from './occupant-texts.ts'

/** The room of these clients has ended. @param tombstone null: it ended without occupants, or the address has another room now */
export function endOfRoom(address: Jid, kept: KeptRoom, tombstone: Tombstone | null): readonly Packet[] {
  const x =
    tombstone?.why === 'destroyed'
      ? userElement(NOBODY, [110], destroyElement(tombstone.alternate, tombstone.reason, ''))
      : userElement(NOBODY, [110, 333])
  return sessionsIn(kept).map(({ nick, jid }) => goneFrom(address, nick, jid, x))
}
/** The server stops. */
export function shutdownOf({ address, occupants }: Room): readonly Packet[] {
  const x = userElement(NOBODY, [110, 332])
  return [...occupants.values()].flatMap(({ nick, sessions }) =>
    sessions.filter(({ face }) => face === XMPP).map(({ jid }) => goneFrom(address, nick, jid, x)),
  )
}

const NOBODY = { affiliation: 'none', role: 'none', jid: null } as const
const goneFrom = (address: Jid, nick: string, to: Jid, x: Wire): Packet =>
  Packet.of({ kind: 'presence', type: 'unavailable', from: address.withResource(nick), to, payload: Payload.ofText(x) })
