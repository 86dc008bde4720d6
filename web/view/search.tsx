/** A search in what the person has said and heard. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Board } from '../model/board.ts'
import { behind, foundIn, type Found } from '../model/found.ts'
import { listedOf, peopleFound, roomsFound } from '../model/listing.ts'
import { nameOf } from '../model/roster.ts'
import { titleOf, type Room } from '../model/room.ts'
import { clockTime } from '../model/words.ts'
import type { BoardSession } from '../session/board-session.ts'
import type { SearchState } from '../session/searching.ts'
import { w } from '../words/index.ts'
import { Sheet } from './sheet.tsx'

interface Props {
  readonly words: string
  readonly board: Board
  readonly session: BoardSession
  readonly now: Date
}
interface State {
  /** Null: nothing was asked yet. */
  readonly search: SearchState | null
  readonly isReading: boolean
}

export function SearchSheet({ words, board, session, now }: Props) {
  const [{ search, isReading }, setState] = useState<State>({ search: null, isReading: false })
  /** Of several searches the last one counts. */
  const latest = useRef(0)
  const further = async (from: SearchState): Promise<void> => {
    const mine = (latest.current += 1)
    setState({ search: from, isReading: true })
    const next = await session.searching.further(from)
    if (mine === latest.current) setState({ search: next, isReading: false })
  }
  const begin = (text: string, jid: string | null): void => {
    if (text.trim() !== '') void further(session.searching.begin({ words: text.trim(), jid }))
  }
  useEffect(() => begin(words, null), [words])
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    begin(String(form.get('words')), String(form.get('with')) || null)
  }
  const found = search === null ? [] : foundIn(search.sources)
  const isMore = search !== null && behind(search.sources).length > 0
  return (
    <Sheet title={w.search.title} kind="search" session={session}>
      <form class="searching" role="search" onSubmit={submit}>
        <label>
          {w.search.words}
          <input name="words" type="search" required autocomplete="off" key={words} defaultValue={words} />
        </label>
        <label>
          {w.search.with}
          <select name="with">
            <option value="">{w.search.everybody}</option>
            <Choices label={w.search.people} all={peopleFound(listedOf(board), '').map((one) => [one.jid, nameOf(one)])} />
            <Choices label={w.search.rooms} all={searchableRooms(board).map((room) => [room.jid, titleOf(room)])} />
          </select>
        </label>
        <button class="main">{w.search.button}</button>
      </form>
      <p role="status" class="more">
        {isReading ? w.search.searching : search !== null && foundWords(found.length)}
      </p>
      {search?.refusals.map((words) => (
        <p key={words} class="trouble">
          {words}
        </p>
      ))}
      {search !== null && search.roomsLeft > 0 && <p class="more">{w.search.roomsLeft(search.roomsLeft)}</p>}
      <ol class="found">
        {found.map((one) => (
          <FoundLine
            key={`${one.jid} ${one.line.archiveId}`}
            one={one}
            board={board}
            now={now}
            open={() => void session.places.open(one, search!.asked.words)}
          />
        ))}
      </ol>
      {isMore && (
        <button disabled={isReading} onClick={() => void further(search)}>
          {w.search.older}
        </button>
      )}
    </Sheet>
  )
}
const foundWords = (n: number): string => (n === 0 ? w.search.none : w.search.found(n))
const searchableRooms = ({ rooms }: Board): readonly Room[] => roomsFound(rooms, '').filter(({ isSearchable }) => isSearchable)

function Choices({ label, all }: { readonly label: string; readonly all: readonly (readonly [jid: string, name: string])[] }) {
  if (all.length === 0) return null
  return (
    <optgroup label={label}>
      {all.map(([jid, name]) => (
        <option key={jid} value={jid}>
          {name}
        </option>
      ))}
    </optgroup>
  )
}

interface FoundProps {
  readonly one: Found
  readonly board: Board
  readonly now: Date
  readonly open: () => void
}
function FoundLine({ one, board, now, open }: FoundProps) {
  const { line } = one
  return (
    <li>
      <button class="plain" onClick={open}>
        <bdi>{titleFor(one, board)}</bdi>
      </button>{' '}
      <time class="more" dateTime={line.at.toISOString()}>
        {clockTime(line.at, now)}
      </time>
      <p>
        <bdi>{line.text}</bdi>
      </p>
    </li>
  )
}
function titleFor(one: Found, { roster, rooms }: Board): string {
  if (one.kind === 'room') {
    const { isMine, nick } = one.line
    return w.search.inRoom(isMine ? w.chat.you : nick, titleOf(rooms.get(one.jid) ?? { jid: one.jid, name: null }))
  }
  const name = nameOf(roster.get(one.jid) ?? { jid: one.jid, name: null })
  return one.line.mine ? w.search.toThem(name) : name
}
