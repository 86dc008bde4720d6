/**
 * Messages to people who are not in the room, about an affiliation or an invitation that somebody has given them (ROOM-32): one
 * person can bring about only so many in a time. Those beyond are not sent; the person learns of it when they enter.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import { Bucket } from '../../base/bucket.ts'
import type { Millis } from '../../base/clock.ts'

/** People whose pace is known; beyond it the person whose last action is the oldest is forgotten. */
const PEOPLE_MAX = 10_000
const MINUTE_SECONDS = 60

export class Notices {
  readonly #max: number
  readonly #now: () => Millis
  readonly #buckets = new BoundedMap<string, Bucket>(PEOPLE_MAX)

  /** @param max messages in a minute that one person can bring about */
  constructor(max: number, now: () => Millis) {
    this.#max = max
    this.#now = now
  }
  /** May a message be sent that this person (bare JID) has brought about? It is counted. Null: the service itself. */
  mayTell(by: string | null): boolean {
    if (by === null) return true
    const bucket = this.#buckets.get(by) ?? new Bucket(this.#max, this.#max / MINUTE_SECONDS, this.#now())
    this.#buckets.set(by, bucket)
    return bucket.tryTake(1, this.#now()) === 0
  }
}
