/**
 * A room that Matrix clients look at (MXR-3): beside what the machine knows of the room, its newest entries, which entry has set
 * which state, who visits it, who is typing, and what has been read. All of it follows the room in its lane.
 */
import type { Millis } from '../../base/clock.ts'
import { isPassing, type Entry } from '../../rooms/log.ts'
import type { Room, Seq } from '../../rooms/machine/room.ts'
import { eventIdOf } from '../ids/event-id.ts'
import type { Backing } from './backing.ts'
import { touchedBy } from './events.ts'
import { lastingMembership } from './memberships.ts'
import { Sight, type Names } from './names.ts'
import { isVeiled } from './open-rooms.ts'
import { ownKeyOf, ownStateOf, Picture, stateKey, type Earlier } from './picture.ts'
import { Reactions } from './reactions.ts'
import { Receipts } from './receipts.ts'
import { Typing } from './typing.ts'
import { Visits } from './visits.ts'

/** Which event has set a state. */
export interface Source {
  readonly eventId: string
  /** Bare JID; null: the room. */
  readonly by: string | null
  /** Addresses were hidden then. */
  readonly veiled: boolean
  /** An earlier event of this state was shown while the room did not hide addresses. */
  readonly wasOpen: boolean
  readonly at: Millis
  readonly seq: number
  readonly stream: number
  /** Why a member belongs to the room as they do; '' for nothing. */
  readonly reason: string
}
/** An entry of the log. */
type Place = Pick<Source, 'seq' | 'stream'>
/** Where the room began to hide addresses, or to show them. */
interface Turn extends Place {
  /** Visitors whom clients were shown before it, or who were gone, by bare JID. */
  readonly visitors: ReadonlySet<string>
}

/** Entries that are kept in memory, at the end of the log, and their octets. Of more, the half with the newest stays. */
const TAIL_MAX = 200
const TAIL_OCTETS_MAX = 256 * 1024

/** A client that knows the room from before more turns than these keeps visitors of then until it asks for everything. */
const TURNS_MAX = 8

export interface AwakeRoomParts {
  readonly backing: Backing
  readonly visits: Visits
  readonly typing: Typing
  readonly receipts: Receipts
}

export class AwakeRoom {
  readonly names: Names
  readonly backing: Backing
  readonly visits: Visits
  readonly typing: Typing
  readonly receipts: Receipts
  readonly reactions = new Reactions()
  /** By type and key; of a member, the key is the bare JID. */
  readonly sources = new Map<string, Source>()
  /** States of this face alone, as JSON, by type and key. */
  readonly face = new Map<string, string>()
  /** When each of the members has joined, by bare JID. */
  readonly joins = new Map<string, Place>()
  /** When each of those who were members ceased to be one, by bare JID. */
  readonly parts = new Map<string, Place>()
  /** The newest one; null: people have always had the same ids here (MXR-21). */
  turn: Turn | null = null
  /** The newest ones, in their order. */
  #turns: readonly Turn[] = []
  /** What `typing`, visits, receipts or the log last had news with. */
  #newest = 0
  /** Without gaps, the newest at its end. */
  #tail: Entry[] = []
  /** Everything in the log behind this position is in `tail`. */
  #tailAfter = 0
  #tailOctets = 0
  /** When a request last needed it. */
  usedAt: Millis = 0

