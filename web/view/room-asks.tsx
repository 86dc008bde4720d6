/** What people ask of the moderators of a room: to speak (XEP-0045 7.13), or to become a member (9.9). */
import { openAsks, type Ask, type Room } from '../model/room.ts'
import type { BoardSession } from '../session/board-session.ts'
import { bareOf } from '../session/stanzas.ts'
import { w } from '../words/index.ts'

export function RoomAsks({ room, session }: { readonly room: Room; readonly session: BoardSession }) {
  const asks = openAsks(room)
  const decide = (ask: Ask, isAllowed: boolean): void => session.rooms.orders.decide(room.jid, ask, isAllowed)
  return (
    <div role="status">
      {asks.length > 0 && (
        <section class="requests" aria-label={w.asks.label}>
          <ul>
            {asks.map((ask) => (
              <li key={`${ask.about} ${ask.nick}`}>
                <span>
                  <strong>{ask.nick}</strong>
                  {ask.jid !== null && bareOf(ask.jid) !== ask.nick && <span class="more">{bareOf(ask.jid)}</span>}
                  {w.asks[ask.about]}
                </span>
                <button class="main" onClick={() => decide(ask, true)}>
                  {ask.about === 'voice' ? w.asks.letSpeak : w.asks.letIn}
                </button>
                <button onClick={() => decide(ask, false)}>{w.asks.no}</button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}
