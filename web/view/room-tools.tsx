/** What the person can do with a room: invite, set the subject, take another nickname, configure it, leave. */
import { maySetSubject, ourselvesIn, type Room } from '../model/room.ts'
import type { Board } from '../model/board.ts'
import { wholeAddress } from '../model/address.ts'
import { nameOf } from '../model/roster.ts'
import type { BoardSession } from '../session/board-session.ts'
import { OwnerTools } from './room-owner.tsx'
import { w } from '../words/index.ts'

interface Props {
  readonly room: Room
  readonly board: Board
  readonly session: BoardSession
}
/** Hands on what was written in the only field of a form. */
const written =
  (take: (text: string, form: HTMLFormElement) => void) =>
  (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    take(String(new FormData(form).get('text')).trim(), form)
  }

export function RoomTools({ room, board, session }: Props) {
  const { rooms } = session
  return (
    <div class="room-tools">
      {room.stay === 'in' && ourselvesIn(room) !== undefined && (
        <details>
          <summary>{w.tools.title}</summary>
          <Invite room={room} board={board} session={session} />
          {maySetSubject(room) && (
            <form onSubmit={written((text) => rooms.setSubject(room.jid, text))}>
              <label>
                {w.tools.subject}
                <input name="text" defaultValue={room.subject?.text ?? ''} key={room.subject?.text} autocomplete="off" />
              </label>
              <button>{w.tools.setSubject}</button>
            </form>
          )}
          <form onSubmit={written((text) => text !== '' && text !== room.nick && rooms.rename(room.jid, text))}>
            <label>
              {w.tools.nick}
              <input name="text" defaultValue={room.nick} key={room.nick} required autocomplete="off" />
            </label>
            <button>{w.tools.setNick}</button>
          </form>
        </details>
      )}
      <OwnerTools room={room} session={session} />
      <button class="danger" onClick={() => rooms.leave(room.jid)}>
        {w.room.leave}
      </button>
      {room.stay === 'in' && ourselvesIn(room)?.affiliation === 'owner' && (
        <details>
          <summary>{w.tools.destroy}</summary>
          <form onSubmit={written((text) => void rooms.orders.destroy(room.jid, text))}>
            <label>
              {w.tools.destroyWhy}
              <input name="text" autocomplete="off" />
            </label>
            <button class="danger">{w.tools.destroyButton}</button>
          </form>
        </details>
      )}
    </div>
  )
}

function Invite({ room, board, session }: Props) {
  const invite = written((text, form) => {
    session.rooms.invite(room.jid, wholeAddress(text, location.hostname), null)
    form.reset()
  })
  return (
    <form onSubmit={invite}>
      <label>
        {w.tools.invite}
        <input name="text" list="contacts-to-invite" required autocomplete="off" autocapitalize="none" spellcheck={false} />
      </label>
      <datalist id="contacts-to-invite">
        {[...board.roster.values()].map((contact) => (
          <option key={contact.jid} value={contact.jid}>
            {nameOf(contact)}
          </option>
        ))}
      </datalist>
      <button>{w.tools.inviteButton}</button>
    </form>
  )
}
