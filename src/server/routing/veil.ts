/**
 * Hides from strangers how long the server had to look: an account that is in memory, one that has to be read, and a name
 * that nobody has take the same time. What a stranger's request costs is rounded up to whole steps. Under load looking takes
 * longer, and steps do too, for all names alike: one has to be longer than what it hides.
 */
import type { Clock, Millis } from '../../base/clock.ts'

/** The longest look of this span, and of the one before it, is what steps follow. */
const SPAN: Millis = 5000
/** A step is longer than the longest look by so much. */
const MARGIN = 1.5
/** It grows so many times at most: a disk that stands still is no reason to keep everybody waiting. */
const GROWS_MAX = 50

export class Veil {
  readonly #clock: Clock
  readonly #stepMs: Millis
  #spanBegan: Millis = -Infinity
  #longest: Millis = 0
  #longestBefore: Millis = 0

  /** @param stepMs the shortest step, longer than a look into the database takes when it is quiet; 0: nothing is hidden */
  constructor(clock: Clock, stepMs: Millis) {
    this.#clock = clock
    this.#stepMs = stepMs
  }
  get isThere(): boolean {
    return this.#stepMs > 0
  }
  /** Does `work`, and ends as that ends, but at the end of a step only. The steps begin with the work. */
  async over<T>(work: () => T | Promise<T>): Promise<T> {
    const begun = this.#clock.now()
    let isDone = false
    const steps = this.#until(this.#stepAt(begun), () => isDone)
    try {
      return await work()
    } finally {
      isDone = true
      this.#took(this.#clock.now() - begun)
      await steps
    }
  }

  /** @returns of one step; the same for whatever begins now */
  #stepAt(now: Millis): Millis {
    this.#turn(now)
    const longest = Math.max(this.#longest, this.#longestBefore)
    const times = Math.ceil((longest * MARGIN) / this.#stepMs)
    return this.#stepMs * Math.min(Math.max(times, 1), GROWS_MAX)
  }
  #turn(now: Millis): void {
    if (now - this.#spanBegan < SPAN) return
    this.#longestBefore = now - this.#spanBegan < 2 * SPAN ? this.#longest : 0
    this.#longest = 0
    this.#spanBegan = now
  }
  /** A look, or the wait for the turn of a timer: both say how busy the machine is. */
  #took(ms: Millis): void {
    this.#turn(this.#clock.now())
    this.#longest = Math.max(this.#longest, ms)
  }
  #until(stepMs: Millis, isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const step = (): void => {
        const due = this.#clock.now() + stepMs
        this.#clock.after(stepMs, () => {
          this.#took(this.#clock.now() - due)
          if (isDone()) resolve()
          else step()
        })
      }
      step()
    })
  }
}
