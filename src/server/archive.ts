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
  /** Another form of it that `payload` cannot hold. */
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

/** How much of an archive is kept. */
export interface Retention {
  /** Entries from before are removed. */
  readonly before: Millis
  /** How many entries of `kinds` stay at most. */
  readonly entriesMax: number
  /** What is counted: the other kinds are removed along with it, but for the newest of each kind and key. */
  readonly kinds: readonly string[]
}

/** Which end of the wanted entries a page is taken from. */
export type ArchiveEnd = 'first' | 'last'

export interface ArchiveStore {
  /** An id for an entry, which has that time, about: within a minute. */
  newId(time: Millis): string
  /** The next number in `stream`: to be used at once, in a statement that is issued before anything else is awaited. */
  nextStream(): number
  /** Statements that keep these entries, for whoever does more along with it. */
  additions(entries: readonly ArchiveEntry[]): readonly Statement[]
  /** Puts something else in the place of what was said. Id, time and people stay. */
  replacement(entry: Pick<ArchiveEntry, 'owner' | 'id' | 'payload' | 'flags'>): Statement
  append(entries: readonly ArchiveEntry[]): Promise<void>
  /** The newest position of an owner and its time; both 0: nothing is kept. */
  newest(owner: string): Promise<{ readonly seq: number; readonly time: Millis }>
  /** The first `limit` entries, or the last ones; in either case in their order. */
  page(filter: ArchiveFilter, limit: number, end: ArchiveEnd): Promise<readonly ArchiveEntry[]>
  /** How many there are, counted as far as `max`. */
  count(filter: ArchiveFilter, max: number): Promise<number>
  byId(owner: string, id: string): Promise<ArchiveEntry | null>
  /** The newest one of this author whose stanza had that id, among the last 1000 entries. */
  byFromId(owner: string, author: string, fromId: string): Promise<ArchiveEntry | null>
  /** What a device has asked for under that name. */
  byTransaction(owner: string, device: string, transaction: string): Promise<ArchiveEntry | null>
  /** Entries about that one, in their order. */
  about(owner: string, target: string, kind: string): Promise<readonly ArchiveEntry[]>
  /** The newest of that kind and key, at that position or before. */
  newestOf(owner: string, kind: string, key: string, upTo: number): Promise<ArchiveEntry | null>
  /** The newest position whose number in `stream` is not beyond that one; 0: none. */
  at(owner: string, stream: number): Promise<number>
  /** Removes what is no longer to be kept. @returns the edge: nothing at it or before is complete; 0: everything is there */
  prune(owner: string, retention: Retention): Promise<number>
  remove(owner: string): Promise<void>
}
