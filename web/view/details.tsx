/** One contact: every resource and how well its presence is known, the subscription both ways, name and groups, and a chat. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import { placeIn, type Board } from '../model/board.ts'
import { contactWords, saidThen } from '../model/contact-words.ts'
import { faceOf } from '../model/faces.ts'
import { dotOf, dotOfResource, type PresenceView, type ResourceView } from '../model/presence.ts'
import { isShared, nameOf, presenceOf, seesUs, type Contact } from '../model/roster.ts'
import { ago, DOT_MEANING, doubtedFor, lasting } from '../model/words.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'
import { groupsIn } from './add-contact.tsx'
import { Avatar } from './avatar.tsx'
import { Chat } from './chat.tsx'
import { DotWithWords } from './dot.tsx'
import { Parts } from './parts.tsx'
import { PersonSeen } from './seen.tsx'

interface Props {
  readonly contact: Contact
  readonly board: Board
  readonly session: BoardSession
  readonly now: Date
}

export function Details({ contact, board, session, now }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useLayoutEffect(() => {
    heading.current?.focus()
    return () => document.querySelector<HTMLElement>(`[data-jid="${CSS.escape(contact.jid)}"]`)?.focus()
  }, [])
  const view = presenceOf(board.presences, contact.jid)
  const dot = dotOf(view, isShared(contact))
  return (
    <aside
      class="details"
      aria-label={w.person.about(nameOf(contact))}
      onKeyDown={(event) => event.key === 'Escape' && session.open(null)}
    >
      <header>
        <button class="close" onClick={() => session.open(null)}>
          {w.person.close}
        </button>
        <div class="who">
          <Avatar jid={contact.jid} name={nameOf(contact)} dot={null} board={board} session={session} />
          <h2 ref={heading} tabIndex={-1}>
            <bdi>{nameOf(contact)}</bdi>
          </h2>
        </div>
        <p class="standing">
          <DotWithWords dot={dot} />{' '}
          <span class="more">
            <Parts all={contactWords({ contact, view, face: faceOf(board.faces, contact.jid), refusal: undefined }, now)} />
          </span>
        </p>
        {DOT_MEANING[dot] !== undefined && <p class="meaning">{DOT_MEANING[dot]}</p>}
      </header>
      <div class="parts">
        <Chat
          jid={contact.jid}
          name={nameOf(contact)}
          lines={board.chats.get(contact.jid) ?? []}
          writing={board.writing.get(contact.jid)}
          archive={board.archives.get(contact.jid)}
          place={placeIn(board, contact.jid)}
          homes={board.homes}
          now={now}
          session={session}
        />
        <div class="person">
          <p class="more">{contact.jid}</p>
          <Resources view={view} now={now} />
          <Sharing contact={contact} refusal={board.refusals.get(contact.jid)} session={session} />
          <PersonSeen contact={contact} board={board} session={session} now={now} />
          <Naming contact={contact} isContact={board.roster.has(contact.jid)} session={session} />
        </div>
      </div>
    </aside>
  )
}

function Resources({ view, now }: { readonly view: PresenceView; readonly now: Date }) {
  if (view.resources.length === 0) {
    if (view.lastSeen === null) return null
    return (
      <p>
        {w.person.lastSeen(ago(view.lastSeen, now))}
        {view.farewell !== null && <q>{view.farewell}</q>}
      </p>
    )
  }
  return (
    <section aria-label={w.person.devices}>
      <h3>{view.heard ? w.person.devices : w.person.devicesLastKnown}</h3>
      <ul class="resources">
        {view.resources.map((r) => (
          <li key={r.resource}>
            <strong>{r.resource}</strong> <DotWithWords dot={view.heard ? dotOfResource(r) : 'unknown'} />
            <span class="more">
              <Parts all={resourceWords(r, view.heard, now)} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function resourceWords(resource: ResourceView, isHeard: boolean, now: Date): readonly string[] {
  const { status, saidAt, idleSince, doubts, priority } = resource
  return [
    ...(!isHeard || doubts.length > 0
      ? [saidThen(resource, now)]
      : saidAt === null
        ? []
        : [w.times.lastingFor(lasting(saidAt, now))]),
    ...(status === null ? [] : [status]),
    ...(idleSince === null ? [] : [w.times.idleFor(lasting(idleSince, now))]),
    ...doubts.map((doubt) => doubtedFor(doubt, now)),
    w.person.priority(priority),
  ]
}

interface SharingProps {
  readonly contact: Contact
  /** The error with which a request to the contact came back. */
  readonly refusal: string | undefined
  readonly session: BoardSession
}

function Sharing({ contact, refusal, session }: SharingProps) {
  const { jid } = contact
  return (
    <section aria-label={w.person.sharing}>
      <h3>{w.person.sharing}</h3>
      {refusal !== undefined && <p class="trouble">{refusal}</p>}
      <p>
        {isShared(contact) ? w.person.youSee : contact.asked ? w.person.youAsked : w.person.youDoNotSee}{' '}
        {isShared(contact) || contact.asked ? (
          <button class="small" onClick={() => session.unfollow(jid)}>
            {isShared(contact) ? w.person.stopSeeing : w.person.takeBack}
          </button>
        ) : (
          <button class="small" onClick={() => session.ask(jid)}>
            {w.person.ask}
          </button>
        )}
      </p>
      <p>
        {seesUs(contact) ? w.person.theySee : contact.preApproved ? w.person.theyMaySee : w.person.theyDoNotSee}{' '}
        {seesUs(contact) || contact.preApproved ? (
          <button class="small" onClick={() => session.deny(jid)}>
            {w.person.hide}
          </button>
        ) : (
          <button class="small" onClick={() => session.approve(jid)}>
            {w.person.approve}
          </button>
        )}
      </p>
    </section>
  )
}

interface NamingProps {
  readonly contact: Contact
  readonly isContact: boolean
  readonly session: BoardSession
}
function Naming({ contact, isContact, session }: NamingProps) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const name = String(form.get('name')).trim()
    void session.save({ jid: contact.jid, name: name === '' ? null : name, groups: groupsIn(String(form.get('groups'))) })
  }
  return (
    <form class="naming" onSubmit={submit} aria-label={w.person.naming}>
      <h3>{w.person.naming}</h3>
      <label>
        {w.add.name}
        <input name="name" defaultValue={contact.name ?? ''} autocomplete="off" />
      </label>
      <label>
        {w.add.groups}
        <input name="groups" defaultValue={contact.groups.join(', ')} autocomplete="off" />
      </label>
      <button>{isContact ? w.person.save : w.person.makeContact}</button>
      {isContact && (
        <button type="button" class="danger" onClick={() => void session.remove(contact.jid)}>
          {w.person.remove}
        </button>
      )}
    </form>
  )
}
