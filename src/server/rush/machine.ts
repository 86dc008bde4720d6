/**
 * Is there a rush? Pure: more sessions have begun within a second than a server of this size has every morning. A hundred
 * logins in a second are a crowd where a thousand people are online, and nothing special where a hundred thousand are.
 */
import type { Millis } from '../../base/clock.ts'

const SECOND: Millis = 1000
/** Of the sessions that there are: what begins within a second beyond this is a crowd. */
const SHARE = 0.01

export class Surge {
  /** However small the server is. */
  readonly #atLeast: number
  #since: Millis = -Infinity
  #count = 0
  /** In the second before. */
  #before = 0

  constructor(atLeast: number) {
    this.#atLeast = atLeast
  }
  /** A session has begun. */
  note(now: Millis): void {
    if (now - this.#since >= SECOND) {
      this.#before = now - this.#since < 2 * SECOND ? this.#count : 0
      this.#since = now
      this.#count = 0
    }
    this.#count += 1
  }
  /** @param sessions how many there are */
  isOn(now: Millis, sessions: number): boolean {
    if (now - this.#since >= 2 * SECOND) return false
    return Math.max(this.#count, this.#before) > Math.max(this.#atLeast, SHARE * sessions)
  }
}
