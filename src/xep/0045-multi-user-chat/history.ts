/** What was said before, for somebody who enters (XEP-0045 7.2.13, 7.2.14; ROOM-61). */
import type { Entry } from '../../rooms/log.ts'
import { historyLimit, historyOf } from '../../rooms/machine/history.ts'
import type { Room } from '../../rooms/machine/room.ts'
import type { HistoryAsk } from '../../rooms/machine/tells.ts'
import type { RoomLog } from '../../rooms/room-log.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { isSaying, pastMessage, type Saying } from './said.ts'

/** The messages as they are sent, the oldest first; a promise if they have to be read. @param who bare JID @param isFor those that may be seen; null: all */
export function historyFor(
  log: RoomLog,
  room: Room,
  who: string,
  ask: HistoryAsk | null,
  isFor: ((entry: Entry) => boolean) | null,
): readonly Packet[] | Promise<readonly Packet[]> {
  const { historyMax } = room.facts.config
  const limit = historyLimit(ask, historyMax)
  if (limit === 0 || room.lastSeq === 0) return []
  const said = log.floorFor(room, who).then((floor) => log.lastSaid(room, limit, isFor, floor))
  return said.then((entries) => chosen(room, entries, ask, historyMax))
}
function chosen(room: Room, entries: readonly Entry[], ask: HistoryAsk | null, max: number): readonly Packet[] {
  const shown = entries.filter(isShown).map((entry) => {
    const packet = pastMessage(room, entry)
    return { packet, at: entry.at, characters: packet.wire.length }
  })
  return historyOf(shown, ask, max).map(({ packet }) => packet)
}
/** Messages with something to read, and what stands in their place; no subjects. */
const isShown = (entry: Entry): entry is Saying =>
  isSaying(entry) && entry.kind === 'message' && (entry.isRetracted || entry.payload.child('body') !== undefined)
