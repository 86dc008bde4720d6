/** After a restart: who was in a room, and is not connected any more, has left it (ROOM-84). */
import { SERVICE } from '../../rooms/machine/commands.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import type { Host } from '../../server/feature.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'

/** Puts out the sessions of this server that have not come back; they get status 333, as far as somebody is there to be told. */
export async function putOutTheLost({ sessions: bound, domains }: Host, rooms: Rooms): Promise<void> {
  const here = new Set(Array.from(bound.all(), ({ jid }) => jid.full))
  for (const bare of [...rooms.unrestored]) {
    const address = storedJid(bare)
    const room = await rooms.find(address)
    if (room === null) continue
    const sessions = [...room.occupants.values()].flatMap((occupant) => occupant.sessions)
    for (const { jid: who } of sessions) {
      const isHere = !domains.includes(who.domain) || here.has(who.full)
      if (!isHere) await rooms.perform({ address, actor: SERVICE, command: { do: 'lost', who }, create: null, answered: null })
    }
  }
}
