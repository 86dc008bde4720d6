/** The page: signing in, or the board with the person's own presence, requests, rooms, contacts, and one contact or room. */
import { useEffect } from 'preact/hooks'
import { newsIn, type Board } from '../model/board.ts'
import { titleOf, unreadOf } from '../model/room.ts'
import { nameOf } from '../model/roster.ts'
import type { Store } from '../model/store.ts'
import type { BoardSession } from '../session/board-session.ts'
import { AddContact } from './add-contact.tsx'
import { Contacts } from './contacts.tsx'
import { Details } from './details.tsx'
import { JoinRoom } from './join-room.tsx'
import { useNow, useStore } from './hooks.ts'
import { OwnPresencePanel } from './own-presence.tsx'
import { Invitations } from './invitations.tsx'
import { Requests } from './requests.tsx'
import { RoomDetails } from './room.tsx'
import { RoomCards } from './room-cards.tsx'
import { SignIn } from './sign-in.tsx'

export function App({ store, session }: { readonly store: Store<Board>; readonly session: BoardSession }) {
  const board = useStore(store)
  const now = useNow()
  const news = newsIn(board)
  useEffect(() => void (document.title = news === 0 ? 'Porchlight' : `(${news}) Porchlight`), [news])
  if (board.phase === 'signed-out' || board.phase === 'signing-in') return <SignIn board={board} session={session} />
  const contact = board.open === null ? undefined : board.roster.get(board.open)
  const room = board.open === null ? undefined : board.rooms.get(board.open)
  return (
    <div class={room !== undefined ? 'page with-details with-room' : contact === undefined ? 'page' : 'page with-details'}>
      <header>
        <h1>Porchlight</h1>
        <OwnPresencePanel board={board} session={session} />
      </header>
      <Notices board={board} session={session} />
      <main aria-label="Contacts and rooms">
        <Requests board={board} session={session} />
        <Invitations board={board} session={session} />
        <div class="adding">
          <AddContact session={session} />
          <JoinRoom board={board} session={session} />
        </div>
        <RoomCards board={board} session={session} />
        <Contacts board={board} session={session} now={now} />
      </main>
      {room !== undefined && <RoomDetails key={room.jid} room={room} board={board} session={session} now={now} />}
      {room === undefined && contact !== undefined && (
        <Details key={contact.jid} contact={contact} board={board} session={session} now={now} />
      )}
    </div>
  )
}

/** For people who do not see the cards: what waits for an answer. */
function waiting({ requests, unread, roster, rooms, invitations }: Board): string {
  const talking = [...rooms.values()].filter((room) => unreadOf(room).count > 0).map(titleOf)
  const names = [...unread].map((jid) => nameOf(roster.get(jid) ?? { jid, name: null }))
  return [
    ...requests.map(({ jid }) => `${jid} asks to see your presence.`),
    ...invitations.map(({ room }) => `You are invited into the room ${room}.`),
    ...(talking.length === 0 ? [] : [`New messages in ${talking.join(', ')}.`]),
    ...(names.length === 0 ? [] : [`New messages from ${names.join(', ')}.`]),
  ].join(' ')
}

function Notices({ board, session }: { readonly board: Board; readonly session: BoardSession }) {
  return (
    <div class="notices" role="status">
      {board.friend !== null && (
        <p class="notice">
          Now open{' '}
          <a href={`#${board.friend}`} target="_blank">
            a second tab as {board.friend}
          </a>
          , sign in there and press “Approve and ask back”: then each tab sees the other.
        </p>
      )}
      {board.phase === 'reconnecting' && (
        <p class="notice">The connection is lost. What you see may be out of date; the board is connecting again.</p>
      )}
      <p class="unseen">{waiting(board)}</p>
      {board.trouble !== null && (
        <p class="notice trouble">
          {board.trouble} <button onClick={() => session.dismiss()}>Dismiss</button>
        </p>
      )}
    </div>
  )
}
