/** After a restart: who was in a room, and is not connected any more, has left it (ROOM-84). */
import { SERVICE } from '../../rooms/machine/commands.ts'
import type { KeptRoom } from '../../rooms/snapshot.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import type { Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'

/** Tells those who were in a room that the room is not there any more. */
export type TellGone = (address: Jid, kept: KeptRoom) => Promise<void>

/** Puts out the sessions of this server that have not come back; they get status 333, as far as somebody is there to be told. */
export async function putOutTheLost({ sessions: bound, domains }: Host, rooms: Rooms, tellGone: TellGone): Promise<void> {
  const here = new Set(Array.from(bound.all(), ({ jid }) => jid.full))
  for (const [bare, kept] of [...rooms.unrestored]) {
    const address = storedJid(bare)
    const room = await rooms.find(address)
    if (room?.uid !== kept.uid) await tellGone(address, kept)
    if (room?.uid !== kept.uid) continue
    const sessions = [...room.occupants.values()].flatMap((occupant) => occupant.sessions)
    for (const { jid: who } of sessions) {
      const isHere = !domains.includes(who.domain) || here.has(who.full)
      if (!isHere) await rooms.perform({ address, actor: SERVICE, command: { do: 'lost', who }, create: null, answered: null })
    }
  }
}
