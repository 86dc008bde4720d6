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
import type { Packet } from '../../xmpp/packet.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { correctedIn, namedIn, reactionsIn, type Reactions } from '../../xmpp/relations.ts'
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
/** Others that one message can name where labels are judged: each is looked up. */
const NAMED_MAX = 20
const NONE: readonly string[] = []
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
   * repeats the text, so its message must be there: nobody knows how one was labelled that was not kept, or is forgotten.
   */
  async #labelled(room: Room, from: Jid, said: Said, named: readonly string[]): Promise<Said> {
    const { labels, log } = this.#parts
    if (labels === null || occupantOfSession(room, from.full) === undefined) return said
    const corrected = correctedIn(said.payload)
    if (corrected !== null && this.#seen(from, await log.byFromId(room, from.bare, corrected)) === null)
      throw refused(refuse('no-such-entry'), room.address.bare)
    const payloads = (await this.#named(room, from, named)).flatMap((entry) => this.#seen(from, entry)?.payload ?? [])
    if (payloads.length === 0) return said
    const payload = labels.naming(said.payload, payloads, room.facts.config)
    if (payload === null) throw refused(refuse('label'), room.address.bare)
    return { ...said, payload }
  }
  /** By the id that the room has given, or by that of the stanza, which is all that clients know where nothing is kept. */
  async #named(room: Room, from: Jid, ids: readonly string[]): Promise<readonly Entry[]> {
    const { log } = this.#parts
    const found: Entry[] = []
    const unknown = new Set<string | null>()
    for (const id of ids) {
      const entry = (await log.byId(room, id)) ?? (await log.byFromId(room, from.bare, id))
      if (entry === null) unknown.add(id)
      else found.push(entry)
    }
    const latest = unknown.size === 0 ? [] : await log.latest(room)
    return [...found, ...latest.filter((entry) => 'fromId' in entry && unknown.has(entry.fromId))]
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
