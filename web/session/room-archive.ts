/** Older pages of what was said in a room (XEP-0313). */
import type { Agent } from 'stanza'
import type { MAMResult } from 'stanza/protocol'
import { oldestArchived, type Said } from '../model/room-lines.ts'
import { isLine, lineOf, olderRead, type Room } from '../model/room.ts'
import { roomMessageOf } from './room-stanzas.ts'

/** @returns what becomes of the room with the page. Rejects if the room refuses */
export async function readOlder(client: Agent, room: Room, max: number): Promise<(room: Room) => Room> {
  const before = room.oldest ?? oldestArchived(room.lines) ?? ''
  const { results = [], paging, complete } = await client.searchHistory(room.jid, { paging: { before, max } })
  const lines = results.flatMap((result) => archived(room, result))
  return (now) => olderRead(now, lines, paging?.first ?? null, complete === true)
}
function archived(room: Room, { id, item: { message, delay } }: MAMResult): readonly Said[] {
  const told = message === undefined ? null : roomMessageOf(message, room.jid)
  if (told === null || !isLine(told)) return []
  return [lineOf(room, { ...told, archiveId: id, at: delay?.timestamp ?? null }, id, new Date())]
}
