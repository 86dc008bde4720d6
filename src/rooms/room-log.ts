/** Reading the log of a room. What retention has removed in part is not shown (MXR-172). */
import { everythingOf, type ArchiveEnd, type ArchiveEntry, type ArchiveFilter, type ArchiveStore } from '../server/archive.ts'
import { changesAffiliation, entryOf, SPOKEN, type Entry } from './log.ts'
import type { EntryId, Kind } from './machine/drafts.ts'
import type { Room, Seq } from './machine/room.ts'
import type { Rooms } from './rooms.ts'

export type RoomFilter = Omit<ArchiveFilter, 'owner' | 'withBare' | 'withFull'>
export const EVERYTHING: RoomFilter = everythingOf('')

/** What XEP-0313 shows of a room: what was said, and the subjects. */
export const STANZAS: RoomFilter = { ...EVERYTHING, kinds: [...SPOKEN, 'subject'], isStanza: true }

export class RoomLog {
  readonly #rooms: Rooms
  readonly #archive: ArchiveStore

  constructor(rooms: Rooms, archive: ArchiveStore) {
    this.#rooms = rooms
    this.#archive = archive
  }
  /** The first `limit` entries, or the last ones; in either case in their order. */
  async page(room: Room, filter: RoomFilter, limit: number, end: ArchiveEnd): Promise<readonly Entry[]> {
    return (await this.#archive.page(this.#filterOf(room, filter), limit, end)).map(entryOf)
  }
  /** How many there are, counted as far as `max`. */
  count(room: Room, filter: RoomFilter, max: number): Promise<number> {
    return this.#archive.count(this.#filterOf(room, filter), max)
  }
  /** The last messages, the oldest first: out of the archive, or of what is remembered where there is none. */
  async lastSaid(room: Room, limit: number): Promise<readonly Entry[]> {
    if (limit === 0) return []
    const { archived } = room.facts.config
    if (!archived) return this.#rooms.recent(room.address).slice(-limit)
    return this.page(room, { ...STANZAS, kinds: SPOKEN }, limit, 'last')
  }
  /** Null: there is none, or it is not shown any more. */
  async byId(room: Room, id: EntryId): Promise<Entry | null> {
    return this.#shown(room, await this.#archive.byId(room.uid, id)) ?? this.#remembered(room, (entry) => entry.id === id)
  }
  /** The newest entry of an author (a bare JID) whose stanza had that id. */
  async byFromId(room: Room, author: string, fromId: string): Promise<Entry | null> {
    const isIt = (entry: Entry): boolean => 'fromId' in entry && entry.fromId === fromId && entry.by === author
    return this.#shown(room, await this.#archive.byFromId(room.uid, author, fromId)) ?? this.#remembered(room, isIt)
  }
  /** What a device has asked for under that name before. */
  async byTransaction(room: Room, device: string, key: string): Promise<Entry | null> {
    return this.#shown(room, await this.#archive.byTransaction(room.uid, device, key))
  }
  /** Entries of that kind about another one, in their order. */
  async about(room: Room, target: EntryId, kind: Kind): Promise<readonly Entry[]> {
    return (await this.#archive.about(room.uid, target, kind)).map(entryOf)
  }
  /** The people whose affiliation has changed behind a position; null: the log does not go back so far, or they are too many. */
  async affiliationsSince(room: Room, after: Seq, max: number): Promise<ReadonlySet<string> | null> {
    if (after < this.#rooms.edge(room.address)) return null
    const entries = await this.page(room, { ...EVERYTHING, kinds: ['member'], after }, max + 1, 'first')
    if (entries.length > max) return null
    return new Set(entries.filter(changesAffiliation).flatMap((entry) => (entry.kind === 'member' ? [entry.of] : [])))
  }
  /** All reactions of an author to an entry, as they are now. */
  async reactionsOf(room: Room, author: string, target: EntryId): Promise<readonly string[]> {
    const newest = (await this.about(room, target, 'react')).findLast((entry) => entry.by === author)
    return newest?.kind === 'react' ? newest.now : []
  }
  /** The state of that kind and key at a position; null: there was none. */
  async stateAt(room: Room, kind: Kind, key: string, seq: Seq): Promise<Entry | null> {
    const row = await this.#archive.newestOf(room.uid, kind, key, seq)
    return row === null ? null : entryOf(row)
  }
  /** The last position that is not beyond that number of the stream; 0: none. */
  at(room: Room, stream: number): Promise<Seq> {
    return this.#archive.at(room.uid, stream)
  }

  #filterOf({ uid, address }: Room, filter: RoomFilter): ArchiveFilter {
    const after = Math.max(filter.after ?? 0, this.#rooms.edge(address))
    return { ...filter, owner: uid, withBare: null, withFull: null, after }
  }
  #shown({ address }: Room, row: ArchiveEntry | null): Entry | null {
    return row === null || row.seq <= this.#rooms.edge(address) ? null : entryOf(row)
  }
  #remembered({ address }: Room, isIt: (entry: Entry) => boolean): Entry | null {
    return this.#rooms.recent(address).findLast(isIt) ?? null
  }
}
