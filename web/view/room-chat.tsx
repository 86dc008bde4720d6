/** What is said in a room: the lines, older ones from the archive, and the place to write. */
import { mayTalk, type Room } from '../model/room.ts'
import type { Place } from '../model/place.ts'
import type { Line, Said } from '../model/room-lines.ts'
import { hueOf } from '../model/roster.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'
import { Attach } from './attach.tsx'
import { Composer } from './composer.tsx'
import { Lines, Time, type Row } from './lines.tsx'
import { PlaceBar } from './place-bar.tsx'
import { SaidText } from './shared-file.tsx'

interface Props {
  readonly room: Room
  /** Null: the newest lines are shown. */
  readonly place: Place | null
  readonly now: Date
  /** Whom the next message goes to; null: everybody. */
  readonly to: string | null
  readonly setTo: (nick: string | null) => void
  readonly homes: ReadonlySet<string>
  readonly session: BoardSession
}

export function RoomChat({ room, place, to, setTo, homes, now, session }: Props) {
  const { places, rooms } = session
  const excerpt = place?.room ?? null
  const takeBack = (id: string): void => rooms.takeBack(room.jid, id)
  const shown: readonly Line[] = excerpt?.lines ?? room.lines
  const older = room.older === 'unknown' ? 'none' : room.older
  return (
    <section class="chat" aria-label={w.chat.title}>
      <h3>{w.chat.title}</h3>
      {place !== null && <PlaceBar place={place} session={session} />}
      <Lines
        rows={shown.map((line) => ({ ...rowOf(line, homes, takeBack), isLastRead: line.key === room.newAfter }))}
        older={
          excerpt === null
            ? { state: older, read: () => void rooms.readOlder(room.jid) }
            : { state: excerpt.older, read: () => void places.readOlder() }
        }
        newer={{ state: excerpt?.newer ?? 'none', read: () => void places.readNewer() }}
        marked={place === null ? null : place.archiveId}
        now={now}
      />
      <Writing room={room} to={to} setTo={setTo} place={place} session={session} />
    </section>
  )
}

type TakeBack = (archiveId: string) => void
function rowOf(line: Line, homes: Props['homes'], takeBack: TakeBack): Row {
  const { key, at } = line
  if (line.kind === 'note') {
    const content = (
      <>
        {line.text} <Time at={at} />
      </>
    )
    return { key, at, kind: 'note', author: null, content }
  }
  const { nick, isMine, privateWith, namesUs } = line
  return {
    key,
    at,
    kind: isMine ? 'mine' : 'theirs',
    signs: [...(namesUs ? ['names-us'] : []), ...(privateWith === null ? [] : ['private'])],
    author: { name: isMine ? w.chat.you : nick === '' ? w.room.theRoom : nick, hue: hueOf(nick) },
    content: <SaidLine line={line} homes={homes} takeBack={takeBack} />,
  }
}
interface SaidProps {
  readonly line: Said
  readonly homes: Props['homes']
  readonly takeBack: TakeBack
}
function SaidLine({ line, homes, takeBack }: SaidProps) {
  const { text, isFile, isMine, state, privateWith, at, archiveId } = line
  return (
    <>
      {privateWith !== null && <em>{isMine ? w.room.privatelyTo(privateWith) : w.room.privatelyToYou} </em>}
      {text === null ? <em>{w.chat.takenBack}</em> : <SaidText text={text} isFile={isFile} homes={homes} />}
      <Time at={at} />
      {state === 'sent' && <em> {w.chat.onItsWay}</em>}
      {state === 'failed' && <em class="trouble"> {w.chat.notDelivered}</em>}
      {isMine && text !== null && archiveId !== null && (
        <button class="small take-back" onClick={() => takeBack(archiveId)}>
          {w.chat.takeBack}
        </button>
      )}
    </>
  )
}

function Writing({ room, to, setTo, place, session }: Omit<Props, 'now' | 'homes'>) {
  if (room.stay !== 'in') return null
  if (!mayTalk(room) && to === null)
    return (
      <p class="more">
        {w.room.onlyListen} <button onClick={() => session.rooms.orders.askForVoice(room.jid)}>{w.room.askToSpeak}</button>
      </p>
    )
  const say = (text: string, isFile: boolean): void => {
    if (place !== null) session.places.leave()
    session.rooms.say(room.jid, text, to, isFile)
  }
  return (
    <>
      <Composer
        label={to === null ? w.room.messageToAll : w.room.messageTo(to)}
        hint={to === null ? w.room.hintAll : w.room.hintTo(to)}
        jid={room.jid}
        drafts={session.chats.drafts}
        send={(text) => say(text, false)}
        last={null}
        writes={() => {}}
        focusFor={to}
      >
        {to !== null && (
          <button type="button" class="small" onClick={() => setTo(null)} title={w.room.everybodyInstead}>
            {w.room.toOnly(to)}
          </button>
        )}
      </Composer>
      <Attach session={session} share={(url) => say(url, true)} />
    </>
  )
}
