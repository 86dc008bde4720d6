/** What the person needs rarely about themselves: priority, invisibility, the account, the devices, and signing out. */
import { useState } from 'preact/hooks'
import type { Board, OwnPresence } from '../model/board.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'
import { Devices } from './devices.tsx'
import { ProfilePanel } from './profile.tsx'
import { Sheet } from './sheet.tsx'

interface Props {
  readonly board: Board
  readonly session: BoardSession
  readonly now: Date
}

export const OwnSheet = ({ board, session, now }: Props) => (
  <Sheet title={w.own.about} kind="own" session={session}>
    <Presence board={board} session={session} />
    <Telling session={session} />
    <ProfilePanel board={board} session={session} />
    <Devices session={session} now={now} />
    <button type="button" onClick={() => session.signOut()}>
      {w.own.signOut}
    </button>
  </Sheet>
)

function Presence({ board: { own, canHide }, session }: Omit<Props, 'now'>) {
  const change = (part: Partial<OwnPresence>): void => void session.present({ ...own, ...part })
  return (
    <section aria-label={w.own.title}>
      <h3>{w.own.title}</h3>
      <label>
        <span>
          {w.own.priority} <span class="more">{w.own.priorityHint}</span>
        </span>
        <input
          name="priority"
          type="number"
          min={-128}
          max={127}
          required
          defaultValue={String(own.priority)}
          onChange={({ currentTarget: field }) => field.checkValidity() && change({ priority: Number(field.value) })}
        />
      </label>
      {canHide && (
        <label class="check">
          <input
            name="invisible"
            type="checkbox"
            checked={own.invisible}
            onChange={(event) => change({ invisible: event.currentTarget.checked })}
          />
          {w.own.invisible}
        </label>
      )}
    </section>
  )
}

/** What is told beside the presence; the person decides. */
function Telling({ session: { chats } }: Pick<Props, 'session'>) {
  const [telling, setTelling] = useState(() => chats.telling())
  const choices = [
    ['writing', w.own.tellWriting],
    ['reading', w.own.tellReading],
  ] as const
  return (
    <section aria-label={w.own.telling}>
      <h3>{w.own.telling}</h3>
      {choices.map(([name, words]) => (
        <label key={name} class="check">
          <input
            name={`tell-${name}`}
            type="checkbox"
            checked={telling[name]}
            onChange={(event) => {
              const next = { ...telling, [name]: event.currentTarget.checked }
              chats.tell(next)
              setTelling(next)
            }}
          />
          {words}
        </label>
      ))}
      <p class="more">{w.own.tellingHint}</p>
    </section>
  )
}
