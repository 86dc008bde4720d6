/** The contacts as cards, in their groups. */
import type { Board } from '../model/board.ts'
import { dotOf, dotOfResource, gravest, type PresenceView } from '../model/presence.ts'
import { groupsOf, hueOf, initials, isShared, nameOf, presenceOf, type Contact } from '../model/roster.ts'
import { ago, DOT_WORDS, doubtedFor, lasting } from '../model/words.ts'
import type { BoardSession } from '../session/board-session.ts'
import { DotMark, DotWithWords } from './dot.tsx'

interface Props {
  readonly board: Board
  readonly session: BoardSession
  readonly now: Date
}

export function Contacts({ board, session, now }: Props) {
  if (board.roster.size === 0 && !board.isRosterRead) return <p class="empty">Your contacts are being read…</p>
  if (board.roster.size === 0) return <p class="empty">You have no contacts yet. Add one to see their presence.</p>
  return (
    <>
      {groupsOf(board.roster, board.presences).map(({ name, contacts }) => (
        <section key={name ?? ''} aria-label={name ?? 'Contacts without a group'}>
          <h2>{name ?? (board.roster.size === contacts.length ? 'Contacts' : 'Without a group')}</h2>
          <ul class="cards">
            {contacts.map((contact) => (
              <li key={contact.jid}>
                <Card contact={contact} board={board} session={session} now={now} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  )
}

function Card({ contact, board, session, now }: Props & { readonly contact: Contact }) {
  const view = presenceOf(board.presences, contact.jid)
  const dot = dotOf(view, isShared(contact))
  const name = nameOf(contact)
  return (
    <button
      class={`card ${dot}`}
      data-jid={contact.jid}
      data-dot={dot}
      aria-pressed={board.open === contact.jid}
      onClick={() => session.open(board.open === contact.jid ? null : contact.jid)}
    >
      <span class={`avatar hue-${hueOf(contact.jid)}`} aria-hidden="true">
        {initials(name)}
        <DotMark dot={dot} />
      </span>
      <span class="about">
        <strong>{name}</strong>
        <DotWithWords dot={dot} />
        <span class="more">{words(contact, view, now, board.refusals.get(contact.jid))}</span>
      </span>
      {board.unread.has(contact.jid) && <span class="unread">new message</span>}
    </button>
  )
}

/** @param refusal the error with which a request to the contact came back */
function words(contact: Contact, view: PresenceView, now: Date, refusal: string | undefined): string {
  const best = view.resources[0]
  const parts: string[] = []
  if (best !== undefined && !view.heard) parts.push(`last known: ${DOT_WORDS[dotOfResource(best)].toLowerCase()}`)
  if (best !== undefined) {
    if (best.status !== null) parts.push(best.status)
    if (best.idleSince !== null) parts.push(`idle for ${lasting(best.idleSince, now)}`)
    const doubt = gravest(best.doubts)
    if (doubt !== null) {
      parts.push(doubtedFor(doubt, now))
      parts.push(best.saidAt === null ? 'how old is not known' : `as of ${ago(best.saidAt, now)}`)
    }
    if (view.resources.length > 1) parts.push(`${view.resources.length} devices`)
  } else if (view.lastSeen !== null) parts.push(`last seen ${ago(view.lastSeen, now)}`)
  if (refusal !== undefined) parts.push('your request did not reach them')
  else if (contact.asked) parts.push('has not answered your request yet')
  return parts.join(' · ')
}
