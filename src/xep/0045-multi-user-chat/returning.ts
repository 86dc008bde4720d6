/** After a restart: an occupant of this server that is no longer connected has left the room (ROOM-84). */
import { SERVICE } from '../../rooms/machine/commands.ts'
import type { KeptRoom } from '../../rooms/snapshot.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import type { Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { XMPP } from './ns.ts'

/** Tells the occupants of a room that the room has ended. */
export type TellGone = (address: Jid, kept: KeptRoom) => Promise<void>

/**
 * Puts out the sessions of this server that have not come back, and those that nobody speaks for any more, because what did so is
 * switched off now. They are removed with status 333. Another face puts out its own.
 */
export async function putOutTheLost({ sessions: bound, domains }: Host, rooms: Rooms, tellGone: TellGone): Promise<void> {
  const here = new Set(Array.from(bound.all(), ({ jid }) => jid.full))
  for (const [bare, kept] of [...rooms.unrestored]) {
    const address = storedJid(bare)
    const room = await rooms.find(address)
    if (room?.uid !== kept.uid) await tellGone(address, kept)
    if (room?.uid !== kept.uid) continue
    const all = [...room.occupants.values()].flatMap((occupant) => occupant.sessions)
    for (const { jid: who, face } of all) {
      const isServed = rooms.faces.some(({ name }) => name === face)
      const isHere = face === XMPP ? !domains.includes(who.domain) || here.has(who.full) : isServed
      if (!isHere) await rooms.perform({ address, actor: SERVICE, command: { do: 'lost', who }, create: null, answered: null })
    }
  }
}
