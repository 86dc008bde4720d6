/** Messages that are taken back: by their author (XEP-0424), or by a moderator (XEP-0425). What was said is gone from the archive. */
import { occupantId } from '../../rooms/machine/occupants.ts'
import type { Command } from '../../rooms/machine/commands.ts'
import { occupantOfSession, type Room } from '../../rooms/machine/room.ts'
import type { LabelledRooms } from '../../rooms/labelled-rooms.ts'
import type { RoomLog } from '../../rooms/room-log.ts'
import type { ServiceRequest } from '../../server/routing/registry.ts'
import { el, type Element } from '../../xml/element.ts'
import { decode, type Wire } from '../../xml/wire.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Payload, type Packet } from '../../xmpp/packet.ts'
import { FASTEN, OLD_RETRACT, RETRACT, retractedIn } from '../../xmpp/retraction.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { actorOf } from './incoming-presence.ts'
import { OCCUPANT_ID } from './ns.ts'
import { orThrow, type Orders } from './orders.ts'
import { refused } from './refused.ts'
import { NO_SUBJECT } from './said.ts'

export const MODERATE = 'urn:xmpp:message-moderate:1'
/** XEP-0425 0.2, with XEP-0422. */
export const OLD_MODERATE = 'urn:xmpp:message-moderate:0'

type Retract = Extract<Command, { do: 'retract' }>
type Said = Retract['said']

export interface RetractingParts {
  readonly rooms: Orders
  readonly log: RoomLog
  /** Null: nothing is judged by security labels. */
  readonly labels: LabelledRooms | null
  readonly now: () => number
  readonly nextId: () => Wire
}

/** What a moderator asks for, in either form. */
function wishIn(payload: Element): { readonly id: string | undefined; readonly reason: string } {
  const isOld = payload.name === 'apply-to'
  const moderate = isOld ? payload.child('moderate', OLD_MODERATE) : payload
  const isRetract = moderate?.child('retract', isOld ? OLD_RETRACT : RETRACT) !== undefined
  return { id: isRetract ? payload.attr('id') : undefined, reason: moderate?.child('reason')?.text ?? '' }
}
/** XEP-0425 0.2, which clients still know. */
function inOldForm(id: string, { attrs }: Element, reason: string): Element {
  const why = reason === '' ? [] : [el('reason', OLD_MODERATE, {}, reason)]
  return el('apply-to', FASTEN, { id }, el('moderated', OLD_MODERATE, attrs, el('retract', OLD_RETRACT), ...why))
}

/**
 * The id of the message that this one takes back, in either form; undefined: it takes back none.
 * @param by the room
 * @throws StanzaError bad-request: it names no message, or several, of which others may have said some
 */
export function retractedBy(payload: Payload, by: string): string | undefined {
  const [id, ...more] = retractedIn(payload)
  if (id === '' || more.length > 0) throw new StanzaError('bad-request', { by, text: 'One message must be named' })
  return id
}

export class Retracting {
  readonly #parts: RetractingParts

  constructor(parts: RetractingParts) {
    this.#parts = parts
  }
  /** XEP-0424 5: what its author has said. */
  async byAuthor(packet: Packet, id: string, said: Said): Promise<void> {
    const room = await this.#room(packet)
    const retracted = el('retracted', RETRACT, { id: said.fromId ?? undefined, stamp: formatDateTime(this.#parts.now()) })
    const target = await this.#target(room, id, packet.from)
    const tombstone = Payload.of(retracted)
    const noSubject = this.#noSubject()
    const corrections = await this.#parts.log.correctionsOf(room, target.id)
    const command: Retract = { do: 'retract', target, corrections, moderated: false, reason: '', said, noSubject, tombstone }
    await orThrow(this.#parts.rooms.perform(room.address, actorOf(packet), command), packet)
  }
  /** XEP-0425 4 and 5; ROOM-114: the tombstone is stored, all are told, and then the moderator is answered. */
  async byModerator({ packet, payload, reply }: ServiceRequest): Promise<void> {
    const room = await this.#room(packet)
    const by = room.address.bare
    const moderator = occupantOfSession(room, packet.from.full)
    if (moderator?.role !== 'moderator') throw refused({ refuse: 'rank' }, by)
    const { id, reason } = wishIn(payload)
    if (id === undefined) throw new StanzaError('bad-request', { by })
    const who = el('occupant-id', OCCUPANT_ID, { id: occupantId(room.secret, moderator.bare) })
    const moderated = el('moderated', MODERATE, { by: room.address.withResource(moderator.nick).full }, who)
    const why: readonly Element[] = reason === '' ? [] : [el('reason', RETRACT, {}, reason)]
    const retract = Payload.of(el('retract', RETRACT, { id }, moderated, ...why), inOldForm(id, moderated, reason))
    const tombstone = Payload.of(el('retracted', RETRACT, { stamp: formatDateTime(this.#parts.now()) }, moderated, ...why))
    const said = this.#byRoom(retract)
    const target = await this.#target(room, id, packet.from)
    if (target.isRetracted) return reply(null)
    const corrections = await this.#parts.log.correctionsOf(room, target.id)
    const noSubject = this.#noSubject()
    const command: Retract = { do: 'retract', target, corrections, moderated: true, reason, said, noSubject, tombstone }
    await orThrow(
      this.#parts.rooms.perform(room.address, actorOf(packet), command, () => reply(null)),
      packet,
    )
  }

  #noSubject(): Said {
    return this.#byRoom(NO_SUBJECT)
  }
  #byRoom(payload: Payload): Said {
    const fromId = decode(this.#parts.nextId())
    return { payload, lang: null, fromId, givenId: null, mx: null, isPassing: false }
  }
  /** What they may not read is not there for them (LAB-27). @throws StanzaError item-not-found */
  async #target(room: Room, id: string, who: Jid): Promise<Retract['target']> {
    const { log, labels } = this.#parts
    const entry = await log.byId(room, id)
    const reading = labels?.reading(room.address, who)
    const isHidden = entry !== null && reading?.mayRead(entry) === false
    reading?.close()
    if (isHidden || entry === null || !('fromId' in entry)) throw refused({ refuse: 'no-such-entry' }, room.address.bare)
    return entry
  }
  async #room({ from, to }: Packet): Promise<Room> {
    const room = await this.#parts.rooms.get(to!.asBare, from)
    if (room === null) throw refused({ refuse: 'no-such-room' }, to!.bare)
    return room
  }
}
