/** What the person can do with a room: invite, set the subject, take another nickname, leave. */
import { maySetSubject, ourselvesIn, type Room } from '../model/room.ts'
import type { Board } from '../model/board.ts'
import { wholeAddress } from '../model/address.ts'
import { nameOf } from '../model/roster.ts'
import type { BoardSession } from '../session/board-session.ts'

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
          <summary>Invite, subject, nickname</summary>
          <Invite room={room} board={board} session={session} />
          {maySetSubject(room) && (
            <form onSubmit={written((text) => rooms.setSubject(room.jid, text))}>
              <label>
                Subject of the room
                <input name="text" defaultValue={room.subject?.text ?? ''} key={room.subject?.text} autocomplete="off" />
              </label>
              <button>Set the subject</button>
            </form>
          )}
          <form onSubmit={written((text) => text !== '' && text !== room.nick && rooms.rename(room.jid, text))}>
            <label>
              Your nickname here
              <input name="text" defaultValue={room.nick} key={room.nick} required autocomplete="off" />
            </label>
            <button>Change it</button>
          </form>
        </details>
      )}
      <button class="danger" onClick={() => rooms.leave(room.jid)}>
        Leave the room
      </button>
      {room.stay === 'in' && ourselvesIn(room)?.affiliation === 'owner' && (
        <details>
          <summary>Destroy the room</summary>
          <form onSubmit={written((text) => void rooms.destroy(room.jid, text))}>
            <label>
              Why, for those who are in it
              <input name="text" autocomplete="off" />
            </label>
            <button class="danger">Put everybody out and destroy it</button>
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
        Invite a person, by address
        <input name="text" list="contacts-to-invite" required autocomplete="off" autocapitalize="none" spellcheck={false} />
      </label>
      <datalist id="contacts-to-invite">
        {[...board.roster.values()].map((contact) => (
          <option key={contact.jid} value={contact.jid}>
            {nameOf(contact)}
          </option>
        ))}
      </datalist>
      <button>Invite</button>
    </form>
  )
}
