/** How often one address may try to register: a bucket of attempts that refills within an hour. */
import { BoundedMap } from '../../base/bounded-map.ts'
import { Bucket } from '../../base/bucket.ts'
import type { Clock, Millis } from '../../base/clock.ts'
import { networkOf } from '../../base/network.ts'

const HOUR: Millis = 3_600_000
/** The most addresses that are remembered; beyond it the oldest is forgotten. */
const ADDRESSES_MAX = 10_000

export class Attempts {
  readonly #clock: Clock
  readonly #perHour: number
  /** They hold milliseconds, of which every attempt takes its share of an hour, so nothing is lost by rounding. */
  readonly #buckets = new BoundedMap<string, Bucket>(ADDRESSES_MAX)

  /** @param perHour 0 for no limit */
  constructor(clock: Clock, perHour: number) {
    this.#clock = clock
    this.#perHour = perHour
  }
  /** Counts one attempt. False if there were too many. */
  take(address: string): boolean {
    if (this.#perHour === 0) return true
    const key = networkOf(address)
    const now = this.#clock.now()
    const bucket = this.#buckets.get(key) ?? new Bucket(HOUR, 1000, now)
    this.#buckets.set(key, bucket)
    return bucket.tryTake(HOUR / this.#perHour, now) === 0
  }
}
