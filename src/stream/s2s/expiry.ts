/** RFC 6120 13.7.2.3: when a certificate expires, the streams that depend on it end. */
import type { Clock, Millis, Timer } from '../../base/clock.ts'

/** The longest timer that is used. */
const LONGEST: Millis = 86_400_000

export class Expiry {
  readonly #clock: Clock
  readonly #expired: () => void
  #timer: Timer | null = null

  /** @param expired called once, at the moment of expiry */
  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock
    this.#expired = expired
  }
  watch(at: Millis): void {
    const left = at - this.#clock.now()
    this.stop()
    if (left <= 0) this.#expired()
    else this.#timer = this.#clock.after(Math.min(left, LONGEST), () => this.watch(at))
  }
  stop(): void {
    this.#timer?.cancel()
  }
}
