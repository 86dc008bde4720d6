/** The person's own presence: what they show, by one click; their status; and a way to what is needed rarely. */
import type { Board, OwnPresence } from '../model/board.ts'
import type { Show } from '../model/presence.ts'
import { DOT_WORDS } from '../model/words.ts'
import type { BoardSession } from '../session/board-session.ts'
import { bareOf } from '../session/stanzas.ts'
import { w } from '../words/index.ts'
import { DotMark } from './dot.tsx'
import { SheetOpener } from './sheet.tsx'

const SHOWS: readonly Show[] = ['available', 'chat', 'away', 'xa', 'dnd']
interface Props {
  readonly board: Board
  readonly session: BoardSession
}

export function OwnPresencePanel({ board, session }: Props) {
  const { own, me } = board
  const change = (part: Partial<OwnPresence>): void => void session.present({ ...own, ...part })
  const setStatus = (field: HTMLInputElement): void => {
    const status = field.value.trim()
    if (status !== own.status) change({ status })
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    setStatus((event.currentTarget as HTMLFormElement).elements.namedItem('status') as HTMLInputElement)
  }
  return (
    <section class="own" aria-label={w.own.title}>
      <strong>{bareOf(me ?? '')}</strong>
      <div class="shows" role="group" aria-label={w.own.show}>
        {SHOWS.map((show) => (
          <button key={show} type="button" data-show={show} aria-pressed={show === own.show} onClick={() => change({ show })}>
            <DotMark dot={show} />
            {DOT_WORDS[show]}
          </button>
        ))}
      </div>
      <form onSubmit={submit}>
        <label>
          <span class="unseen">{w.own.status}</span>
          <input
            name="status"
            key={own.status}
            defaultValue={own.status}
            maxLength={200}
            autocomplete="off"
            placeholder={w.own.statusHint}
            onChange={(event) => setStatus(event.currentTarget)}
          />
        </label>
      </form>
      {own.invisible && <p class="meaning">{w.own.hidden}</p>}
      <SheetOpener kind="own" title={w.own.more} board={board} session={session} />
    </section>
  )
}
