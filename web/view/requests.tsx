/** The requests to see the person's presence (RFC 6121 3.1): approve, deny. */
import type { Board } from '../model/board.ts'
import { isShared } from '../model/roster.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'

export function Requests({ board, session }: { readonly board: Board; readonly session: BoardSession }) {
  if (board.requests.length === 0) return null
  const known = (jid: string): boolean => {
    const contact = board.roster.get(jid)
    return contact !== undefined && (isShared(contact) || contact.asked)
  }
  return (
    <section class="requests" aria-label={w.requests.label}>
      <h2>{w.requests.title}</h2>
      <ul>
        {board.requests.map(({ jid, words }) => (
          <li key={jid}>
            <span>
              <strong>{jid}</strong>
              {words !== null && <q>{words}</q>}
            </span>
            {!known(jid) && (
              <button
                class="main"
                onClick={() => {
                  session.approve(jid)
                  session.ask(jid)
                }}
              >
                {w.requests.both}
              </button>
            )}
            <button class={known(jid) ? 'main' : ''} onClick={() => session.approve(jid)}>
              {known(jid) ? w.requests.approve : w.requests.onlyApprove}
            </button>
            <button onClick={() => session.deny(jid)}>{w.requests.deny}</button>
          </li>
        ))}
      </ul>
    </section>
  )
}
