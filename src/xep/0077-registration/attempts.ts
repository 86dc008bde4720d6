/** How often one address may try to register: a bucket of attempts that fills up again within an hour. */
import type { Clock, Millis } from '../../base/clock.ts'
import { networkOf } from '../../base/network.ts'

interface Bucket {
  left: number
  at: Millis
}
const HOUR: Millis = 3_600_000
/** More addresses are not remembered: the one that has waited longest is forgotten. */
const ADDRESSES_MAX = 10_000

export class Attempts {
  readonly #clock: Clock
  readonly #perHour: number
  /** The last to try stands last. */
  readonly #buckets = new Map<string, Bucket>()

  /** @param perHour 0: no limit */
  constructor(clock: Clock, perHour: number) {
    this.#clock = clock
    this.#perHour = perHour
  }
  /** Counts one attempt. False: it is one too many. */
  take(address: string): boolean {
    if (this.#perHour === 0) return true
    const key = networkOf(address)
    const now = this.#clock.now()
    const bucket = this.#buckets.get(key) ?? { left: this.#perHour, at: now }
    bucket.left = Math.min(this.#perHour, bucket.left + ((now - bucket.at) / HOUR) * this.#perHour)
    bucket.at = now
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > ADDRESSES_MAX) this.#buckets.delete(this.#buckets.keys().next().value!)
    if (bucket.left < 1) return false
    bucket.left -= 1
    return true
  }
}
