/** How often somebody may publish. */
import { BoundedMap } from '../base/bounded-map.ts'
import { Bucket } from '../base/bucket.ts'
import type { Millis } from '../base/clock.ts'

const PEOPLE_MAX = 10_000
const MINUTE = 60

export class Paces {
  readonly #perMinute: number
  readonly #buckets = new BoundedMap<string, Bucket>(PEOPLE_MAX)

  /** @param perMinute of one name; all of a minute can be used at once */
  constructor(perMinute: number) {
    this.#perMinute = perMinute
  }
  isTooFast(name: string, now: Millis): boolean {
    let bucket = this.#buckets.get(name)
    if (bucket === undefined) this.#buckets.set(name, (bucket = new Bucket(this.#perMinute, this.#perMinute / MINUTE, now)))
    return bucket.tryTake(1, now) > 0
  }
}
