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
}
export const PACES: PaceLimits = { messagesMax: 20, nicksMax: 5, invitationsMax: 20 }

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
}
const SECONDS: Readonly<Record<Pace, number>> = { messagesMax: 10, nicksMax: 60, invitationsMax: 60 }
/** People whose pace a room knows; beyond it the one that did something longest ago begins anew. */
const PEOPLE_MAX = 5000

export class Paces {
  readonly #limits: PaceLimits
  readonly #buckets = new BoundedMap<string, Bucket>(PEOPLE_MAX)

  constructor(limits: PaceLimits) {
    this.#limits = limits
  }
  /** Counts the command, unless it is one too many: then it is to be refused. */
  isTooFast({ jid }: Actor, command: Command, now: Millis): boolean {
    const pace = PACE_OF[command.do]
    if (pace === undefined || jid === null) return false
    const key = `${pace} ${jid}`
    const max = this.#limits[pace]
    const bucket = this.#buckets.get(key) ?? new Bucket(max, max / SECONDS[pace], now)
    this.#buckets.set(key, bucket)
    return bucket.tryTake(1, now) > 0
  }
}
