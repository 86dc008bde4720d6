/** The rooms that others invite the person into: join, or not. */
import type { Board } from '../model/board.ts'
import type { BoardSession } from '../session/board-session.ts'
import { usualNick } from './join-room.tsx'
import { w } from '../words/index.ts'

export function Invitations({ board, session }: { readonly board: Board; readonly session: BoardSession }) {
  if (board.invitations.length === 0) return null
  return (
    <section class="requests invitations" aria-label={w.invitations.label}>
      <h2>{w.invitations.title}</h2>
      <ul>
        {board.invitations.map(({ room, from, reason, password }) => (
          <li key={room}>
            <span>
              <strong>{room}</strong>
              {from !== null && <span class="more">{inviter(from, room)}</span>}
              {reason !== null && <q>{reason}</q>}
            </span>
            <button class="main" onClick={() => session.rooms.join(room, { nick: usualNick(board), password, isListed: false })}>
              {w.invitations.join}
            </button>
            <button onClick={() => session.rooms.dismissInvitation(room)}>{w.invitations.dismiss}</button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Of somebody whose address the room hides, only the nickname is known. */
const inviter = (from: string, room: string): string =>
  from.startsWith(`${room}/`) ? w.invitations.fromNick(from.slice(room.length + 1)) : w.invitations.from(from)
