/** What is said in a room: the lines, older ones from the archive, and the place to write. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import { mayTalk, type Room } from '../model/room.ts'
import type { Line, Note, Said } from '../model/room-lines.ts'
import { hueOf } from '../model/roster.ts'
import { clockTime } from '../model/words.ts'
import type { BoardSession } from '../session/board-session.ts'

interface Props {
  readonly room: Room
  readonly now: Date
  /** Whom the next message goes to; null: everybody. */
  readonly to: string | null
  readonly setTo: (nick: string | null) => void
  readonly session: BoardSession
}
/** As near to the end of the list, new lines are followed. */
const NEAR_PX = 80

export function RoomChat({ room, now, to, setTo, session }: Props) {
  const list = useFollowing(room.lines)
  return (
    <section class="chat" aria-label="Messages">
      <h3>Messages</h3>
      <ol ref={list} aria-live="polite" aria-label="What is said" tabIndex={0}>
        {room.older !== 'none' && room.older !== 'unknown' && (
          <li class="note">
            <button class="small" disabled={room.older === 'reading'} onClick={() => void session.rooms.readOlder(room.jid)}>
              {room.older === 'reading' ? 'Reading…' : 'Show older messages'}
            </button>
          </li>
        )}
        {room.lines.map((line) => [
          line.kind === 'note' ? (
            <NoteLine key={line.key} line={line} now={now} />
          ) : (
            <SaidLine key={line.key} line={line} now={now} takeBack={(id) => session.rooms.takeBack(room.jid, id)} />
          ),
          line.key === room.newAfter && (
            <li key="new" class="note new">
              New
            </li>
          ),
        ])}
      </ol>
      <Composer room={room} to={to} setTo={setTo} session={session} />
    </section>
  )
}

/** Keeps the end in sight while it is there, and the same lines when older ones come in front of them. */
function useFollowing(lines: readonly Line[]) {
  const list = useRef<HTMLOListElement>(null)
  const before = useRef({ first: '', height: 0, isAtEnd: true })
  const at = list.current
  if (at !== null) before.current.isAtEnd = at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_PX
  const [first, last] = [lines[0]?.key ?? '', lines.at(-1)]
  useLayoutEffect(() => {
    const element = list.current!
    const { first: was, height, isAtEnd } = before.current
    if (was !== first && was !== '' && !isAtEnd) element.scrollTop += element.scrollHeight - height
    else if (isAtEnd || (last?.kind === 'said' && last.isMine)) element.scrollTop = element.scrollHeight
    before.current = { first, height: element.scrollHeight, isAtEnd }
  }, [lines])
  return list
}

function NoteLine({ line, now }: { readonly line: Note; readonly now: Date }) {
  return (
    <li class="note">
      {line.text} <Time at={line.at} now={now} />
    </li>
  )
}
interface SaidProps {
  readonly line: Said
  readonly now: Date
  readonly takeBack: (archiveId: string) => void
}
function SaidLine({ line, now, takeBack }: SaidProps) {
  const { nick, text, isMine, state, privateWith, namesUs, at, archiveId } = line
  const classes = [isMine ? 'mine' : 'theirs', ...(namesUs ? ['names-us'] : []), ...(privateWith === null ? [] : ['private'])]
  return (
    <li class={classes.join(' ')}>
      <span class={`who hue-${hueOf(nick)}`}>{isMine ? 'You' : nick === '' ? 'The room' : nick}</span>
      {privateWith !== null && <em> {isMine ? `privately to ${privateWith}` : 'privately to you'}</em>}{' '}
      {text ?? <em>This message was taken back.</em>}
      <Time at={at} now={now} />
      {state === 'sent' && <em> on its way…</em>}
      {state === 'failed' && <em class="trouble"> not delivered</em>}
      {isMine && text !== null && archiveId !== null && (
        <button class="small take-back" onClick={() => takeBack(archiveId)}>
          Take back
        </button>
      )}
    </li>
  )
}
const Time = ({ at, now }: { readonly at: Date; readonly now: Date }) => (
  <time dateTime={at.toISOString()}>{clockTime(at, now)}</time>
)

function Composer({ room, to, setTo, session }: Omit<Props, 'now'>) {
  const field = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    if (to !== null) field.current?.focus()
  }, [to])
  if (room.stay !== 'in') return null
  if (!mayTalk(room) && to === null) return <p class="more">You may only listen in this room.</p>
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const text = String(new FormData(form).get('text')).trim()
    if (text !== '') session.rooms.say(room.jid, text, to)
    form.reset()
  }
  return (
    <form onSubmit={submit}>
      {to !== null && (
        <button type="button" class="small" onClick={() => setTo(null)} title="Write to everybody instead">
          To {to} only ✕
        </button>
      )}
      <label>
        <span class="unseen">{to === null ? 'Message to the room' : `Private message to ${to}`}</span>
        <input
          ref={field}
          name="text"
          autocomplete="off"
          placeholder={to === null ? 'Write to everybody' : `Write to ${to} privately`}
        />
      </label>
      <button class="main">Send</button>
    </form>
  )
}
