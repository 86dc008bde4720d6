/** Why the person is not in a room, and what they can do about it. */
import type { Room } from '../model/room.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'

export function Outside({ room, session }: { readonly room: Room; readonly session: BoardSession }) {
  const { jid, nick, stay, outside } = room
  if (stay === 'joining') return <p role="status">{w.outside.joining}</p>
  const remedy = outside?.remedy ?? 'again'
  const join = (event: SubmitEvent): void => {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const password = data.get('password')
    session.rooms.join(jid, {
      nick: String(data.get('nick') ?? nick).trim(),
      password: password === null ? null : String(password),
      isListed: false,
    })
  }
  return (
    <form class="outside" onSubmit={join} aria-label={w.outside.label}>
      <p role="alert">
        {outside?.words} {stay === 'lost' && w.outside.again}
      </p>
      {remedy === 'other-nick' && (
        <label>
          {w.outside.otherNick}
          <input name="nick" required autocomplete="off" defaultValue={`${nick}_`} />
        </label>
      )}
      {remedy === 'password' && (
        <label>
          {w.outside.password}
          <input name="password" type="password" required autocomplete="off" />
        </label>
      )}
      {outside?.otherRoom !== null && outside?.otherRoom !== undefined && (
        <button
          type="button"
          class="main"
          onClick={() => session.rooms.join(outside.otherRoom!, { nick, password: null, isListed: false })}
        >
          {w.outside.goTo(outside.otherRoom)}
        </button>
      )}
      {stay === 'out' && <button class={remedy === 'other-room' ? '' : 'main'}>{w.outside.joinAgain}</button>}
    </form>
  )
}
