/** Which room the operator means. */
import type { Room } from '../rooms/machine/room.ts'
import type { ServedRooms } from '../rooms/rooms.ts'
import { addressOrNull, type Jid } from '../xmpp/jid.ts'
import { CommandError } from './command.ts'

/** @throws CommandError this server has no rooms */
export function servedOf(rooms: ServedRooms | null): ServedRooms {
  if (rooms !== null) return rooms
  throw new CommandError(
    'This server has no rooms: the configuration switches them off, or a component has their domain ([multi-user-chat], [[component]]).',
  )
}

/** @throws CommandError this is not the address of a room that can be here */
export function roomAddress(text: string, { domains }: ServedRooms): Jid {
  const address = addressOrNull(text)
  if (address === null || address.local === '' || address.resource !== '')
    throw new CommandError(`"${text}" is not the address of a room. Write it like team@${domains[0]!}.`)
  if (!domains.includes(address.domain))
    throw new CommandError(`${address.bare} is not a room of this server. Its rooms are at ${domains.join(', ')}.`)
  return address
}

/** @throws CommandError there is no such room */
export async function existingRoom(rooms: ServedRooms | null, text: string): Promise<Room> {
  const served = servedOf(rooms)
  const address = roomAddress(text, served)
  const room = await served.rooms.find(address)
  if (room === null) throw noSuchRoom(address)
  return room
}
export const noSuchRoom = ({ bare }: Jid): CommandError =>
  new CommandError(`There is no room ${bare}. \`room list\` shows those that there are.`)
