/** The person's own presence: show, status, priority, and whether contacts see it at all (XEP-0186). */
import type { Board } from '../model/board.ts'
import type { Show } from '../model/presence.ts'
import { DOT_WORDS } from '../model/words.ts'
import type { BoardSession } from '../session/board-session.ts'
import { bareOf } from '../session/stanzas.ts'

const SHOWS: readonly Show[] = ['available', 'chat', 'away', 'xa', 'dnd']

export function OwnPresencePanel({ board, session }: { readonly board: Board; readonly session: BoardSession }) {
  const { own, me } = board
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    void session.present({
      show: form.get('show') as Show,
      status: String(form.get('status')).trim(),
      priority: Number(form.get('priority')),
      invisible: form.get('invisible') !== null,
    })
  }
  return (
    <form class="own" onSubmit={submit} aria-label="Your presence">
      <strong>{bareOf(me ?? '')}</strong>
      <label>
        Show
        <select name="show">
          {SHOWS.map((show) => (
            <option key={show} value={show} selected={show === own.show}>
              {DOT_WORDS[show]}
            </option>
          ))}
        </select>
      </label>
      <label class="status">
        Status
        <input name="status" defaultValue={own.status} maxLength={200} />
      </label>
      <label>
        Priority
        <input name="priority" type="number" min={-128} max={127} defaultValue={String(own.priority)} />
      </label>
      {board.canHide && (
        <label class="check">
          <input name="invisible" type="checkbox" defaultChecked={own.invisible} />
          Invisible
        </label>
      )}
      <button class="main">Tell my contacts</button>
      <button type="button" onClick={() => session.signOut()}>
        Sign out
      </button>
    </form>
  )
}
