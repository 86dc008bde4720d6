/** What is said in a conversation: days, authors, messages; older and newer ones by a click; and the one that a search has led to. */
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { More } from '../model/place.ts'
import { dayTitle } from '../model/words.ts'
import { locale, w } from '../words/index.ts'

export interface Row {
  readonly key: string
  readonly at: Date
  readonly kind: 'mine' | 'theirs' | 'note'
  /** Signs for the style sheet. */
  readonly signs?: readonly string[]
  /** Null for a note. */
  readonly author: Author | null
  readonly content: ComponentChildren
  /** Behind it something was new when the conversation was opened. */
  readonly isLastRead?: boolean
}
interface Author {
  readonly name: string
  readonly hue: number | null
}
/** Further lines on one side. */
export interface Further {
  readonly state: More
  readonly read: () => void
}
interface Props {
  readonly rows: readonly Row[]
  readonly older: Further
  readonly newer: Further
  /** The key of the row that a search has led to; null: the newest are followed. */
  readonly marked: string | null
  readonly now: Date
}
/** As near to the end of the list, new lines are followed. */
const NEAR_PX = 80
/** After such a pause the name of the author is shown again. */
const PAUSE_MS = 10 * 60_000

export function Lines({ rows, older, newer, marked, now }: Props) {
  const list = useFollowing(rows, marked)
  const isAround = older.state !== 'reading' && newer.state !== 'reading'
  useEffect(() => {
    if (marked === null) return
    const row = list.current!.querySelector<HTMLElement>('[aria-current]')
    row?.scrollIntoView({ block: 'center' })
    row?.focus({ preventScroll: true })
  }, [marked, marked === null || isAround])
  return (
    <ol ref={list} aria-live="polite" aria-label={w.chat.said} tabIndex={rows.length === 0 ? -1 : 0}>
      <MoreLines further={older} words={w.chat.older} />
      {rows.map((row, i) => [
        isNewDay(rows[i - 1], row, now) && (
          <li key={`day ${row.key}`} class="note day">
            {dayTitle(row.at, now)}
          </li>
        ),
        <li
          key={row.key}
          class={[row.kind, ...(row.signs ?? []), ...(isGoingOn(rows[i - 1], row) ? ['again'] : [])].join(' ')}
          {...(row.key === marked ? { 'aria-current': 'true', 'tabIndex': -1 } : {})}
        >
          {row.author !== null && <Who author={row.author} />}
          {row.content}
        </li>,
        row.isLastRead === true && (
          <li key="new" class="note new">
            {w.chat.new}
          </li>
        ),
      ])}
      <MoreLines further={newer} words={w.chat.newer} />
    </ol>
  )
}
function MoreLines({ further: { state, read }, words }: { readonly further: Further; readonly words: string }) {
  if (state === 'none') return null
  return (
    <li class="note">
      <button class="small" disabled={state === 'reading'} onClick={read}>
        {state === 'reading' ? w.chat.reading : words}
      </button>
    </li>
  )
}
const Who = ({ author: { name, hue } }: { readonly author: Author }) => (
  <>
    <span class={hue === null ? 'who' : `who hue-${hue}`}>
      <bdi>{name}</bdi>
    </span>{' '}
  </>
)
export const Time = ({ at }: { readonly at: Date }) => (
  <time dateTime={at.toISOString()} title={at.toLocaleString(locale)}>
    {at.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })}
  </time>
)

const isSameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString()
/** What is said today needs no title, as long as nothing older stands in front of it. */
const isNewDay = (before: Row | undefined, { at }: Row, now: Date): boolean =>
  before === undefined ? !isSameDay(at, now) : !isSameDay(before.at, at)
const isGoingOn = (before: Row | undefined, { author, at, kind }: Row): boolean =>
  before !== undefined &&
  author !== null &&
  before.author?.name === author.name &&
  before.kind === kind &&
  before.isLastRead !== true &&
  isSameDay(before.at, at) &&
  at.getTime() - before.at.getTime() < PAUSE_MS

/** Keeps the end in sight while it is there, and the same lines when older ones come in front of them. */
function useFollowing(rows: readonly Row[], marked: string | null) {
  const list = useRef<HTMLOListElement>(null)
  const before = useRef({ first: '', height: 0, isAtEnd: true })
  const at = list.current
  if (at !== null) before.current.isAtEnd = at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_PX
  const [first, last] = [rows[0]?.key ?? '', rows.at(-1)]
  useLayoutEffect(() => {
    const element = list.current!
    const { first: was, height, isAtEnd } = before.current
    if (was !== first && was !== '' && (!isAtEnd || marked !== null)) element.scrollTop += element.scrollHeight - height
    else if (marked === null && (isAtEnd || last?.kind === 'mine')) element.scrollTop = element.scrollHeight
    before.current = { first, height: element.scrollHeight, isAtEnd }
  }, [first, last?.key, rows.length, marked])
  return list
}
