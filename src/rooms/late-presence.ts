/**
 * Presence that comes faster than a room tells it (ROOM-157). Of each session the newest waits until it is its turn; those
 * before it are told to nobody.
 */
import type { Clock, Millis, Timer } from '../base/clock.ts'

interface Late<T> {
  newest: T
  readonly timer: Timer
}

export class LatePresence<T> {
  readonly #clock: Clock
  readonly #due: (presence: T) => void
  /** By room and session. */
  readonly #waiting = new Map<string, Late<T>>()

  /** @param due called with the newest one when it is its turn */
  constructor(clock: Clock, due: (presence: T) => void) {
    this.#clock = clock
    this.#due = due
  }
  /** It is the turn of this presence in `wait`, unless the session says something newer meanwhile. */
  put(key: string, presence: T, wait: Millis): void {
    const before = this.#waiting.get(key)
    if (before !== undefined) {
      before.newest = presence
      return
    }
    const timer = this.#clock.after(wait, () => {
      const { newest } = this.#waiting.get(key)!
      this.#waiting.delete(key)
      this.#due(newest)
    })
    this.#waiting.set(key, { newest: presence, timer })
  }
  /** The session has said something newer. */
  drop(key: string): void {
    this.#waiting.get(key)?.timer.cancel()
    this.#waiting.delete(key)
  }
}
