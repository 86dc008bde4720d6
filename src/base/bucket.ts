/**
 * A token bucket: a burst of limited size, and a limited rate on average. The bucket can go into debt: `take` always
 * takes the whole amount, and the debt determines how long the caller must wait.
 */
import type { Millis } from './clock.ts'

export class Bucket {
  readonly #capacity: number
  readonly #perMilli: number
  #level: number
  #at: Millis

  /** The bucket starts full. @param capacity the most that can be saved up */
  constructor(capacity: number, perSecond: number, now: Millis) {
    this.#capacity = capacity
    this.#perMilli = perSecond / 1000
    this.#level = capacity
    this.#at = now
  }
  /** Takes `amount` and returns how long it takes to pay back the debt; 0 if there is no debt. */
  take(amount: number, now: Millis): Millis {
    this.#fill(now)
    this.#level -= amount
    return this.#level >= 0 ? 0 : Math.ceil(-this.#level / this.#perMilli)
  }
  /** Takes `amount` if the bucket holds that much. Otherwise takes nothing and returns how long to wait until it does. */
  tryTake(amount: number, now: Millis): Millis {
    const wait = this.waitFor(amount, now)
    if (wait === 0) this.#level -= amount
    return wait
  }
  /** How long to wait until the bucket holds `amount`; 0 if it does. */
  waitFor(amount: number, now: Millis): Millis {
    this.#fill(now)
    return this.#level < amount ? Math.ceil((amount - this.#level) / this.#perMilli) : 0
  }
  /** Is it as it was when it was made? */
  isFull(now: Millis): boolean {
    this.#fill(now)
    return this.#level >= this.#capacity
  }
  #fill(now: Millis): void {
    // When the system clock is set back, nothing is taken away.
    if (now > this.#at) this.#level = Math.min(this.#capacity, this.#level + (now - this.#at) * this.#perMilli)
    this.#at = now
  }
}
