/** The rooms that the person is in as cards, with what is new in them. */
import type { Board } from '../model/board.ts'
import { titleOf, unreadOf, type Room } from '../model/room.ts'
import type { Unread } from '../model/room-lines.ts'
import { hueOf } from '../model/roster.ts'
import type { BoardSession } from '../session/board-session.ts'

export function RoomCards({ board, session }: { readonly board: Board; readonly session: BoardSession }) {
  if (board.rooms.size === 0) return null
  return (
    <section aria-label="Rooms">
      <h2>Rooms</h2>
      <ul class="cards">
        {[...board.rooms.values()].map((room) => (
          <li key={room.jid}>
            <RoomCard room={room} isOpen={board.open === room.jid} session={session} />
          </li>
        ))}
      </ul>
    </section>
  )
}

interface Props {
  readonly room: Room
  readonly isOpen: boolean
  readonly session: BoardSession
}

function RoomCard({ room, isOpen, session }: Props) {
  const unread = unreadOf(room)
  return (
    <button
      class={`card room ${room.stay}`}
      data-jid={room.jid}
      data-stay={room.stay}
      aria-pressed={isOpen}
      onClick={() => session.open(isOpen ? null : room.jid)}
    >
      <span class={`avatar square hue-${hueOf(room.jid)}`} aria-hidden="true">
        #
      </span>
      <span class="about">
        <strong>{titleOf(room)}</strong>
        <span>{stayWords(room)}</span>
        {room.subject !== null && <span class="more subject">{room.subject.text}</span>}
      </span>
      {unread.count > 0 && <span class="unread">{unreadWords(unread)}</span>}
    </button>
  )
}

export function stayWords({ stay, outside, occupants }: Room): string {
  if (stay === 'joining') return 'Joining…'
  if (stay === 'lost') return 'Put out; joining again…'
  if (stay === 'out') return outside?.words ?? 'You are not in the room.'
  return occupants.size === 1 ? 'Nobody but you' : `${occupants.size} people`
}
const unreadWords = ({ count, forUs }: Unread): string => `${count} new${forUs === 0 ? '' : `, ${forUs} for you`}`
