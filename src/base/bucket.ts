/**
 * A token bucket: so much at once, so much per second on average. It goes into debt: what is taken while
 * anything is left is taken whole, and the debt says how long the next must wait.
 */
import type { Millis } from './clock.ts'

export class Bucket {
  readonly #capacity: number
  readonly #perMilli: number
  #level: number
  #at: Millis

  /** Full. @param capacity how much is saved up at most */
  constructor(capacity: number, perSecond: number, now: Millis) {
    this.#capacity = capacity
    this.#perMilli = perSecond / 1000
    this.#level = capacity
    this.#at = now
  }
  /** Takes `amount` and says how long the debt takes to be paid back; 0: there is none. */
  take(amount: number, now: Millis): Millis {
    this.#fill(now)
    this.#level -= amount
    return this.#level >= 0 ? 0 : Math.ceil(-this.#level / this.#perMilli)
  }
  /** Takes `amount` if there is as much; otherwise says how long it takes until there is, and takes nothing. */
  tryTake(amount: number, now: Millis): Millis {
    this.#fill(now)
    if (this.#level < amount) return Math.ceil((amount - this.#level) / this.#perMilli)
    this.#level -= amount
    return 0
  }
  #fill(now: Millis): void {
    // A system clock that was put back must not take anything away.
    if (now > this.#at) this.#level = Math.min(this.#capacity, this.#level + (now - this.#at) * this.#perMilli)
    this.#at = now
  }
}
