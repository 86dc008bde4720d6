/**
 * Is there a rush? Pure: more sessions have begun within a second than is usual for a server of this size. A hundred logins per
 * second are many where a thousand people are online, and normal where a hundred thousand are.
 */
import type { Millis } from '../../base/clock.ts'

const SECOND: Millis = 1000
/** The share of the present sessions that may begin within a second without a rush. */
const SHARE = 0.01

export class Surge {
  /** The least number for a rush, however small the server is. */
  readonly #atLeast: number
  #since: Millis = -Infinity
  #count = 0
  /** The number in the previous second. */
  #before = 0

  constructor(atLeast: number) {
    this.#atLeast = atLeast
  }
  /** A session has begun. @param weight as so many */
  note(now: Millis, weight = 1): void {
    if (now - this.#since >= SECOND) {
      this.#before = now - this.#since < 2 * SECOND ? this.#count : 0
      this.#since = now
      this.#count = 0
    }
    this.#count += weight
  }
  /** @param sessions the number of present sessions */
  isOn(now: Millis, sessions: number): boolean {
    if (now - this.#since >= 2 * SECOND) return false
    return Math.max(this.#count, this.#before) > Math.max(this.#atLeast, SHARE * sessions)
  }
}
