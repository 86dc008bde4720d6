/** Reading the log of a room. What retention has removed in part is not shown (MXR-172). */
import {
  everythingOf,
  pagesFrom,
  type ArchiveEnd,
  type ArchiveEntry,
  type ArchiveFilter,
  type ArchivePage,
  type ArchiveRange,
  type ArchiveStore,
} from '../server/archive.ts'
import { changesAffiliation, entryOf, SPOKEN, type Entry } from './log.ts'
import type { EntryId, Kind } from './machine/drafts.ts'
import { belongs } from './machine/members.ts'
import type { Room, Seq } from './machine/room.ts'
import type { Rooms } from './rooms.ts'

export type RoomFilter = Omit<ArchiveFilter, 'owner' | 'withBare' | 'withFull'>
export const EVERYTHING: RoomFilter = everythingOf('')

/** What XEP-0313 shows of a room: what was said, and the subjects. */
export const STANZAS: RoomFilter = { ...EVERYTHING, kinds: [...SPOKEN, 'subject'], isStanza: true }

/** Entries that are looked at where few of them are wanted. */
const LOOKED_AT_MAX = 2000
/** Entries that are read at a time where some are not wanted. */
const BATCH = 100
/** Changes of one person that are looked at for the one that made them a member: they may have had many nicknames. */
const CHANGES_MAX = 500
/** Of the last messages together. */
const SAID_OCTETS_MAX = 256 * 1024

type IsFor = (entry: Entry) => boolean

export class RoomLog {
  readonly #rooms: Rooms
  readonly #archive: ArchiveStore

