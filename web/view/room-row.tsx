/** One room in the list, with what is new in it. */
import { doubtedIn, titleOf, unreadOf, type Room } from '../model/room.ts'
import type { Unread } from '../model/room-lines.ts'
import { hueOf } from '../model/roster.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'

interface Props {
  readonly room: Room
  readonly isOpen: boolean
  readonly session: BoardSession
}

export function RoomRow({ room, isOpen, session }: Props) {
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
        <strong>
          <bdi>{titleOf(room)}</bdi>
        </strong>
        <span class="line">
          <span>{stayWords(room)}</span>
          {room.subject !== null && <span class="more">{room.subject.text}</span>}
        </span>
      </span>
      {unread.count > 0 && <span class="unread">{unreadWords(unread)}</span>}
    </button>
  )
}

export function stayWords({ stay, outside, occupants }: Room): string {
  if (stay === 'joining') return w.room.joining
  if (stay === 'lost') return w.room.lost
  if (stay === 'out') return outside?.words ?? w.room.notIn
  return occupants.size === 1 ? w.room.alone : w.room.people(occupants.size, doubtedIn(occupants))
}
const unreadWords = ({ count, forUs }: Unread): string => w.room.news(count, forUs)
