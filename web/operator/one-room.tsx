/** One room: what it is, who is in it and how sure that is, who has which affiliation; and its end. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Dot } from '../model/presence.ts'
import { changedRoute, hashOf, type Route } from '../model/route.ts'
import { ago } from '../model/words.ts'
import { locale } from '../words/language.ts'
import { DotWithWords } from '../view/dot.tsx'
import { Affiliations } from './affiliations.tsx'
import { Words } from './explain.tsx'
import { Pager } from './navigation.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { ExplanationReport, OccupantPageReport, OccupantReport, RoomReport } from './reports.ts'
import { PuttingOut } from './putting-out.tsx'
import type { Server } from './server.ts'
import { o } from './words.ts'

interface Props {
  readonly server: Server
  readonly mayChange: boolean
  readonly route: Route
  readonly room: string
}
const ROWS = 50

export function OneRoom(props: Props) {
  const { server, mayChange, route, room } = props
  const { result, trouble: noReport } = useOrder<RoomReport>(server, 'room.show', { room })
  const [trouble, setTrouble] = useState<string | null>(null)
  const [destroyed, setDestroyed] = useState(false)
  const destroy = async (reason: string, alternate: string): Promise<void> => {
    const failure = await server.order('room.destroy', { room, reason, alternate }).then(
      () => null,
      (error: Error) => error.message,
    )
    setTrouble(failure)
    setDestroyed(failure === null)
  }
  const back = <a href={hashOf({ page: 'rooms', options: {} })}>{o.rooms.all}</a>
  if (destroyed)
    return (
      <Panel title={room} trouble={null}>
        <p role="status">{o.rooms.destroyed(room)}</p>
        <p>{back}</p>
      </Panel>
    )
  const list = route.options['list'] === 'affiliations' ? 'affiliations' : 'occupants'
  return (
    <Panel title={room} trouble={trouble ?? noReport}>
      <p>{back}</p>
      {result !== null && (
        <>
          <Facts room={result} />
          {mayChange && <Destroying room={room} destroy={(reason, alternate) => void destroy(reason, alternate)} />}
          <nav aria-label={o.rooms.lists}>
            <ul>
              {(['occupants', 'affiliations'] as const).map((name) => (
                <li key={name}>
                  <a href={hashOf(changedRoute(route, { list: name }))} aria-current={name === list ? 'page' : undefined}>
                    {o.rooms[name]}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          {list === 'occupants' ? <Occupants {...props} /> : <Affiliations {...props} />}
        </>
      )}
    </Panel>
  )
}

/** For example "3 occupants, 1 in doubt". */
export const insideWords = ({ occupants, doubted }: Pick<RoomReport, 'occupants' | 'doubted'>): string =>
  o.rooms.inside(occupants, doubted)

/** Settings that say nothing are left out. */
function Facts({ room }: { readonly room: RoomReport }) {
  const { subject, lockedFor, createdAt, sent, settings } = room
  const now = new Date()
  const words = o.rooms.facts
  const facts: readonly (readonly [string, string])[] = [
    [words.inside, insideWords(room)],
    [words.made, ago(new Date(createdAt), now)],
    ...(lockedFor === null ? [] : [[words.locked, o.rooms.lockedFor(lockedFor)] as const]),
    ...(subject === null
      ? []
      : [[words.subject, o.rooms.subjectBy(subject.text, subject.by, ago(new Date(subject.at), now))] as const]),
    [words.sent, sent.toLocaleString(locale)],
  ]
  const rows = ([name, value]: readonly [string, string]) => (
    <div key={name}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
  return (
    <>
      <dl class="facts">{facts.map(rows)}</dl>
      <details>
        <summary>{o.rooms.settings}</summary>
        <dl class="facts">
          {Object.entries(settings)
            .filter(([, value]) => value !== '')
            .map(rows)}
        </dl>
      </details>
    </>
  )
}

interface DestroyingProps {
  readonly room: string
  readonly destroy: (reason: string, alternate: string) => void
}

/** Asks for confirmation, and for what the occupants are told. */
function Destroying({ room, destroy }: DestroyingProps) {
  const [sure, setSure] = useState(false)
  const reason = useRef<HTMLInputElement>(null)
  useEffect(() => reason.current?.focus(), [sure])
  if (!sure)
    return (
      <button class="danger" onClick={() => setSure(true)}>
        {o.rooms.destroy}
      </button>
    )
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    destroy(String(data.get('reason')), String(data.get('alternate')).trim())
  }
  return (
    <form class="row asking" onSubmit={submit} aria-label={o.rooms.destroyOf(room)}>
      <label>
        {o.reasonOccupants}
        <input ref={reason} name="reason" maxLength={200} autocomplete="off" />
      </label>
      <label>
        {o.rooms.alternate}
        <input name="alternate" autocomplete="off" />
      </label>
      <button class="danger">{o.rooms.sureToDestroy(room)}</button>
      <button type="button" onClick={() => setSure(false)}>
        {o.leaveIt}
      </button>
    </form>
  )
}

function Occupants({ server, mayChange, route, room }: Props) {
  const { after = '' } = route.options
  const args = { room, after, limit: ROWS }
  const { result, isCurrent, trouble, refresh } = useOrder<OccupantPageReport>(server, 'room.occupants', args)
  return (
    <section aria-label={o.rooms.occupants}>
      <p role="status" class="trouble">
        {trouble}
      </p>
      <ul class="users">
        {result?.occupants.map((occupant) => (
          <OneOccupant key={occupant.nick} {...{ server, mayChange, room, occupant, refresh }} />
        ))}
      </ul>
      {result?.occupants.length === 0 && <p class="empty">{o.rooms.empty}</p>}
      <Pager route={route} next={isCurrent ? (result?.next ?? null) : null} />
    </section>
  )
}

interface OccupantProps {
  readonly server: Server
  readonly room: string
  readonly mayChange: boolean
  readonly occupant: OccupantReport
  readonly refresh: () => void
}

function OneOccupant({ server, mayChange, room, occupant, refresh }: OccupantProps) {
  const { nick, role, affiliation, sessions } = occupant
  const [why, setWhy] = useState<ExplanationReport | string | null>(null)
  const explain = (): void =>
    void server.order<ExplanationReport>('explain.room', { room, nick }).then(setWhy, (error: Error) => setWhy(error.message))
  return (
    <li>
      <span class="about">
        <span>
          <DotWithWords dot={dotOf(occupant)} /> <strong>{nick}</strong> {role}
          {affiliation !== 'none' && `, ${affiliation}`}
        </span>
        <span class="more">{sessions.join(', ')}</span>
      </span>
      <button onClick={explain} aria-label={o.rooms.whyOf(nick)}>
        {o.rooms.why}
      </button>
      {mayChange && <PuttingOut server={server} room={room} occupant={occupant} done={refresh} />}
      <div role="status" class="answer">
        {typeof why === 'string' ? <p class="trouble">{why}</p> : why !== null && <Words explanation={why} />}
      </div>
    </li>
  )
}

const SHOWS: ReadonlySet<string> = new Set(['chat', 'away', 'xa', 'dnd'] satisfies Dot[])
/** A doubt counts before what the occupant has said: it may no longer be so. */
function dotOf({ doubts, show }: OccupantReport): Dot {
  if (doubts.length > 0) return doubts.includes('server-unavailable') ? 'link-lost' : 'paused'
  return SHOWS.has(show) ? (show as Dot) : 'available'
}
