/** One room: its subject, what is said, who is in it and how well that is known, and the ways in and out. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Board } from '../model/board.ts'
import { titleOf, type Room } from '../model/room.ts'
import type { BoardSession } from '../session/board-session.ts'
import { Occupants } from './occupants.tsx'
import { Outside } from './outside.tsx'
import { RoomChat } from './room-chat.tsx'
import { RoomTools } from './room-tools.tsx'

interface Props {
  readonly room: Room
  readonly board: Board
  readonly session: BoardSession
  readonly now: Date
}

export function RoomDetails({ room, board, session, now }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  /** Whom the next message goes to; null: everybody. */
  const [to, setTo] = useState<string | null>(null)
  useLayoutEffect(() => {
    heading.current?.focus()
    return () => document.querySelector<HTMLElement>(`[data-jid="${CSS.escape(room.jid)}"]`)?.focus()
  }, [])
  return (
    <aside
      class="details room"
      aria-label={`The room ${titleOf(room)}`}
      onKeyDown={(event) => event.key === 'Escape' && session.open(null)}
    >
      <button class="close" onClick={() => session.open(null)}>
        Close
      </button>
      <h2 ref={heading} tabIndex={-1}>
        {titleOf(room)}
      </h2>
      <p class="more">{room.jid}</p>
      {room.subject !== null && (
        <p class="subject">
          <strong>Subject:</strong> {room.subject.text}
        </p>
      )}
      {room.stay !== 'in' && <Outside room={room} session={session} />}
      <div class="room-parts">
        <RoomChat room={room} now={now} to={to} setTo={setTo} session={session} />
        <Occupants room={room} now={now} setTo={setTo} putOut={(nick) => void session.rooms.putOut(room.jid, nick)} />
      </div>
      <RoomTools room={room} board={board} session={session} />
    </aside>
  )
}
