/** What the board shows while its own connection is lost: of nobody is known how they are now, and all is as last known. */
import type { Board } from './board.ts'
import { lastKnown } from './presence.ts'
import { occupantsLastKnown } from './room.ts'

/** The board as it is shown. A connection that comes back confirms what was known before, so the board itself keeps it. */
export function asShown(board: Board): Board {
  if (board.phase !== 'reconnecting') return board
  return {
    ...board,
    presences: new Map([...board.presences].map(([jid, view]) => [jid, lastKnown(view)])),
    rooms: new Map([...board.rooms].map(([jid, room]) => [jid, { ...room, occupants: occupantsLastKnown(room) }])),
  }
}
