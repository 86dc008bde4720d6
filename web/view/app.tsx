/** The page: signing in, or the board with the person's own presence, requests, rooms, contacts, and one contact or room. */
import { useEffect } from 'preact/hooks'
import { newsIn, type Board } from '../model/board.ts'
import { titleOf, unreadOf } from '../model/room.ts'
import { nameOf, strangerOf } from '../model/roster.ts'
import type { Store } from '../model/store.ts'
import { asShown } from '../model/unsure.ts'
import { clockTime } from '../model/words.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'
import { AddContact } from './add-contact.tsx'
import { Details } from './details.tsx'
import { JoinRoom } from './join-room.tsx'
import { useLoss, useNow, useStore } from './hooks.ts'
import { OwnPresencePanel } from './own-presence.tsx'
import { Invitations } from './invitations.tsx'
import { InviteLink } from './invite-link.tsx'
import { Requests } from './requests.tsx'
import { RoomDetails } from './room.tsx'
import { SearchSheet } from './search.tsx'
import { SeenSheet } from './seen.tsx'
import { Sidebar } from './sidebar.tsx'

export function App({ store, session }: { readonly store: Store<Board>; readonly session: BoardSession }) {
  const board = asShown(useStore(store))
  const now = useNow()
  const news = newsIn(board)
  useEffect(() => void (document.title = news === 0 ? 'Porchlight' : `(${news}) Porchlight`), [news])
  const room = board.open === null ? undefined : board.rooms.get(board.open)
  const contact = board.open === null || room !== undefined ? undefined : (board.roster.get(board.open) ?? strangerOf(board.open))
  const { sheet } = board
  const isOpen = room !== undefined || contact !== undefined || sheet !== null
  return (
    <div class={isOpen ? 'page board with-details' : 'page board'}>
      <header>
        <h1>Porchlight</h1>
        <OwnPresencePanel board={board} session={session} now={now} />
      </header>
      <Notices board={board} session={session} now={now} />
      <main aria-label={w.list.title}>
        <Requests board={board} session={session} />
        <Invitations board={board} session={session} />
        <Sidebar board={board} session={session} now={now} />
        <div class="adding">
          <AddContact session={session} />
          <JoinRoom board={board} session={session} />
          <InviteLink session={session} />
          <button class="plain" onClick={() => session.openSheet({ kind: 'seen' })}>
            {w.seen.title}
          </button>
        </div>
      </main>
      {room !== undefined && <RoomDetails key={room.jid} room={room} board={board} session={session} now={now} />}
      {contact !== undefined && <Details key={contact.jid} contact={contact} board={board} session={session} now={now} />}
      {sheet?.kind === 'seen' && <SeenSheet board={board} session={session} now={now} />}
      {sheet?.kind === 'search' && <SearchSheet words={sheet.words} board={board} session={session} now={now} />}
      {!isOpen && board.roster.size + board.rooms.size > 0 && <p class="nothing-open">{w.list.nothingOpen}</p>}
    </div>
  )
}

/** For people who do not see the cards: what waits for an answer. */
function waiting({ requests, unread, roster, rooms, invitations }: Board): string {
  const talking = [...rooms.values()].filter((room) => unreadOf(room).count > 0).map(titleOf)
  const names = [...unread].map((jid) => nameOf(roster.get(jid) ?? { jid, name: null }))
  return [
    ...requests.map(({ jid }) => w.notices.asks(jid)),
    ...invitations.map(({ room }) => w.notices.invited(room)),
    ...(talking.length === 0 ? [] : [w.notices.newIn(talking.join(', '))]),
    ...(names.length === 0 ? [] : [w.notices.newFrom(names.join(', '))]),
  ].join(' ')
}

interface NoticesProps {
  readonly board: Board
  readonly session: BoardSession
  readonly now: Date
}
function Notices({ board, session, now }: NoticesProps) {
  const lostAt = useLoss(board.phase !== 'reconnecting')
  return (
    <div class="notices" role="status">
      {board.friend !== null && (
        <p class="notice">
          {w.first.tab[0]}
          <a href={`#${board.friend}`} target="_blank">
            {w.first.tabLink(board.friend)}
          </a>
          {w.first.tab[1]}
        </p>
      )}
      {lostAt !== null && <p class="notice">{w.notices.lost(clockTime(lostAt, now))}</p>}
      <p class="unseen">{waiting(board)}</p>
      {board.trouble !== null && (
        <p class="notice trouble">
          {board.trouble} <button onClick={() => session.dismiss()}>{w.notices.dismiss}</button>
        </p>
      )}
    </div>
  )
}
