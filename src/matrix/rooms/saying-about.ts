/** What a user says of something that was said before (MXR-66 to 68): corrections, answers, reactions, as commands for the room. */
import type { Command, Target } from '../../rooms/machine/commands.ts'
import type { Said } from '../../rooms/machine/drafts.ts'
import type { Entry } from '../../rooms/log.ts'
import type { Seq } from '../../rooms/machine/room.ts'
import { el, type Element } from '../../xml/element.ts'
import { HINTS } from '../../xmpp/hints.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Payload } from '../../xmpp/packet.ts'
import { CORRECT, REACTIONS_MAX, reactionsElement, replyElements, withoutReplyFallback } from '../../xmpp/relations.ts'
import { forbidden, MatrixError, notFound } from '../http/errors.ts'
import { entryOfEvent } from '../ids/event-id.ts'
import type { Link } from '../ids/media-id.ts'
import type { AwakeRoom } from './awake-room.ts'
import type { JsonObject } from './json.ts'
import { formOf } from './message-text.ts'
import { answeredBy, correctionIn, isEmoji, REACTION, reactionIn } from './relations.ts'

export interface Wish {
  readonly awake: AwakeRoom
  readonly user: Jid
  /** What is at this place of the log or before it the user may not read: it is nothing to speak about. */
  readonly floor: Seq
  readonly type: string
  readonly content: JsonObject
  /** Of the entry, and the stanza. */
  readonly id: string
  /** What stands in the stanza beside what is said. @param text of its body */
  readonly marks: (text: string) => readonly Element[]
}
type Spoken = Extract<Entry, Target & { fromId: string | null }>

const KEY_OCTETS_MAX = 100
const QUOTED_LINES_MAX = 3
const QUOTED_LINE_MAX = 200

export const saidAs = (payload: Payload, id: string, mx: string | null): Said => ({
  payload,
  lang: null,
  fromId: id,
  givenId: id,
  mx,
  isPassing: false,
})

/** Where the file of an event is; null: it is none that clients of XMPP can get. */
export type LinkIn = (type: string, content: JsonObject) => Promise<Link | null> | null

export class SayingAbout {
  readonly #linkIn: LinkIn

  constructor(linkIn: LinkIn) {
    this.#linkIn = linkIn
  }
  /** Null: it is about nothing, or about nothing that XMPP has a form for. @throws MatrixError */
  async command(wish: Wish): Promise<Command | null> {
    const { type, content } = wish
    if (type === REACTION) return this.#reaction(wish)
    if (type !== 'm.room.message') return null
    const correction = correctionIn(content)
    if (correction !== null) return this.#correction(wish, correction.event, correction.content)
    const answered = answeredBy(content)
    return answered === null ? null : this.#answer(wish, answered)
  }
  /** Takes back one of the user's reactions. @throws MatrixError */
  async unreact({ awake, user, floor, id, marks }: Omit<Wish, 'type' | 'content'>, entry: Entry, part: number): Promise<Command> {
    const key = entry.kind === 'react' && entry.by === user.bare ? entry.added[part] : undefined
    const target = key === undefined ? null : await this.#message(awake, floor, entry.kind === 'react' ? entry.target : '')
    if (key === undefined || target === null) throw new MatrixError(403, 'M_FORBIDDEN', 'Only who reacts takes that back')
    const before = await awake.backing.log.reactionsOf(user.bare, target.id)
    if (!before.includes(key)) throw notFound('The reaction was taken back before')
    const now = before.filter((one) => one !== key)
    return { do: 'react', target, before, now, said: saidAs(reactions(awake.backing.nameOf(target), now, marks), id, null) }
  }

  async #reaction({ awake, user, floor, content, id, marks }: Wish): Promise<Command | null> {
    const reaction = reactionIn(content)
    if (reaction === null || !isEmoji(reaction.key) || Buffer.byteLength(reaction.key) > KEY_OCTETS_MAX) return null
    const target = await this.#message(awake, floor, entryOfEvent(reaction.event)?.entry ?? '')
    if (target === null) return null
    const before = await awake.backing.log.reactionsOf(user.bare, target.id)
    if (before.includes(reaction.key)) throw new MatrixError(400, 'M_DUPLICATE_ANNOTATION', 'You have reacted so before')
    if (before.length >= REACTIONS_MAX) throw forbidden(`A message takes at most ${REACTIONS_MAX} reactions of one person`)
    const now = [...before, reaction.key]
    return { do: 'react', target, before, now, said: saidAs(reactions(awake.backing.nameOf(target), now, marks), id, null) }
  }
  async #correction(
    { awake, user, floor, type, content, id, marks }: Wish,
    event: string,
    now: JsonObject,
  ): Promise<Command | null> {
    const target = await this.#message(awake, floor, entryOfEvent(event)?.entry ?? '')
    if (target?.by !== user.bare) return null
    const form = formOf(type, now, await this.#linkIn(type, now), (text) => [
      el('replace', CORRECT, { id: target.fromId ?? target.id }),
      ...marks(text),
    ])
    return form === null ? null : { do: 'correct', target, said: saidAs(form.payload, id, JSON.stringify({ type, content })) }
  }
  async #answer({ awake, floor, type, content, id, marks }: Wish, event: string): Promise<Command | null> {
    const target = await this.#message(awake, floor, entryOfEvent(event)?.entry ?? '')
    if (target === null) return null
    const quote = quoteOf(target)
    const who = awake.backing.authorOf(target)
    const form = formOf(
      type,
      content,
      await this.#linkIn(type, content),
      (text) => [...replyElements(awake.backing.nameOf(target), who, quote), ...marks(text)],
      quote,
    )
    return form === null ? null : { do: 'append', said: saidAs(form.payload, id, form.mx) }
  }
  /** A message that stands. A correction stands for what it corrects. */
  async #message({ backing: { log } }: AwakeRoom, floor: Seq, id: string): Promise<Spoken | null> {
    const entry = id === '' ? null : await log.byId(id)
    const root = entry?.kind === 'correct' ? await log.byId(entry.target) : entry
    return root?.kind === 'message' && root.seq > floor && !root.isRetracted ? root : null
  }
}
/** XEP-0444: all that the user says of it. Servers keep it. */
const reactions = (id: string, now: readonly string[], marks: Wish['marks']): Payload =>
  Payload.of(reactionsElement({ id, now }), ...marks(''), el('store', HINTS))

/** What clients show that do not know answers: the beginning of what is answered. */
function quoteOf({ nick, payload }: Spoken): string {
  const body = withoutReplyFallback(payload, payload.child('body')?.text ?? '')
  const lines = body.split('\n').slice(0, QUOTED_LINES_MAX)
  const quoted = lines.map(
    (line, i) => `> ${i === 0 && nick !== null ? `${nick}: ` : ''}${[...line].slice(0, QUOTED_LINE_MAX).join('')}\n`,
  )
  return quoted.join('')
}
