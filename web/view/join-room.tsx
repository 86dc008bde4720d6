/** Joining a room: one of those that the server lists, or any by its address. A room that is not there is made. */
import { useEffect } from 'preact/hooks'
import type { Board } from '../model/board.ts'
import { roomAddress } from '../model/address.ts'
import { titleOf } from '../model/room.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'
import { Sheet } from './sheet.tsx'

interface Props {
  readonly board: Board
  readonly session: BoardSession
}

/** The nickname that is proposed: the one of another room, or the name of the account. */
export const usualNick = ({ rooms, me }: Board): string => [...rooms.values()].at(-1)?.nick ?? (me ?? '').split('@')[0] ?? ''

export function JoinRoom({ board, session }: Props) {
  const { service } = board.directory
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    session.rooms.join(roomAddress(String(data.get('room')), service), {
      nick: String(data.get('nick')).trim(),
      password: null,
      isListed: data.get('listed') !== null,
    })
  }
  useEffect(() => void session.rooms.readDirectory(), [session])
  return (
    <Sheet title={w.join.title} kind="join" session={session}>
      <form onSubmit={submit}>
        <label>
          {service === null ? w.join.address : w.join.name}
          <input name="room" required autocomplete="off" autocapitalize="none" spellcheck={false} />
        </label>
        <label>
          {w.join.nick}
          <input name="nick" required autocomplete="off" defaultValue={usualNick(board)} />
        </label>
        <label class="check">
          <input name="listed" type="checkbox" />
          {w.join.listed}
        </label>
        <button class="main">{w.join.button}</button>
      </form>
      <Directory board={board} session={session} />
    </Sheet>
  )
}

function Directory({ board, session }: Props) {
  const { state, rooms, service } = board.directory
  if (state !== 'read') return <p class="more">{w.join.reading}</p>
  if (service === null) return <p class="more">{w.join.noService}</p>
  if (rooms.length === 0) return <p class="more">{w.join.noRooms}</p>
  const join = (jid: string): void => session.rooms.join(jid, { nick: usualNick(board), password: null, isListed: false })
  return (
    <section aria-label={w.join.directory}>
      <h3>{w.join.directory}</h3>
      <ul class="directory">
        {rooms.map(({ jid, name }) => (
          <li key={jid}>
            <span>
              <strong>{titleOf({ jid, name })}</strong> <span class="more">{jid}</span>
            </span>
            <button
              onClick={() => join(jid)}
              aria-label={`${board.rooms.has(jid) ? w.join.open : w.join.join} ${titleOf({ jid, name })}`}
            >
              {board.rooms.has(jid) ? w.join.open : w.join.join}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
