/** The page: signing in, or the board with the person's own presence, requests, rooms, contacts, and one contact or room. */
import { useEffect } from 'preact/hooks'
import { newsIn, type Board, type Sheet } from '../model/board.ts'
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
import { OwnSheet } from './own-sheet.tsx'
import { Invitations } from './invitations.tsx'
import { InviteOpener, InviteSheet } from './invite-link.tsx'
import { Requests } from './requests.tsx'
import { RoomDetails } from './room.tsx'
import { SearchSheet } from './search.tsx'
import { SeenSheet } from './seen.tsx'
import { SheetOpener } from './sheet.tsx'
import { Sidebar } from './sidebar.tsx'

interface Props {
  readonly board: Board
  readonly session: BoardSession
  readonly now: Date
}

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
        <OwnPresencePanel board={board} session={session} />
      </header>
      <Notices board={board} session={session} now={now} />
      <main aria-label={w.list.title}>
        <Requests board={board} session={session} />
        <Invitations board={board} session={session} />
        <Sidebar board={board} session={session} now={now} />
        <div class="adding">
          <SheetOpener kind="add" title={w.add.title} board={board} session={session} />
          <SheetOpener kind="join" title={w.join.title} board={board} session={session} />
          <InviteOpener board={board} session={session} />
          <SheetOpener kind="seen" title={w.seen.title} board={board} session={session} />
        </div>
      </main>
      {room !== undefined && <RoomDetails key={room.jid} room={room} board={board} session={session} now={now} />}
      {contact !== undefined && <Details key={contact.jid} contact={contact} board={board} session={session} now={now} />}
      {sheet !== null && <OpenSheet key={sheet.kind} sheet={sheet} board={board} session={session} now={now} />}
      {!isOpen && board.roster.size + board.rooms.size > 0 && <p class="nothing-open">{w.list.nothingOpen}</p>}
    </div>
  )
}

function OpenSheet({ sheet, board, session, now }: Props & { readonly sheet: Sheet }) {
  switch (sheet.kind) {
    case 'add':
      return <AddContact session={session} />
    case 'join':
      return <JoinRoom board={board} session={session} />
    case 'invite':
      return <InviteSheet session={session} />
    case 'own':
      return <OwnSheet board={board} session={session} now={now} />
    case 'seen':
      return <SeenSheet board={board} session={session} now={now} />
    case 'search':
      return <SearchSheet words={sheet.words} board={board} session={session} now={now} />
  }
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

function Notices({ board, session, now }: Props) {
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
