/** Limits on how often one person may do what all occupants of a room are told (ROOM-157). */
import { BoundedMap } from '../base/bounded-map.ts'
import { Bucket } from '../base/bucket.ts'
import type { Millis } from '../base/clock.ts'
import type { Actor, Command } from './machine/commands.ts'

export interface PaceLimits {
  /** In ten seconds. */
  readonly messagesMax: number
  /** In a minute. */
  readonly nicksMax: number
  /** In a minute. */
  readonly invitationsMax: number
  /** Of one client, in ten seconds. */
  readonly presencesMax: number
  /** In ten seconds. */
  readonly entriesMax: number
}
export const PACES: PaceLimits = { messagesMax: 20, nicksMax: 5, invitationsMax: 20, presencesMax: 5, entriesMax: 20 }

type Pace = keyof PaceLimits
const PACE_OF: Readonly<Partial<Record<Command['do'], Pace>>> = {
  append: 'messagesMax',
  subject: 'messagesMax',
  correct: 'messagesMax',
  react: 'messagesMax',
  retract: 'messagesMax',
  face: 'messagesMax',
  whisper: 'messagesMax',
  nick: 'nicksMax',
  invite: 'invitationsMax',
  enter: 'entriesMax',
}
const SECONDS: Readonly<Record<Pace, number>> = {
  messagesMax: 10,
  nicksMax: 60,
  invitationsMax: 60,
  presencesMax: 10,
  entriesMax: 10,
}
/** People whose pace a room knows, for each kind of action; beyond it the person whose last action is the oldest is forgotten. */
const PEOPLE_MAX = 5000

export class Paces {
  readonly #limits: PaceLimits
  /** By bare address; of presences by full address. */
  readonly #buckets = new Map<Pace, BoundedMap<string, Bucket>>()

  constructor(limits: PaceLimits) {
    this.#limits = limits
  }
  /** Counts the command, and each command of a batch. True: that is too many, and the command is to be refused. */
  isTooFast({ jid }: Actor, command: Command, now: Millis): boolean {
    if (jid === null) return false
    for (const [pace, count] of countsOf(command)) if (this.#take(jid, pace, count, now) > 0) return true
    return false
  }
  /** How long the presence of that session has to wait before others are told; 0: it is counted, and does not wait. */
  presenceWait(full: string, now: Millis): Millis {
    return this.#take(full, 'presencesMax', 1, now)
  }
  /** Forgets those who may do everything again. */
  rest(now: Millis): void {
    for (const [pace, buckets] of this.#buckets) {
      for (const [who, bucket] of buckets) if (bucket.isFull(now)) buckets.delete(who)
      if (buckets.size === 0) this.#buckets.delete(pace)
    }
  }
  #take(who: string, pace: Pace, count: number, now: Millis): Millis {
    const max = this.#limits[pace]
    if (count > max) return Infinity
    let buckets = this.#buckets.get(pace)
    if (buckets === undefined) this.#buckets.set(pace, (buckets = new BoundedMap(PEOPLE_MAX)))
    const bucket = buckets.get(who) ?? new Bucket(max, max / SECONDS[pace], now)
    buckets.set(who, bucket)
    return bucket.tryTake(count, now)
  }
}

function countsOf(command: Command): ReadonlyMap<Pace, number> {
  const counts = new Map<Pace, number>()
  for (const { do: what } of command.do === 'batch' ? command.commands : [command]) {
    const pace = PACE_OF[what]
    if (pace !== undefined) counts.set(pace, (counts.get(pace) ?? 0) + 1)
  }
  return counts
}
