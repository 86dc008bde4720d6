/** One contact: every resource and how well its presence is known, the subscription both ways, name and groups, and a chat. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Board } from '../model/board.ts'
import { dotOf, dotOfResource, type PresenceView } from '../model/presence.ts'
import { isShared, nameOf, presenceOf, seesUs, type Contact } from '../model/roster.ts'
import { ago, DOT_MEANING, doubtedFor, lasting } from '../model/words.ts'
import type { BoardSession } from '../session/board-session.ts'
import { groupsIn } from './add-contact.tsx'
import { Chat } from './chat.tsx'
import { DotWithWords } from './dot.tsx'

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
      aria-label={`About ${nameOf(contact)}`}
      onKeyDown={(event) => event.key === 'Escape' && session.open(null)}
    >
      <button class="close" onClick={() => session.open(null)}>
        Close
      </button>
      <h2 ref={heading} tabIndex={-1}>
        {nameOf(contact)}
      </h2>
      <p>{contact.jid}</p>
      <p>
        <DotWithWords dot={dot} />
      </p>
      {DOT_MEANING[dot] !== undefined && <p class="meaning">{DOT_MEANING[dot]}</p>}
      <Resources view={view} now={now} />
      <Chat jid={contact.jid} lines={board.chats.get(contact.jid) ?? []} session={session} />
      <Sharing contact={contact} refusal={board.refusals.get(contact.jid)} session={session} />
      <Naming contact={contact} session={session} />
    </aside>
  )
}

function Resources({ view, now }: { readonly view: PresenceView; readonly now: Date }) {
  if (view.resources.length === 0) {
    if (view.lastSeen === null) return null
    return (
      <p>
        Last seen {ago(view.lastSeen, now)}
        {view.farewell !== null && <q>{view.farewell}</q>}
      </p>
    )
  }
  return (
    <section aria-label="Devices">
      <h3>{view.heard ? 'Devices' : 'Devices, as last known'}</h3>
      <ul class="resources">
        {view.resources.map((r) => (
          <li key={r.resource}>
            <strong>{r.resource}</strong> <DotWithWords dot={dotOfResource(r)} />
            <span class="more">
              {r.status !== null && <q>{r.status}</q>} priority {r.priority}
              {r.saidAt !== null && `, said ${ago(r.saidAt, now)}`}
              {r.idleSince !== null && `, idle for ${lasting(r.idleSince, now)}`}
              {r.doubts.map((doubt) => `, ${doubtedFor(doubt, now)}`)}
              {r.doubts.map((doubt) => doubt.words !== null && ` — ${doubt.words}`)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
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
    <section aria-label="Who sees whom">
      <h3>Who sees whom</h3>
      {refusal !== undefined && <p class="trouble">{refusal}</p>}
      <p>
        {isShared(contact) ? 'You see their presence. ' : contact.asked ? 'You have asked to see their presence. ' : ''}
        {!isShared(contact) && !contact.asked && 'You do not see their presence. '}
        {isShared(contact) || contact.asked ? (
          <button onClick={() => session.unfollow(jid)}>{isShared(contact) ? 'Stop seeing it' : 'Take the request back'}</button>
        ) : (
          <button onClick={() => session.ask(jid)}>Ask to see it</button>
        )}
      </p>
      <p>
        {seesUs(contact) ? 'They see your presence. ' : contact.preApproved ? 'They may see yours when they ask. ' : ''}
        {!seesUs(contact) && !contact.preApproved && 'They do not see your presence. '}
        {seesUs(contact) || contact.preApproved ? (
          <button onClick={() => session.deny(jid)}>Hide it from them</button>
        ) : (
          <button onClick={() => session.approve(jid)}>Approve in advance</button>
        )}
      </p>
    </section>
  )
}

function Naming({ contact, session }: { readonly contact: Contact; readonly session: BoardSession }) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const name = String(form.get('name')).trim()
    void session.save({ jid: contact.jid, name: name === '' ? null : name, groups: groupsIn(String(form.get('groups'))) })
  }
  return (
    <form class="naming" onSubmit={submit} aria-label="Name and groups">
      <h3>Name and groups</h3>
      <label>
        Name
        <input name="name" defaultValue={contact.name ?? ''} autocomplete="off" />
      </label>
      <label>
        Groups, with commas between them
        <input name="groups" defaultValue={contact.groups.join(', ')} autocomplete="off" />
      </label>
      <button>Save</button>
      <button type="button" class="danger" onClick={() => void session.remove(contact.jid)}>
        Remove this contact
      </button>
    </form>
  )
}
