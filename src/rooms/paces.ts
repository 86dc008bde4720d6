/** How fast one person may do what everybody in a room hears (ROOM-157). */
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
/** People whose pace a room knows; beyond it the one that did something longest ago begins anew. */
const PEOPLE_MAX = 5000

export class Paces {
  readonly #limits: PaceLimits
  readonly #buckets = new BoundedMap<string, Bucket>(PEOPLE_MAX)

  constructor(limits: PaceLimits) {
    this.#limits = limits
  }
  /** Counts the command, and each command of a batch, unless that is too much: then it is to be refused. */
  isTooFast({ jid }: Actor, command: Command, now: Millis): boolean {
    if (jid === null) return false
    for (const [pace, count] of countsOf(command)) if (this.#take(`${pace} ${jid}`, pace, count, now) > 0) return true
    return false
  }
  /** How long the presence of that session has to wait before others are told; 0: it is counted, and does not wait. */
  presenceWait(full: string, now: Millis): Millis {
    return this.#take(`presencesMax ${full}`, 'presencesMax', 1, now)
  }
  #take(key: string, pace: Pace, count: number, now: Millis): Millis {
    const max = this.#limits[pace]
    if (count > max) return Infinity
    const bucket = this.#buckets.get(key) ?? new Bucket(max, max / SECONDS[pace], now)
    this.#buckets.set(key, bucket)
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
