/**
 * Decides when each client may begin to log in. A login costs a thousand times as much as a presence. When thousands of
 * clients come back at once, connected clients must not wait for all of them. So logins begin at a limited rate, in the order
 * of arrival, and in one turn of the event loop never more than the share of a hundredth of a second. If the event loop is
 * slow, the rate drops too.
 */
import { Bucket } from '../base/bucket.ts'
import type { Clock } from '../base/clock.ts'
import type { Counter, Metrics } from '../base/metrics.ts'
import { StreamError } from '../xmpp/stream-error.ts'

export interface LoginQueueOptions {
  /** Logins that may begin per second; 0 for no limit. */
  readonly perSecond: number
  /** The most logins that may wait for their turn. */
  readonly waitingMax: number
}

/** A stream that waits for its turn. */
export interface Applicant {
  /** The stream is closing and no longer waits. */
  readonly isClosing: boolean
}

interface Waiting {
  readonly who: Applicant
  readonly admit: () => void
}

export class LoginQueue {
  readonly #clock: Clock
  readonly #waitingMax: number
  /** Null if there is no limit. */
  readonly #budget: Bucket | null
  /** In the order of arrival. */
  readonly #waiting = new Set<Waiting>()
  readonly #turnedAway: Counter

  constructor({ perSecond, waitingMax }: LoginQueueOptions, clock: Clock, metrics: Metrics) {
    this.#clock = clock
    this.#waitingMax = waitingMax
    this.#budget = perSecond === 0 ? null : new Bucket(Math.ceil(perSecond / 100), perSecond, clock.now())
    this.#turnedAway = metrics.counter('porchlight_logins_turned_away_total', 'Logins refused because too many were waiting')
    metrics.gauge('porchlight_logins_waiting', 'Clients that wait for their turn to log in', () => this.#waiting.size)
  }
  /**
   * Resolves when it is the turn of `who`, or when the stream is over; null if it is its turn now.
   * @throws StreamError resource-constraint: too many are waiting
   */
  turn(who: Applicant): Promise<void> | null {
    if (this.#budget === null || (this.#waiting.size === 0 && this.#wait(this.#budget) === 0)) return null
    if (this.#waiting.size >= this.#waitingMax) {
      this.#turnedAway.value += 1
      throw new StreamError('resource-constraint', 'Too many clients are logging in. Try again in a minute')
    }
    return new Promise((admit) => {
      this.#waiting.add({ who, admit })
      if (this.#waiting.size === 1) this.#goOnIn(1)
    })
  }

  #wait(budget: Bucket): number {
    return budget.tryTake(1, this.#clock.now())
  }
  #goOnIn(span: number): void {
    this.#clock.after(span, () => this.#goOn(this.#budget!))
  }
  #goOn(budget: Bucket): void {
    for (const one of this.#waiting) {
      const wait = one.who.isClosing ? 0 : this.#wait(budget)
      if (wait > 0) return this.#goOnIn(wait)
      this.#waiting.delete(one)
      one.admit()
    }
  }
}
