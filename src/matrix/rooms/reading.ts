/**
 * Reading the log of a room for Matrix: which entries make a page, and what the room was like then. The state at a position is the
 * present one, less what came behind it; so that part is read too, and what has come while it was read is in memory.
 */
import { isPassing, type Entry } from '../../rooms/log.ts'
import type { Seq } from '../../rooms/machine/room.ts'
import { EVERYTHING } from '../../rooms/room-log.ts'
import { pagesFrom, type ArchivePage, type ArchiveRange } from '../../server/archive.ts'
import { entryOfEvent } from '../ids/event-id.ts'
import type { AwakeRoom } from './awake-room.ts'
import { render, spokenCount, STATE_KINDS, touchedBy, type Rendered } from './events.ts'
import type { Sight } from './names.ts'
import type { Correction, Related } from './shown-events.ts'
import { FACE, ownKeyOf, ownStateOf, type Picture } from './picture.ts'

/** Entries that are looked at for one page, at most. */
const LOOKED_AT_MAX = 2000
const PAGE = 500

/** The newest ones that are looked at for one page. */
const CORRECTIONS_MAX = 200

/** Which entries are wanted: so many that they have `limit` events to show. */
export interface Wish {
  /** Places in the log: behind the first, and not behind the second. */
  readonly after: Seq
  readonly upTo: Seq
  readonly limit: number
  readonly from: 'oldest' | 'newest'
  /** How many of the events of an entry are wanted, at most. */
  readonly weigh: (entry: Entry) => number
}
export interface Found {
  /** All that lie between the two places, the oldest first. */
  readonly entries: readonly Entry[]
  readonly after: Seq
  readonly upTo: Seq
  /** There may be more at the far end. */
  readonly hasMore: boolean
}

/** How many events an entry has, at most. */
export const eventsIn = (entry: Entry): number => (isState(entry) ? touchedBy(entry, ANY).length : 0) + spokenCount(entry)
/** Levels can change in it by everything that may change them. */
const ANY = { config: { moderated: true } }
const isState = ({ kind }: Entry): boolean => STATE_KINDS.includes(kind as (typeof STATE_KINDS)[number])

