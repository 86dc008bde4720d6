/**
 * How much a user has not read in a room (MXR-132): what the user's rules announce, behind what the user has read or said last. The
 * count goes on from where it was the last time; it is counted anew when something was read, or the rules are other ones.
 */
import { inPortions } from '../../base/portions.ts'
import { tickOver } from '../../base/tick.ts'
import type { Entry } from '../../rooms/log.ts'
import type { Rules } from '../data/default-rules.ts'
import { verdictOn, type RuleContext } from '../data/rule-matching.ts'
import type { AwakeRoom } from '../rooms/awake-room.ts'
import { saidIn } from '../rooms/events.ts'
import { levelOf, MODERATOR } from '../rooms/levels.ts'
import type { Sight } from '../rooms/names.ts'
import type { RoomReading } from '../rooms/reading.ts'
import { READ, READ_PRIVATE } from '../rooms/receipts.ts'
import { summaryOf } from '../rooms/summary.ts'
import type { Hides } from '../data/ignored.ts'

export interface Counts {
  readonly notification_count: number
  readonly highlight_count: number
}
interface Counter extends Counts {
  /** Of the rules, as JSON, and of what was read. */
  readonly basis: string
  /** Up to which place of the log it is counted. */
  readonly upTo: number
}
/** The rules of a user, once as JSON for all rooms. */
export interface ReadRules {
  readonly rules: Rules
  readonly text: string
}
/** For whom, and what counts. */
export interface Counting extends ReadRules {
  readonly sight: Sight
  readonly hides: Hides
}

/** Entries that are looked at: there may be more that were not read. */
const LOOKED_AT_MAX = 1000
/** ...before others have their turn: a few milliseconds, however much the rules ask for. */
const AT_ONCE = 20
const MAIN = 'main'
const NOTHING: Counts = { notification_count: 0, highlight_count: 0 }

export class Unread {
  /** By bare JID. */
  readonly #counters = new WeakMap<AwakeRoom, Map<string, Counter>>()
  readonly #reading: RoomReading

  constructor(reading: RoomReading) {
    this.#reading = reading
  }
  /** @param upTo the place up to which the client is told */
  async count(awake: AwakeRoom, upTo: number, counting: Counting): Promise<Counts> {
    const { viewer } = counting.sight
    const counters = this.#counters.get(awake) ?? new Map<string, Counter>()
    this.#counters.set(awake, counters)
    const { read, basis } = await this.#basis(awake, counting)
    const known = counters.get(viewer)
    const isOn = known?.basis === basis && known.upTo <= upTo
    const from = isOn ? known.upTo : Math.max(read, awake.floorFor(viewer), upTo - LOOKED_AT_MAX)
    const entries = from < upTo ? await this.#reading.between(awake, from, upTo) : []
    const start = isOn ? known : NOTHING
    const counter = { ...(await counted(awake, entries, start, counting)), basis, upTo: Math.max(from, upTo) }
    counters.set(viewer, counter)
    const { notification_count, highlight_count } = counter
    return { notification_count, highlight_count }
  }
  async #basis(awake: AwakeRoom, { sight: { viewer }, text }: Counting) {
    const { receipts, joins } = awake
    let read = joins.get(viewer)?.seq ?? 0
    for (const type of [READ, READ_PRIVATE] as const)
      for (const thread of ['', MAIN]) {
        const receipt = receipts.of(viewer, type, thread)
        if (receipt !== null) read = Math.max(read, await this.#reading.placeOf(awake, receipt.event))
      }
    return { read, basis: `${read} ${text}` }
  }
}
/** How many people are in a room, counted once for each thing that happens in it, whoever looks. */
const membersIn = new WeakMap<AwakeRoom, { readonly newest: number; readonly count: number }>()
function membersOf(awake: AwakeRoom, sight: Sight): number {
  const known = membersIn.get(awake)
  if (known?.newest === awake.newest) return known.count
  const count = summaryOf(awake, sight).joined
  membersIn.set(awake, { newest: awake.newest, count })
  return count
}
async function counted(awake: AwakeRoom, entries: readonly Entry[], start: Counts, counting: Counting): Promise<Counts> {
  const { room } = awake
  const { viewer } = counting.sight
  const members = entries.length === 0 ? 0 : membersOf(awake, counting.sight)
  const displayName = room.nicksOf.get(viewer)?.[0] ?? room.members.get(viewer)?.nick ?? null
  let counts = start
  await inPortions(entries, AT_ONCE, tickOver, (some) => {
    for (const entry of some) counts = countedWith(awake, entry, counts, { ...counting, members, displayName })
  })
  return counts
}
/** Of the room, for the rules. */
interface Around extends Counting {
  readonly members: number
  readonly displayName: string | null
}
function countedWith(awake: AwakeRoom, entry: Entry, before: Counts, around: Around): Counts {
  const { room, reactions, names } = awake
  const { sight, hides, rules, members, displayName } = around
  // Whoever says something has read what was said before
  if (entry.by === sight.viewer) return entry.kind === 'message' ? NOTHING : before
  if (entry.by === null || entry.isRetracted || (!entry.veiled && hides(entry.by))) return before
  const author = room.members.get(entry.by)
  const mayNotifyRoom = author !== undefined && levelOf(author, room.facts.config) >= MODERATOR
  const context: RuleContext = { room: names.roomId, members, displayName, mayNotifyRoom }
  let { notification_count: notify, highlight_count: highlight } = before
  for (const event of saidIn(entry, sight, reactions)) {
    const verdict = verdictOn(rules, event as unknown as Parameters<typeof verdictOn>[1], context)
    if (verdict.notify) notify += 1
    if (verdict.highlight) highlight += 1
  }
  return { notification_count: notify, highlight_count: highlight }
}
