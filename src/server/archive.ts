/**
 * The archive: what was said and what has changed, for each owner (an account, or a room by its `uid`) in the order in which it
 * was kept. `seq` is that order. `stream` is the order of everything that this server has kept, whoever owns it.
 * One table serves accounts and rooms, so it is wide: what a kind of entry has no use for is null.
 */
import type { Millis } from '../base/clock.ts'
import type { Statement } from './database.ts'

export interface ArchiveEntry {
  readonly owner: string
  /** From 1, without order beyond the owner. */
  readonly seq: number
  /** 22 characters that nobody can guess, and no other entry of the owner has. `ArchiveStore.newId` makes them. */
  readonly id: string
  readonly stream: number
  readonly time: Millis
  /** In the archive of an account: who it comes from or goes to. A bare address; null in the archive of a room. */
  readonly withBare: string | null
  /** The full address of that, or of the author in the archive of a room; bare if nobody knows more. */
  readonly withFull: string | null
  /** In the archive of an account: the resource of the owner's own address. */
  readonly nick: string | null
  readonly kind: string
  /** Of a state: entries of the same kind and key replace each other. */
  readonly key: string | null
  /** The id of the entry that this one is about. */
  readonly target: string | null
  /** The `id` attribute of the stanza. */
  readonly fromId: string | null
  /** Who has asked for it, and under which name, so that a repeated request is done once. */
  readonly device: string | null
  readonly transaction: string | null
  readonly lang: string | null
  /** The children of the stanza, as XML; null: it has no form in XMPP. */
  readonly payload: string | null
  /** What neither `payload` nor another column can hold. */
  readonly mx: string | null
  /** Bits whose meaning is the owner's matter. */
  readonly flags: number
}

/** Which entries of an owner. What is null does not matter. */
export interface ArchiveFilter {
  readonly owner: string
  /** Positions that are not part of it themselves. */
  readonly after: number | null
  readonly before: number | null
  readonly kinds: readonly string[] | null
  readonly withBare: string | null
  readonly withFull: string | null
  /** A bare address, of which `withFull` is, with whatever resource. */
  readonly author: string | null
  readonly nick: string | null
  /** Both part of it. */
  readonly start: Millis | null
  readonly end: Millis | null
  /** One of these; null: any. */
  readonly flags: readonly number[] | null
  /** Only what has a form in XMPP. */
  readonly isStanza: boolean
}
export const everythingOf = (owner: string): ArchiveFilter => ({
  owner,
  after: null,
  before: null,
  kinds: null,
  withBare: null,
  withFull: null,
  author: null,
  nick: null,
  start: null,
  end: null,
  flags: null,
  isStanza: false,
})

/** Which entries, by their flags: of the bits in `mask`, those in `set` and no others. */
export interface FlagTest {
  readonly mask: number
  readonly set: number
}

/** How much of an archive is kept. */
export interface Retention {
  /** Entries from before are removed. */
  readonly before: Millis
  /** How many entries of `kinds` stay at most; null: they are not counted. */
  readonly entriesMax: number | null
  /** How many octets their texts have at most, about: within 256 KiB. */
  readonly octetsMax: number
  /** What is counted: the other kinds are removed along with it, but for the newest of each kind and key. */
  readonly kinds: readonly string[]
}

/** Of the entries that are read at once, beside the last one of them. */
export const READ_OCTETS_MAX = 1024 * 1024

/** Which end of the wanted entries a page is taken from. */
export type ArchiveEnd = 'first' | 'last'

/** Positions that are not part of it themselves; null: without bounds. */
export interface ArchiveRange {
  readonly after: number | null
  readonly before: number | null
}
export const ALL_POSITIONS: ArchiveRange = { after: null, before: null }

/** What one look into an archive finds. */
export interface ArchivePage<E> {
  /** In their order, whichever end they are from. */
  readonly entries: readonly E[]
  /** There are no more in that direction. False: there may be. */
  readonly isAll: boolean
}
/** Reads all that is in a range, page after page, from one end to the other. */
export async function* pagesFrom<E extends { readonly seq: number }>(
  read: (range: ArchiveRange) => Promise<ArchivePage<E>>,
  end: ArchiveEnd,
  range: ArchiveRange = ALL_POSITIONS,
): AsyncGenerator<readonly E[]> {
  for (let rest = range; ;) {
    const { entries, isAll } = await read(rest)
    yield entries
    if (isAll) return
    rest = end === 'last' ? { ...rest, before: entries[0]!.seq } : { ...rest, after: entries.at(-1)!.seq }
  }
}

