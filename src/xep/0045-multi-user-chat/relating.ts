/**
 * Corrections (XEP-0308) and reactions (XEP-0444): they are kept as what they are, about the entry that they mean, so that every
 * face finds them there. What means no entry is an ordinary message. To its author a message that a label hides from them is none.
 */
import type { LabelledRooms } from '../../rooms/labelled-rooms.ts'
import type { Command } from '../../rooms/machine/commands.ts'
import type { Said } from '../../rooms/machine/drafts.ts'
import { refuse } from '../../rooms/machine/refusals.ts'
import { occupantOfSession, type Room } from '../../rooms/machine/room.ts'
import type { Entry } from '../../rooms/log.ts'
import type { RoomLog } from '../../rooms/room-log.ts'
import type { Packet, Payload } from '../../xmpp/packet.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { correctedIn, meantIn, namedIn, NAMED_MAX, reactionsIn, type Reactions } from '../../xmpp/relations.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { actorOf } from './incoming-presence.ts'
import { orThrow, type Orders } from './orders.ts'
import { refused } from './refused.ts'

export interface RelatingParts {
  readonly rooms: Orders
  readonly log: RoomLog
  /** Null: nothing is judged by security labels. */
  readonly labels: LabelledRooms | null
}
const NONE: readonly string[] = []
/** What was said in the messages that are named, and the ids of none. */
interface Named {
  readonly payloads: readonly Payload[]
  readonly missing: readonly string[]
}
type Spoken = Extract<Entry, { fromId: string | null }>

export class Relating {
  readonly #parts: RelatingParts

