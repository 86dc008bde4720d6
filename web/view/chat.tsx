/** A conversation with one contact. */
import { lastOwn, type ChatArchive, type ChatLine, type Mark } from '../model/chat-lines.ts'
import type { Place } from '../model/place.ts'
import type { BoardSession } from '../session/board-session.ts'
import { locale, w } from '../words/index.ts'
import { Attach } from './attach.tsx'
import { Composer } from './composer.tsx'
import { Lines, Time, type Row } from './lines.tsx'
import { PlaceBar } from './place-bar.tsx'
import { Reactions } from './reactions.tsx'
import { SaidText } from './shared-file.tsx'

interface Props {
  readonly jid: string
  /** What the contact is called. */
  readonly name: string
  readonly lines: readonly ChatLine[]
  /** Since when we know that they are writing; undefined: they are not. */
  readonly writing: Date | undefined
  /** Undefined: nothing was asked of it yet. */
  readonly archive: ChatArchive | undefined
  /** Null: the newest lines are shown. */
  readonly place: Place | null
  readonly homes: ReadonlySet<string>
  readonly now: Date
  readonly session: BoardSession
}
/** XEP-0085: a client that is gone does not say that its user has stopped writing. */
const WRITING_MAX_MS = 60_000

export function Chat({ jid, name, lines, writing, archive, place, homes, now, session }: Props) {
  const { places, archives, chats } = session
  const say = (text: string, isFile: boolean): void => {
    if (place !== null) places.leave()
    chats.say(jid, text, isFile)
  }
  const excerpt = place?.chat ?? null
  const shown = excerpt?.lines ?? lines
  const last = place === null ? lastOwn(lines) : null
  const isWriting = writing !== undefined && now.getTime() - writing.getTime() < WRITING_MAX_MS
  return (
    <section class="chat" aria-label={w.chat.title}>
      <h3>{w.chat.title}</h3>
      {place !== null && <PlaceBar place={place} session={session} />}
      {shown.length === 0 && <p class="more">{archive?.older === 'reading' ? w.chat.reading : w.chat.none}</p>}
      <Lines
        rows={shown.map((line, i) =>
          rowOf(line, { name, homes, next: nextOwn(shown, i), takeBack: () => chats.takeBack(jid, line) }),
        )}
        older={
          excerpt === null
            ? { state: archive?.older ?? 'none', read: () => void archives.readOlder(jid) }
            : { state: excerpt.older, read: () => void places.readOlder() }
        }
        newer={{ state: excerpt?.newer ?? 'none', read: () => void places.readNewer() }}
        marked={place === null ? null : place.archiveId}
        now={now}
      />
      <p class="writing more" role="status">
        {isWriting && <bdi>{w.chat.isWriting(name)}</bdi>}
      </p>
      <Composer
        label={w.chat.message}
        hint={w.chat.hint}
        jid={jid}
        drafts={chats.drafts}
        send={(text) => say(text, false)}
        last={last === null ? null : { text: last.text, correct: (text) => chats.correct(jid, last, text) }}
        writes={(is) => (is ? chats.writes(jid) : chats.stops())}
      />
      <Attach session={session} share={(url) => say(url, true)} />
    </section>
  )
}

interface Around {
  readonly name: string
  readonly homes: Props['homes']
  /** Our next message; undefined: this is the last one. */
  readonly next: ChatLine | undefined
  readonly takeBack: () => void
}
const nextOwn = (lines: readonly ChatLine[], i: number): ChatLine | undefined => lines.slice(i + 1).find(({ mine }) => mine)

function rowOf(line: ChatLine, around: Around): Row {
  const { id, archiveId, mine, at } = line
  return {
    key: archiveId ?? id,
    at,
    kind: mine ? 'mine' : 'theirs',
    author: { name: mine ? w.chat.you : around.name, hue: null },
    content: <SaidLine line={line} around={around} />,
  }
}
function SaidLine({ line, around }: { readonly line: ChatLine; readonly around: Around }) {
  const { text, isFile, at, mine, mark, correctedAt, reactions } = line
  return (
    <>
      {text === null ? <em>{w.chat.takenBack}</em> : <SaidText text={text} isFile={isFile} homes={around.homes} />}
      <Time at={at} />
      {text !== null && correctedAt !== null && <Corrected at={correctedAt} />}
      {text !== null && mark !== null && mark !== around.next?.mark && <HowFar mark={mark} />}
      {mine && text !== null && mark !== 'going' && mark !== 'failed' && (
        <button class="small take-back" onClick={around.takeBack}>
          {w.chat.takeBack}
        </button>
      )}
      <Reactions all={[...reactions.theirs.map((sign) => [sign, around.name] as const), ...ours(reactions.mine)]} />
    </>
  )
}
const ours = (signs: readonly string[]) => signs.map((sign) => [sign, w.chat.you] as const)

/** Messages before the last one with the same mark do not repeat it. */
function HowFar({ mark }: { readonly mark: Mark }) {
  if (mark === 'failed') return <em class="trouble"> {w.chat.notDelivered}</em>
  return (
    <span class="mark" title={w.chat.meanings[mark]}>
      {' '}
      {w.chat.marks[mark]}
    </span>
  )
}
export const Corrected = ({ at }: { readonly at: Date }) => (
  <span class="mark" title={at.toLocaleString(locale)}>
    {' '}
    {w.chat.corrected}
  </span>
)