export class RoomReading {
  /** The place behind everything up to that number of the stream. */
  async placeAt(awake: AwakeRoom, stream: number): Promise<Seq> {
    if (!awake.holdsSince(stream)) return awake.backing.log.at(stream)
    return awake.tail.findLast((entry) => entry.stream <= stream)?.seq ?? awake.tailAfter
  }
  async find(awake: AwakeRoom, { after, upTo, limit, from, weigh }: Wish): Promise<Found> {
    const entries: Entry[] = []
    let weight = 0
    let looked = 0
    let [low, high] = [after, upTo]
    while (low < high && looked < LOOKED_AT_MAX) {
      const page = await this.#page(awake, low, high, Math.min(PAGE, 2 * limit + 10), from)
      for (const entry of from === 'newest' ? page.entries.toReversed() : page.entries) {
        const more = weigh(entry)
        if (weight > 0 && weight + more > limit) return { ...placed(entries, from, low, high, after, upTo), hasMore: true }
        if (from === 'newest') high = entry.seq - 1
        else low = entry.seq
        looked += 1
        weight += more
        entries.push(entry)
      }
      if (page.isAll) break
    }
    const isDone = looked < LOOKED_AT_MAX
    if (isDone && from === 'newest') high = after
    if (isDone && from === 'oldest') low = upTo
    return { ...placed(entries, from, low, high, after, upTo), hasMore: !isDone }
  }
  async #page(awake: AwakeRoom, low: Seq, high: Seq, limit: number, from: Wish['from']) {
    if (low >= awake.tailAfter) {
      const entries = awake.tail.filter(({ seq }) => seq > low && seq <= high)
      return { entries, isAll: true }
    }
    const end = from === 'newest' ? 'last' : 'first'
    return awake.backing.log.page({ ...EVERYTHING, after: low, before: high + 1 }, limit, end)
  }

  /**
   * The events of these entries, and the room as it was behind and in front of them.
   * @param upTo the place behind the last of them
   */
  async look<E, T>(
    awake: AwakeRoom,
    entries: readonly Entry[],
    upTo: Seq,
    sight: Sight,
    atEnd: (picture: Picture) => E,
    atStart: (picture: Picture, rendered: readonly Rendered[], end: E) => T,
  ): Promise<T> {
    let fetched: readonly Entry[] = []
    let to = upTo
    const earlier = new Map<string, string | null>()
    for (;;) {
      if (awake.tailAfter > to) {
        const more = await this.statesBetween(awake, to)
        fetched = [...fetched, ...more]
        to = Math.max(more.at(-1)?.seq ?? 0, awake.tailAfter)
        continue
      }
      const later = [...fetched, ...awake.tail.filter((entry) => entry.seq > to && isState(entry))]
      const all = [...entries, ...later]
      if (await this.#learn(awake, all, earlier)) continue
      const picture = awake.picture()
      picture.prepare(all, earlier)
      for (const entry of later.toReversed()) picture.undo(entry)
      const end = atEnd(picture)
      return atStart(picture, render(entries, picture, sight, awake), end)
    }
  }
  /** All entries between two places, the oldest first: no more than a page of them, the newest. */
  async between(awake: AwakeRoom, after: Seq, upTo: Seq): Promise<readonly Entry[]> {
    if (after >= awake.tailAfter) return awake.tail.filter(({ seq }) => seq > after && seq <= upTo)
    const { entries } = await awake.backing.log.page({ ...EVERYTHING, after, before: upTo + 1 }, 2 * PAGE, 'last')
    return entries
  }
  /** Of an event in the log; 0: unknown. */
  async placeOf({ backing }: AwakeRoom, event: string): Promise<Seq> {
    const named = entryOfEvent(event)
    return named === null ? 0 : ((await backing.log.byId(named.entry))?.seq ?? 0)
  }
  /** The entries between two places that have changed a state, the oldest first. */
  async statesBetween(awake: AwakeRoom, place: Seq, upTo: Seq = Infinity): Promise<readonly Entry[]> {
    const pages = pagesFrom((range) => this.#statesIn(awake, range), 'first', rangeOf(place, upTo))
    return (await Array.fromAsync(pages)).flat()
  }
  /** The same; null: they are many. */
  async fewStatesBetween(awake: AwakeRoom, place: Seq, upTo: Seq): Promise<readonly Entry[] | null> {
    const { entries, isAll } = await this.#statesIn(awake, rangeOf(place, upTo))
    return isAll ? entries : null
  }
  #statesIn({ backing }: AwakeRoom, range: ArchiveRange): Promise<ArchivePage<Entry>> {
    return backing.log.statePage({ ...EVERYTHING, kinds: STATE_KINDS, ...range }, PAGE, 'first')
  }
  /** What was before the first of the entries that set a state without saying so. @returns whether it had to wait */
  async #learn({ backing }: AwakeRoom, entries: readonly Entry[], earlier: Map<string, string | null>): Promise<boolean> {
    let waited = false
    for (const entry of entries) {
      const own = ownKeyOf(entry)
      if (own === null || earlier.has(own)) continue
      const key = entry.kind === 'face' ? `${FACE} ${entry.type} ${entry.key}` : ''
      const before = await backing.log.stateAt(entry.kind, key, entry.seq - 1)
      earlier.set(own, before === null ? null : ownStateOf(before))
      waited = true
    }
    return waited
  }
  /**
   * What other entries of the log say of these. The reactions that they name are in memory then.
   * @param upTo what was corrected behind that place is not told
   */
  async related(awake: AwakeRoom, entries: readonly Entry[], upTo: Seq): Promise<Related> {
    const { backing, reactions } = awake
    const redactions = new Map<string, Entry>()
    for (const entry of entries) {
      const [by] = entry.isRetracted ? await backing.log.about(entry.id, 'retract') : []
      if (by !== undefined) redactions.set(entry.id, by)
      if (entry.kind === 'react' && !reactions.has(entry.target))
        reactions.fill(entry.target, await backing.log.about(entry.target, 'react'))
    }
    return { redactions, corrections: await this.#corrections(awake, entries, upTo) }
  }
  /** The newest correction of each entry that has one. */
  async #corrections(awake: AwakeRoom, entries: readonly Entry[], upTo: Seq): Promise<Related['corrections']> {
    const found = new Map<string, Correction>()
    const [first] = entries
    if (first === undefined) return found
    const isInTail = first.seq > awake.tailAfter
    const filter = { ...EVERYTHING, kinds: ['correct'] as const, after: first.seq, before: upTo + 1 }
    const later = isInTail ? awake.tail : (await awake.backing.log.page(filter, CORRECTIONS_MAX, 'last')).entries
    for (const entry of later)
      if (entry.kind === 'correct' && entry.seq <= upTo && !entry.isRetracted) found.set(entry.target, entry)
    return found
  }
}

const rangeOf = (after: Seq, upTo: Seq): ArchiveRange => ({ after, before: upTo === Infinity ? null : upTo + 1 })
function placed(entries: readonly Entry[], from: Wish['from'], low: Seq, high: Seq, after: Seq, upTo: Seq) {
  const ordered = entries.filter((entry) => !isPassing(entry))
  return from === 'newest' ? { entries: ordered.toReversed(), after: high, upTo } : { entries: ordered, after, upTo: low }
}
