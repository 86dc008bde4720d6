/** One room: its subject, what is said, who is in it and how well that is known, and the ways in and out. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { placeIn, type Board } from '../model/board.ts'
import { titleOf, type Room } from '../model/room.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'
import { Occupants } from './occupants.tsx'
import { Outside } from './outside.tsx'
import { RoomAsks } from './room-asks.tsx'
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
      aria-label={w.room.about(titleOf(room))}
      onKeyDown={(event) => event.key === 'Escape' && session.open(null)}
    >
      <header>
        <button class="close" onClick={() => session.open(null)}>
          {w.person.close}
        </button>
        <h2 ref={heading} tabIndex={-1}>
          <bdi>{titleOf(room)}</bdi>
        </h2>
        <p class="more">{room.jid}</p>
        {room.subject !== null && (
          <p class="subject">
            <strong>{w.room.subject}</strong> <bdi>{room.subject.text}</bdi>
          </p>
        )}
      </header>
      {room.stay !== 'in' && <Outside room={room} session={session} />}
      <RoomAsks room={room} session={session} />
      <div class="parts">
        <RoomChat
          room={room}
          place={placeIn(board, room.jid)}
          now={now}
          to={to}
          setTo={setTo}
          homes={board.homes}
          session={session}
        />
        <div class="person">
          <Occupants room={room} now={now} setTo={setTo} orders={session.rooms.orders} />
          <RoomTools room={room} board={board} session={session} />
        </div>
      </div>
    </aside>
  )
}