  constructor(rooms: Rooms, archive: ArchiveStore) {
    this.#rooms = rooms
    this.#archive = archive
  }
  /** As `ArchiveReads.page`. */
  async page(room: Room, filter: RoomFilter, limit: number, end: ArchiveEnd): Promise<ArchivePage<Entry>> {
    const edge = this.#rooms.edge(room)
    const behind = filterOf(room, filter, typeof edge === 'number' ? edge : await edge)
    const { entries, isAll } = await this.#archive.page(behind, limit, end)
    return { entries: entries.map(entryOf), isAll }
  }
  /** The same of entries that have set a state: of those before the edge, the newest of each state is there (MXR-172). */
  async statePage(room: Room, filter: RoomFilter, limit: number, end: ArchiveEnd): Promise<ArchivePage<Entry>> {
    const whole = { ...filter, owner: room.uid, withBare: null, withFull: null }
    const { entries, isAll } = await this.#archive.page(whole, limit, end)
    return { entries: entries.map(entryOf), isAll }
  }
  /** How many there are, counted as far as `max`. */
  async count(room: Room, filter: RoomFilter, max: number): Promise<number> {
    const edge = this.#rooms.edge(room)
    return this.#archive.count(filterOf(room, filter, typeof edge === 'number' ? edge : await edge), max)
  }
  /**
   * The last messages, the oldest first: out of the archive, or of what is remembered where there is none. Fewer, but one in any case,
   * if they are very long. @param isFor those that are wanted; null: all @param floor what is there or before is not read
   */
  async lastSaid(room: Room, limit: number, isFor: IsFor | null = null, floor: Seq = 0): Promise<readonly Entry[]> {
    if (limit === 0) return []
    const { archived } = room.facts.config
    const said = archived
      ? this.#saidBackwards(room, isFor === null ? limit : Math.max(limit, BATCH), floor)
      : [this.#rooms.recent(room.address).filter(({ seq }) => seq > floor)]
    const found: Entry[] = []
    let octets = 0
    for await (const batch of said)
      for (const entry of batch.toReversed()) {
        if (isFor?.(entry) === false) continue
        octets += 'payload' in entry ? (entry.payload?.text.length ?? 0) : 0
        if (found.length > 0 && octets > SAID_OCTETS_MAX) return found.toReversed()
        if (found.push(entry) === limit) return found.toReversed()
      }
    return found.toReversed()
  }
  async *#saidBackwards(room: Room, size: number, after: Seq): AsyncGenerator<readonly Entry[]> {
    let looked = 0
    const filter = { ...STANZAS, kinds: SPOKEN }
    const read = (range: ArchiveRange): Promise<ArchivePage<Entry>> => this.page(room, { ...filter, ...range }, size, 'last')
    for await (const batch of pagesFrom(read, 'last', { after, before: null })) {
      yield batch
      if ((looked += batch.length) >= LOOKED_AT_MAX) return
    }
  }
  /**
   * What is at this place or before it that person (a bare JID) may not read, where members see nothing older than their membership;
   * somebody who is none sees nothing of the past. A membership that is older than the log begins with it.
   */
  async floorFor(room: Room, bare: string): Promise<Seq> {
    if (!room.facts.config.historySinceMembership) return 0
    const member = room.members.get(bare)
    if (member === undefined || !belongs(member)) return room.lastSeq
    let place = room.lastSeq
    for (let looked = 0; looked < CHANGES_MAX; looked++) {
      const change = await this.stateAt(room, 'member', bare, place)
      if (change?.kind !== 'member') return 0
      place = change.seq - 1
      if (!belongs(change.before)) break
    }
    return place
  }
  /** Null: there is none, or it is not shown any more. */
  async byId(room: Room, id: EntryId): Promise<Entry | null> {
    return (await this.#shown(room, await this.#archive.byId(room.uid, id))) ?? this.#remembered(room, (entry) => entry.id === id)
  }
  /** The last of what was said, kept or only remembered. */
  async latest(room: Room): Promise<readonly Entry[]> {
    const { entries } = await this.page(room, { ...STANZAS, kinds: SPOKEN }, BATCH, 'last')
    return [...entries, ...this.#rooms.recent(room.address)]
  }
  /** The newest entry of an author (a bare JID) whose stanza had that id. */
  async byFromId(room: Room, author: string, fromId: string): Promise<Entry | null> {
    const isIt = (entry: Entry): boolean => 'fromId' in entry && entry.fromId === fromId && entry.by === author
    return (await this.#shown(room, await this.#archive.byFromId(room.uid, author, fromId))) ?? this.#remembered(room, isIt)
  }
  /** What a device has asked for under that name before. */
  async byTransaction(room: Room, device: string, key: string): Promise<Entry | null> {
    return this.#shown(room, await this.#archive.byTransaction(room.uid, device, key))
  }
  /** Entries of that kind about another one, in their order: the newest ones if they are more than `ABOUT_MAX`. */
  async about(room: Room, target: EntryId, kind: Kind): Promise<readonly Entry[]> {
    return (await this.#archive.about(room.uid, target, kind)).map(entryOf)
  }
  /** What has corrected an entry. */
  async correctionsOf(room: Room, target: EntryId): Promise<readonly Extract<Entry, { kind: 'correct' }>[]> {
    return (await this.about(room, target, 'correct')).filter((entry) => entry.kind === 'correct')
  }
  /** The people whose affiliation has changed behind a position; null: the log does not go back so far, or they are too many. */
  async affiliationsSince(room: Room, after: Seq, max: number): Promise<ReadonlySet<string> | null> {
    if (after < (await this.#rooms.edge(room))) return null
    const { entries, isAll } = await this.page(room, { ...EVERYTHING, kinds: ['member'], after }, max + 1, 'first')
    if (!isAll) return null
    return new Set(entries.filter(changesAffiliation).flatMap((entry) => (entry.kind === 'member' ? [entry.of] : [])))
  }
  /** All reactions of an author to an entry, as they are now. */
  async reactionsOf(room: Room, author: string, target: EntryId): Promise<readonly string[]> {
    const row = await this.#archive.newestAbout(room.uid, target, 'react', author)
    const newest = row === null ? null : entryOf(row)
    return newest?.kind === 'react' ? newest.now : []
  }
  /** The state of that kind and key at a position; null: there was none. */
  async stateAt(room: Pick<Room, 'uid'>, kind: Kind, key: string, seq: Seq): Promise<Entry | null> {
    const row = await this.#archive.newestOf(room.uid, kind, key, seq)
    return row === null ? null : entryOf(row)
  }
  /** The last position that is not beyond that number of the stream; 0: none. */
  at(room: Room, stream: number): Promise<Seq> {
    return this.#archive.at(room.uid, stream)
  }

  async #shown(room: Room, row: ArchiveEntry | null): Promise<Entry | null> {
    return row === null || row.seq <= (await this.#rooms.edge(room)) ? null : entryOf(row)
  }
  #remembered({ address }: Room, isIt: (entry: Entry) => boolean): Entry | null {
    return this.#rooms.recent(address).findLast(isIt) ?? null
  }
}
const filterOf = ({ uid }: Room, filter: RoomFilter, edge: Seq): ArchiveFilter => ({
  ...filter,
  owner: uid,
  withBare: null,
  withFull: null,
  after: Math.max(filter.after ?? 0, edge),
})
