/** A conversation with one contact. */
import type { ChatArchive, ChatLine } from '../model/chat-lines.ts'
import type { Place } from '../model/place.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'
import { Attach } from './attach.tsx'
import { Lines, Time, type Row } from './lines.tsx'
import { PlaceBar } from './place-bar.tsx'
import { SaidText } from './shared-file.tsx'

interface Props {
  readonly jid: string
  /** What the contact is called. */
  readonly name: string
  readonly lines: readonly ChatLine[]
  /** Undefined: nothing was asked of it yet. */
  readonly archive: ChatArchive | undefined
  /** Null: the newest lines are shown. */
  readonly place: Place | null
  readonly homes: ReadonlySet<string>
  readonly now: Date
  readonly session: BoardSession
}

export function Chat({ jid, name, lines, archive, place, homes, now, session }: Props) {
  const { places, archives } = session
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const text = String(new FormData(form).get('text')).trim()
    if (text !== '') say(text, false)
    form.reset()
  }
  const say = (text: string, isFile: boolean): void => {
    if (place !== null) places.leave()
    session.say(jid, text, isFile)
  }
  const excerpt = place?.chat ?? null
  const shown = excerpt?.lines ?? lines
  return (
    <section class="chat" aria-label={w.chat.title}>
      <h3>{w.chat.title}</h3>
      {place !== null && <PlaceBar place={place} session={session} />}
      {shown.length === 0 && <p class="more">{archive?.older === 'reading' ? w.chat.reading : w.chat.none}</p>}
      <Lines
        rows={shown.map((line) => rowOf(line, name, homes))}
        older={
          excerpt === null
            ? { state: archive?.older ?? 'none', read: () => void archives.readOlder(jid) }
            : { state: excerpt.older, read: () => void places.readOlder() }
        }
        newer={{ state: excerpt?.newer ?? 'none', read: () => void places.readNewer() }}
        marked={place === null ? null : place.archiveId}
        now={now}
      />
      <form onSubmit={submit}>
        <label>
          <span class="unseen">{w.chat.message}</span>
          <input name="text" autocomplete="off" placeholder={w.chat.hint} />
        </label>
        <button class="main">{w.chat.send}</button>
      </form>
      <Attach session={session} share={(url) => say(url, true)} />
    </section>
  )
}

const rowOf = ({ id, archiveId, mine, text, isFile, at, failed }: ChatLine, name: string, homes: Props['homes']): Row => ({
  key: archiveId ?? id,
  at,
  kind: mine ? 'mine' : 'theirs',
  author: { name: mine ? w.chat.you : name, hue: null },
  content: (
    <>
      <SaidText text={text} isFile={isFile} homes={homes} />
      <Time at={at} />
      {failed && <em class="trouble"> {w.chat.notDelivered}</em>}
    </>
  ),
})
