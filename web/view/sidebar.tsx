/** The list of rooms and contacts: a search, groups that fold, and rows through which the arrow keys go. */
import { useState } from 'preact/hooks'
import type { ComponentChildren } from 'preact'
import { strangersIn, type Board } from '../model/board.ts'
import { groupsOf, listedOf, peopleFound, roomsFound, roomsListed } from '../model/listing.ts'
import type { Room } from '../model/room.ts'
import { strangerOf, type Contact } from '../model/roster.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'
import { ContactRow } from './contact-row.tsx'
import { useFolds, type Folds } from './folds.ts'
import { RoomRow } from './room-row.tsx'

interface Props {
  readonly board: Board
  readonly session: BoardSession
  readonly now: Date
}

export function Sidebar(props: Props) {
  const [search, setSearch] = useState('')
  const isSearching = search.trim() !== ''
  return (
    <div class="list" onKeyDown={(event) => goByKey(event, () => setSearch(''))}>
      <search>
        <label>
          <span class="unseen">{w.list.search}</span>
          <input
            name="search"
            type="search"
            autocomplete="off"
            placeholder={w.list.search}
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
      </search>
      {isSearching ? <Found {...props} search={search} end={() => setSearch('')} /> : <Lists {...props} />}
    </div>
  )
}

function Found({ board, session, now, search, end }: Props & { readonly search: string; readonly end: () => void }) {
  const people = peopleFound(listedOf(board), search)
  const rooms = roomsFound(board.rooms, search)
  return (
    <>
      <p role="status" class="more">
        {w.list.found(people.length + rooms.length)}
      </p>
      <button
        class="fold others"
        onClick={() => {
          session.openSheet({ kind: 'search', words: search })
          end()
        }}
      >
        {w.list.searchMessages(search.trim())}
      </button>
      <Rows
        rows={[
          ...people.map((contact) => (
            <ContactRow key={contact.jid} contact={contact} board={board} session={session} now={now} />
          )),
          ...rooms.map((room) => <RoomRow key={room.jid} room={room} isOpen={board.open === room.jid} session={session} />),
        ]}
      />
    </>
  )
}

function Lists({ board, session, now }: Props) {
  const folds = useFolds()
  return (
    <>
      <Strangers board={board} session={session} now={now} folds={folds} />
      <RoomList board={board} session={session} folds={folds} />
      <People board={board} session={session} now={now} folds={folds} />
    </>
  )
}

function Strangers({ board, session, now, folds }: Props & { readonly folds: Folds }) {
  const all = strangersIn(board)
  if (all.length === 0) return null
  const row = (jid: string) => <ContactRow key={jid} contact={strangerOf(jid)} board={board} session={session} now={now} />
  return (
    <Group id="strangers" title={w.list.strangers} label={w.list.strangers} count={String(all.length)} folds={folds}>
      <Rows rows={all.map(row)} />
    </Group>
  )
}

function RoomList({ board, session, folds }: Omit<Props, 'now'> & { readonly folds: Folds }) {
  if (board.rooms.size === 0) return null
  const { shown, folded } = roomsListed(board.rooms, board.open)
  const row = (room: Room) => <RoomRow key={room.jid} room={room} isOpen={board.open === room.jid} session={session} />
  return (
    <Group id="rooms" title={w.list.rooms} label={w.list.rooms} count={String(board.rooms.size)} folds={folds}>
      <Rows rows={shown.map(row)} />
      <Others words={w.list.quietRooms(folded.length)} count={folded.length} rows={() => folded.map(row)} />
    </Group>
  )
}

function People({ board, session, now, folds }: Props & { readonly folds: Folds }) {
  if (board.roster.size === 0) return <p class="empty">{board.isRosterRead ? w.list.none : w.list.reading}</p>
  const groups = groupsOf(listedOf(board))
  const row = (contact: Contact) => <ContactRow key={contact.jid} contact={contact} board={board} session={session} now={now} />
  return (
    <>
      {groups.map(({ name, shown, folded, around, doubted }) => (
        <Group
          key={name ?? ''}
          id={`group ${name ?? ''}`}
          title={name ?? (groups.length === 1 ? w.list.contacts : w.list.withoutGroup)}
          label={name ?? w.list.contactsWithoutGroup}
          count={w.list.around(around, shown.length + folded.length, doubted)}
          countWords={w.list.aroundLong(around, shown.length + folded.length, doubted)}
          folds={folds}
        >
          <Rows rows={shown.map(row)} />
          <Others words={w.list.notAround(folded.length)} count={folded.length} rows={() => folded.map(row)} />
        </Group>
      ))}
    </>
  )
}

interface GroupProps {
  readonly id: string
  readonly title: string
  readonly label: string
  readonly count: string
  /** The count for people who do not see where it stands. */
  readonly countWords?: string
  readonly folds: Folds
  readonly children: ComponentChildren
}
function Group({ id, title, label, count, countWords, folds, children }: GroupProps) {
  const isFolded = folds.isFolded(id)
  return (
    <section aria-label={label}>
      <h2>
        <button class="fold" aria-expanded={!isFolded} onClick={() => folds.toggle(id)}>
          <bdi class="group">{title}</bdi>{' '}
          <bdi class="more" title={countWords}>
            {count}
          </bdi>
        </button>
      </h2>
      {!isFolded && children}
    </section>
  )
}

const Rows = ({ rows }: { readonly rows: readonly preact.JSX.Element[] }) => (
  <ul class="cards">
    {rows.map((row) => (
      <li key={row.key}>{row}</li>
    ))}
  </ul>
)

interface OthersProps {
  readonly words: string
  readonly count: number
  /** Called only when somebody wants to see them. */
  readonly rows: () => readonly preact.JSX.Element[]
}
/** Those that are folded away because they are many. */
function Others({ words, count, rows }: OthersProps) {
  const [isOpen, setOpen] = useState(false)
  if (count === 0) return null
  return (
    <>
      <button class="fold others" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {words}
      </button>
      {isOpen && <Rows rows={rows()} />}
    </>
  )
}

/** Arrows go from row to row, also out of the search; Enter in the search opens the first row; Escape ends the search. */
function goByKey(event: KeyboardEvent & { readonly currentTarget: HTMLElement }, endSearch: () => void): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.card')]
  const field = event.currentTarget.querySelector<HTMLInputElement>('[name=search]')!
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const isInSearch = document.activeElement === field
  if (!isInSearch && at === -1) return
  if (event.key === 'Escape' && isInSearch) endSearch()
  else if (event.key === 'Enter' && isInSearch && field.value !== '') rows[0]?.click()
  else if (event.key === 'ArrowDown') rows[Math.min(at + 1, rows.length - 1)]?.focus()
  else if (event.key === 'ArrowUp' && at >= 0) (rows[at - 1] ?? field).focus()
  else return
  event.preventDefault()
}