  constructor(parts: RelatingParts) {
    this.#parts = parts
  }
  /** Null: the message is about no other one. */
  say(packet: Packet, said: Said): Promise<void> | null {
    const { payload, isPassing } = said
    const [corrected, reactions] = isPassing ? [null, null] : [correctedIn(payload), reactionsIn(payload)]
    const named = this.#parts.labels === null ? NONE : namedIn(payload)
    if (corrected === null && reactions === null && named.length === 0) return null
    if (named.length > NAMED_MAX)
      throw new StanzaError('bad-request', { by: packet.to!.bare, text: 'It names too many messages' })
    return this.#say(packet, said, named, corrected, reactions)
  }
  async #say(
    packet: Packet,
    said: Said,
    named: readonly string[],
    corrected: string | null,
    reactions: Reactions | null,
  ): Promise<void> {
    const { rooms } = this.#parts
    const room = await rooms.get(packet.to!.asBare, packet.from)
    const command =
      room === null
        ? null
        : await this.#about(room, packet.from, await this.#labelled(room, packet.from, said, named), corrected, reactions)
    await orThrow(rooms.perform(packet.to!.asBare, actorOf(packet), command ?? { do: 'append', said }), packet)
  }
  async #about(room: Room, from: Jid, said: Said, corrected: string | null, reactions: Reactions | null): Promise<Command> {
    const special =
      corrected !== null
        ? await this.#correction(room, from, said, corrected)
        : reactions !== null
          ? await this.#reaction(room, from, said, reactions)
          : null
    return special ?? { do: 'append', said }
  }
  async #correction(room: Room, from: Jid, said: Said, id: string): Promise<Command | null> {
    const author = from.bare
    const target = await this.#rootOf(room, from, await this.#parts.log.byFromId(room, author, id))
    return target?.kind === 'message' && target.by === author && !target.isRetracted ? { do: 'correct', target, said } : null
  }
  async #reaction(room: Room, from: Jid, said: Said, { id, now }: Reactions): Promise<Command | null> {
    const { log } = this.#parts
    const target = await this.#rootOf(room, from, await log.byId(room, id))
    if (target?.kind !== 'message' || target.isRetracted) return null
    return { do: 'react', target, before: await log.reactionsOf(room, from.bare, target.id), now, said }
  }
  /**
   * What is about another message is never labelled lower than it, or it would tell others that something was said. A correction
   * repeats the text, so its message must be there: nobody knows how one was labelled that was not kept, or is forgotten. The same holds
   * for whatever else is about a message, if that one could have been above its label.
   */
  async #labelled(room: Room, from: Jid, said: Said, named: readonly string[]): Promise<Said> {
    const { labels, log } = this.#parts
    if (labels === null || occupantOfSession(room, from.full) === undefined) return said
    const corrected = correctedIn(said.payload)
    if (corrected !== null && this.#seen(from, await log.byFromId(room, from.bare, corrected)) === null)
      throw refused(refuse('no-such-entry'), room.address.bare)
    const { payloads, missing } = await this.#named(room, from, named)
    const payload = this.#raised(room, said.payload, payloads)
    if (missing.length === 0 || !labels.isBelowAny(payload, room.facts.config, from)) return { ...said, payload }
    const meant = meantIn(payload)
    if (missing.some((id) => meant.includes(id))) throw refused(refuse('no-such-entry'), room.address.bare)
    return { ...said, payload }
  }
  /**
   * The same for what is said in private to one occupant (XEP-0045 7.5): about what was said in the room, or in private.
   * @param between the messages that the two have exchanged in private: the payload of that id; undefined: none is remembered
   * @throws StanzaError
   */
  async whispered(
    room: Room,
    { from, payload }: Packet,
    to: Jid,
    between: (id: string) => Payload | undefined,
  ): Promise<Payload> {
    const { labels } = this.#parts
    const ids = labels === null ? NONE : namedIn(payload)
    if (labels === null || ids.length === 0) return payload
    if (ids.length > NAMED_MAX)
      throw new StanzaError('bad-request', { by: room.address.bare, text: 'It names too many messages' })
    const { payloads, missing } = await this.#named(room, from, ids)
    const exchanged = ids.flatMap((id) => between(id) ?? [])
    const raised = this.#raised(room, payload, [...payloads, ...exchanged])
    const meant = meantIn(payload)
    const isUnknown = missing.some((id) => meant.includes(id) && between(id) === undefined)
    if (isUnknown && labels.isBelowAnyBetween(raised, room.facts.config, from, to))
      throw refused(refuse('no-such-entry'), room.address.bare)
    return raised
  }
  #raised(room: Room, payload: Payload, named: readonly Payload[]): Payload {
    if (named.length === 0) return payload
    const raised = this.#parts.labels!.naming(payload, named, room.facts.config)
    if (raised === null) throw refused(refuse('label'), room.address.bare)
    return raised
  }
  /**
   * By the id that the room has given, or by that of the stanza, which is all that clients know where nothing is kept. What this person may
   * not see is not there.
   */
  async #named(room: Room, from: Jid, ids: readonly string[]): Promise<Named> {
    const { log } = this.#parts
    const payloads: Payload[] = []
    const unknown = new Set<string>()
    const missing = new Set(ids)
    const sees = (id: string, entry: Entry): void => {
      const payload = this.#seen(from, entry)?.payload
      if (payload === undefined) return
      payloads.push(payload)
      missing.delete(id)
    }
    for (const id of ids) {
      const entry = (await log.byId(room, id)) ?? (await log.byFromId(room, from.bare, id))
      if (entry === null) unknown.add(id)
      else sees(id, entry)
    }
    for (const entry of unknown.size === 0 ? [] : await log.latest(room))
      if ('fromId' in entry && entry.fromId !== null && unknown.has(entry.fromId)) sees(entry.fromId, entry)
    return { payloads, missing: [...missing] }
  }
  /** What somebody has said and this person may see. */
  #seen(from: Jid, entry: Entry | null): Spoken | null {
    if (entry === null || !('fromId' in entry)) return null
    return this.#parts.labels?.mayHave(from, entry.payload) === false ? null : entry
  }
  /** A correction stands for what it corrects. */
  async #rootOf(room: Room, from: Jid, entry: Entry | null): Promise<Spoken | null> {
    return this.#seen(from, entry?.kind === 'correct' ? await this.#parts.log.byId(room, entry.target) : entry)
  }
}