/** Ways to read that may find much. */
export interface ArchiveReads {
  /**
   * The first `limit` entries (at least 1), or the last ones. Fewer, but one in any case, if they have more than `READ_OCTETS_MAX` together.
   */
  page(filter: ArchiveFilter, limit: number, end: ArchiveEnd): Promise<ArchivePage<ArchiveEntry>>
  /** How many there are, counted as far as `max`. */
  count(filter: ArchiveFilter, max: number): Promise<number>
  byId(owner: string, id: string): Promise<ArchiveEntry | null>
}

/** Entries about another one that are read: anybody may add more of them. */
export const ABOUT_MAX = 1000
/** The same where the newest of a certain form is sought, which nearly always is the first. */
export const FEW_ABOUT = 10

export interface AboutSought extends FlagTest {
  readonly owner: string
  readonly target: string
  readonly kind: string
  readonly before: number
}

export interface ArchiveStore extends ArchiveReads {
  /** The same on a lane of its own: such a read delays no other statement, and sees what was on disk when it began. */
  readonly apart: ArchiveReads
  /** An id for an entry, which has that time, about: within a minute. */
  newId(time: Millis): string
  /** The next number in `stream`: to be used at once, in a statement that is issued before anything else is awaited. */
  nextStream(): number
  /** The number that was given last. */
  readonly lastStream: number
  /** Statements that keep these entries, for whoever does more along with it. */
  additions(entries: readonly ArchiveEntry[]): readonly Statement[]
  /** Puts something else in the place of what was said. Id, time and people stay. */
  replacement(entry: Pick<ArchiveEntry, 'owner' | 'id' | 'payload' | 'flags'>): Statement
  append(entries: readonly ArchiveEntry[]): Promise<void>
  /** The owners of entries whose ids were made at that time or later. */
  ownersSince(time: Millis): Promise<ReadonlySet<string>>
  /** The newest position of an owner and its time; both 0: nothing is kept. */
  newest(owner: string): Promise<{ readonly seq: number; readonly time: Millis }>
  /**
   * The newest one of this author whose stanza had that id, among the last 1000 entries.
   * @param author a bare address: with any resource; a full one: that alone
   */
  byFromId(owner: string, author: string, fromId: string, flags?: FlagTest): Promise<ArchiveEntry | null>
  /** What a device has asked for under that name. */
  byTransaction(owner: string, device: string, transaction: string): Promise<ArchiveEntry | null>
  /** Entries about that one, in their order: the newest `ABOUT_MAX`. */
  about(owner: string, target: string, kind: string): Promise<readonly ArchiveEntry[]>
  /** The newest `FEW_ABOUT` about that one with such flags, before that position, in their order. */
  lastAbout(sought: AboutSought): Promise<readonly ArchiveEntry[]>
  /** The newest of an author (a bare address) about that one. */
  newestAbout(owner: string, target: string, kind: string, author: string): Promise<ArchiveEntry | null>
  /** The newest of that kind and key, at that position or before. */
  newestOf(owner: string, kind: string, key: string, upTo: number): Promise<ArchiveEntry | null>
  /** The newest position whose number in `stream` is not beyond that one; 0: none. */
  at(owner: string, stream: number): Promise<number>
  /** Prepares the search by `withBare` for a part of the entries, if many are new. Without it the first search does all. */
  prepare(owner: string): Promise<void>
  /** Removes what is no longer to be kept. @returns the edge: nothing at it or before is complete; 0: everything is there */
  prune(owner: string, retention: Retention): Promise<number>
  /** The edge that `prune` would set. Removes nothing. */
  edgeFor(owner: string, retention: Retention): Promise<number>
  /** Removes all entries up to that position; without one, all. */
  remove(owner: string, upTo?: number): Promise<void>
}
