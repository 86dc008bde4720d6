/** One contact in the list: the dot, the name, what they say, and how well that is known. */
import type { Board } from '../model/board.ts'
import { contactWords } from '../model/contact-words.ts'
import { faceOf } from '../model/faces.ts'
import { dotOf } from '../model/presence.ts'
import { isShared, nameOf, presenceOf, type Contact } from '../model/roster.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'
import { Avatar } from './avatar.tsx'
import { DotWithWords } from './dot.tsx'
import { Parts } from './parts.tsx'

interface Props {
  readonly contact: Contact
  readonly board: Board
  readonly session: BoardSession
  readonly now: Date
}

export function ContactRow({ contact, board, session, now }: Props) {
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
      <Avatar jid={contact.jid} name={name} dot={dot} board={board} session={session} />
      <span class="about">
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <span class="line">
          <DotWithWords dot={dot} />
          <span class="more">
            <Parts
              all={contactWords(
                { contact, view, face: faceOf(board.faces, contact.jid), refusal: board.refusals.get(contact.jid) },
                now,
              )}
            />
          </span>
        </span>
      </span>
      {board.unread.has(contact.jid) && <span class="unread">{w.list.newMessage}</span>}
    </button>
  )
}
