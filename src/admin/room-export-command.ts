/** The command that gives out what the server keeps of a room. */
import * as v from 'valibot'
import type { Room } from '../rooms/machine/room.ts'
import type { ServedRooms } from '../rooms/rooms.ts'
import { defineCommand, type Command } from './command.ts'
import type { ExportedPart } from './export-command.ts'
import { existingRoom } from './room-address.ts'

/** Writes rooms for files in which they move. */
export interface RoomExport {
  /**
   * XML inside the element of the room; '' for nothing. `next` is the `after` of the next part.
   * @param after null: everything but what was said
   * @param withKeys with the password of the room
   */
  part(room: Room, after: number | null, withKeys: boolean): Promise<ExportedPart>
}

const ARGS = {
  room: v.string(),
  after: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))),
  keys: v.boolean(),
}

/** @param rooms null if this server has none */
export function roomExportCommand(rooms: ServedRooms | null, exporting: (served: ServedRooms) => RoomExport): Command {
  return defineCommand('room.export', ARGS, async ({ room, after, keys }): Promise<ExportedPart> => {
    const found = await existingRoom(rooms, room)
    return exporting(rooms!).part(found, after, keys)
  })
}