  constructor(names: Names, { backing, visits, typing, receipts }: AwakeRoomParts) {
    this.names = names
    this.backing = backing
    this.visits = visits
    this.typing = typing
    this.receipts = receipts
  }
  get room(): Room {
    return this.names.room
  }
  set room(room: Room) {
    this.names.room = room
  }
  /** The newest number in the stream of anything in it. */
  get newest(): number {
    return Math.max(this.#newest, this.visits.newest, this.typing.newest, this.receipts.newest)
  }
  get tail(): readonly Entry[] {
    return this.#tail
  }
  get tailAfter(): number {
    return this.#tailAfter
  }
  /** Does memory hold everything that came behind that number of the stream? */
  holdsSince(stream: number): boolean {
    return this.#tailAfter === 0 || (this.#tail[0]?.stream ?? Infinity) <= stream
  }

  /**
   * What the log has when the room awakes.
   * @param states all entries that have changed a state, the oldest first @param last the newest entries
   */
  fill(states: readonly Entry[], last: readonly Entry[], isAll: boolean): void {
    for (const entry of states) this.#setFace(entry)
    const picture = this.picture()
    picture.prepare(states, NOTHING)
    for (const entry of states.toReversed()) {
      this.#record(entry, picture, false)
      picture.undo(entry)
    }
    this.#tail = [...last]
    this.#tailAfter = isAll ? 0 : (last[0]?.seq ?? this.room.lastSeq + 1) - 1
    this.#tailOctets = octetsOf(last)
    this.#trim()
    this.#newest = last.at(-1)?.stream ?? 0
  }
  /** The log has these entries now, and the room is as they say. */
  logged(entries: readonly Entry[]): void {
    for (const entry of entries) this.#setFace(entry)
    const picture = this.picture()
    picture.prepare(entries, NOTHING)
    for (const entry of entries.toReversed()) {
      this.#record(entry, picture, true)
      picture.undo(entry)
    }
    for (const entry of entries) this.#append(entry)
    this.#newest = Math.max(this.#newest, ...entries.filter((entry) => !isPassing(entry)).map(({ stream }) => stream))
    this.#trim()
  }
  #trim(): void {
    if (this.#tail.length <= TAIL_MAX && this.#tailOctets <= TAIL_OCTETS_MAX) return
    let kept = Math.min(this.#tail.length - 1, TAIL_MAX / 2)
    while (kept > 0 && octetsOf(this.#tail.slice(-kept)) > TAIL_OCTETS_MAX / 2) kept = Math.floor(kept / 2)
    this.#tailAfter = this.#tail.at(-kept - 1)!.seq
    this.#tail = this.#tail.slice(this.#tail.length - kept)
    this.#tailOctets = octetsOf(this.#tail)
  }
  /** The room as it is now. */
  picture(): Picture {
    return new Picture(this.room, this.face)
  }
  sourceOf(type: string, key: string): Source | null {
    return this.sources.get(stateKey(type, key)) ?? null
  }
  /** The room as that person (a bare JID) sees it. */
  sightOf(viewer: string): Sight {
    return new Sight(this.names, viewer, this.turn !== null || isVeiled(this.room.facts.config))
  }
  /** What is at this place of the log or before it the person may not read, even as a member. */
  floorFor(bare: string): Seq {
    return this.room.facts.config.historySinceMembership ? (this.joins.get(bare)?.seq ?? this.room.lastSeq + 1) - 1 : 0
  }

  /** The turns between two places of the log, in their order. */
  turnsBetween(after: Seq, upTo: Seq): readonly Turn[] {
    return this.#turns.filter(({ seq }) => seq > after && seq <= upTo)
  }
  #turnAt(turn: Turn): void {
    this.turn = turn
    this.#turns = [...this.#turns, turn].slice(-TURNS_MAX)
  }
  #recordPlaces(entry: Entry): void {
    const { seq, stream } = entry
    if (entry.kind === 'config' && entry.changes.whois !== undefined && seq > (this.turn?.seq ?? 0))
      this.#turnAt({ seq, stream, visitors: this.visits.turn(stream, this.room) })
    if (entry.kind !== 'member') return
    const [was, is] = [lastingMembership(entry.before), lastingMembership(entry.after)]
    if ((was === 'join') === (is === 'join')) return
    const places = is === 'join' ? this.joins : this.parts
    if ((places.get(entry.of)?.seq ?? 0) < seq) places.set(entry.of, { seq, stream })
  }
  #append(entry: Entry): void {
    if (isPassing(entry)) return
    this.reactions.logged(entry)
    if (entry.kind === 'retract')
      this.#tail = this.#tail.map((one) => (isTakenBack(one, entry.target) ? { ...one, isRetracted: true } : one))
    this.#tail.push(entry)
    this.#tailOctets += octetsOf([entry])
  }
  #setFace(entry: Entry): void {
    const key = ownKeyOf(entry)
    if (key !== null && entry.kind === 'face') this.face.set(key, ownStateOf(entry)!)
  }
  /** Called with the newest entry first. */
  #record(entry: Entry, picture: Picture, isNewer: boolean): void {
    const { id, by, veiled, at, seq, stream } = entry
    this.#recordPlaces(entry)
    const reason = entry.kind === 'member' ? entry.reason : ''
    for (const [i, { type, key, part }] of touchedBy(entry, picture).entries()) {
      const own = stateKey(type, key)
      const known = this.sources.get(own)
      if (known !== undefined && (!isNewer || known.seq >= seq)) {
        if (!veiled && !known.wasOpen) this.sources.set(own, { ...known, wasOpen: true })
        continue
      }
      const wasOpen = known !== undefined && (known.wasOpen || !known.veiled)
      this.sources.set(own, { eventId: eventIdOf(id, i === 0 ? 0 : part), by, veiled, wasOpen, at, seq, stream, reason })
    }
  }
}
const NOTHING: Earlier = new Map()
/** With a message goes what has corrected it. */
const isTakenBack = (one: Entry, target: string): boolean =>
  one.id === target || (one.kind === 'correct' && one.target === target)

/** Near enough: one for each character. */
function octetsOf(entries: readonly Entry[]): number {
  let octets = 0
  for (const entry of entries) {
    if ('payload' in entry && entry.payload != null) octets += entry.payload.text.length
    if ('mx' in entry && entry.mx !== null) octets += entry.mx.length
    if (entry.kind === 'face') octets += entry.content.length
  }
  return octets
}
