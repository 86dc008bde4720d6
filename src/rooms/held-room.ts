/** A room in memory, and what the server keeps beside what the machine knows of it. */
import type { Millis } from '../base/clock.ts'
import { changesAffiliation, isPassing, isSpoken, type Entry } from './log.ts'
import { Paces, type PaceLimits } from './paces.ts'
import type { Draft } from './machine/drafts.ts'
import type { Member, Room } from './machine/room.ts'
import type { Departed } from './snapshot.ts'

/** Octets of messages that are kept in memory where the archive is switched off. */
const RECENT_OCTETS_MAX = 1024 * 1024

/** How long, and how many of those who have gone are remembered. Longer than their farewells can be on their way. */
const GONE_KEPT_MS: Millis = 120_000
const GONE_MAX = 1000

export class HeldRoom {
  readonly room: Room
  readonly paces: Paces
  /** Of the log: nothing at this position or before is complete. */
  edge: number
  /** When somebody last wanted something of it. */
  usedAt: Millis
  /** When the first visit is over and to be forgotten; Infinity: none is. */
  lapsesAt: Millis = Infinity
  /** Who has gone in the last minutes, for clients elsewhere that may not have been told when the server dies. */
  #gone: Departed[] = []
  /** Of the newest entry. */
  #lastAt: Millis
  /** Where the archive is switched off: what was said lately, the oldest first. */
  #recent: Entry[] = []
  #recentOctets = 0

  constructor(room: Room, edge: number, lastAt: Millis, usedAt: Millis, paces: PaceLimits) {
    this.room = room
    this.paces = new Paces(paces)
    this.edge = edge
    this.#lastAt = lastAt
    this.usedAt = usedAt
    this.lapses(room.members.values())
  }
  get recent(): readonly Entry[] {
    return this.#recent
  }
  /** Entries out of drafts: they have the next positions, and each has a time of its own behind those before it. */
  numbered(drafts: readonly Draft[], newId: (at: Millis) => string, nextStream: () => number): readonly Entry[] {
    const { config } = this.room.facts
    let at = this.#lastAt
    return drafts.map((draft, i) => {
      at = Math.max(draft.at, at + 1)
      const given = 'givenId' in draft ? draft.givenId : null
      const seq = this.room.lastSeq + i + 1
      const isKept = !isPassing(draft) && (config.archived || !isSpoken(draft))
      return { ...draft, at, id: given ?? newId(at), seq, stream: nextStream(), isRetracted: false, isKept }
    })
  }
  /** These have gone, or have another nickname. */
  departed(gone: readonly Departed[]): void {
    this.#gone.push(...gone)
    const oldest = (gone.at(-1)?.[2] ?? 0) - GONE_KEPT_MS
    const from = Math.max(
      this.#gone.length - GONE_MAX,
      this.#gone.findIndex(([, , at]) => at >= oldest),
    )
    if (from > 0) this.#gone = this.#gone.slice(from)
  }
  get gone(): readonly Departed[] {
    return this.#gone
  }
  /** Records when these visits are to be forgotten. */
  lapses(members: Iterable<Member | null>): void {
    for (const member of members) this.lapsesAt = Math.min(this.lapsesAt, member?.standing?.until ?? Infinity)
  }
  /** They are in the log now. */
  logged(entries: readonly Entry[]): void {
    const last = entries.at(-1)
    if (last === undefined) return
    this.room.lastSeq = last.seq
    const changes = entries.filter(changesAffiliation)
    if (changes.length > 0) this.room.affiliationsWere = this.room.affiliationsAt
    if (changes.length > 0) this.room.affiliationsAt = changes.at(-1)!.seq
    this.#lastAt = last.at
    for (const entry of entries) if (!entry.isKept && !isPassing(entry)) this.remember(entry)
  }
  /** Removes the oldest entries beyond the limit. */
  remember(entry: Entry): void {
    this.#recent.push(entry)
    this.#recentOctets += octetsOf(entry)
    const { historyMax } = this.room.facts.config
    while (this.#recent.length > historyMax || this.#recentOctets > RECENT_OCTETS_MAX)
      this.#recentOctets -= octetsOf(this.#recent.shift()!)
  }
  /** Removes messages that were retracted. */
  forget(ids: readonly string[]): void {
    if (ids.length === 0 || this.#recent.length === 0) return
    this.#recent = this.#recent.filter(({ id }) => !ids.includes(id))
    this.#recentOctets = this.#recent.reduce((sum, entry) => sum + octetsOf(entry), 0)
  }
}

const octetsOf = (entry: Entry): number => ('payload' in entry && entry.payload !== null ? entry.payload.text.length : 0)
