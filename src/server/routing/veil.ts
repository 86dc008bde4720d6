/**
 * Hides from strangers how long a lookup took: an account in memory, an account that must be loaded, and a missing account take
 * the same time. The time of a stranger's request is rounded up to whole steps.
 *
 * Under load a lookup takes longer than a step, and the names that need one could be told from the others. So the steps of
 * answers follow the longest lookup of the last seconds. The steps of a lane do not: a sender would be allowed fewer stanzas a second.
 */
import type { Clock, Millis } from '../../base/clock.ts'

/** The steps of answers follow the longest lookup of this span and of the one before it. */
const SPAN: Millis = 5000
/** Such a step is this many times as long as that lookup. */
const MARGIN = 1.5
/** It is at most this many times as long as the shortest step: a disk that hangs must not delay everybody for ever. */
const GROWS_MAX = 50

export class Veil {
  readonly #clock: Clock
  readonly #stepMs: Millis
  #spanBegan: Millis = -Infinity
  #longest: Millis = 0
  #longestBefore: Millis = 0

  /** @param stepMs the shortest step, longer than a lookup takes in a database that has little to do; 0 hides nothing */
  constructor(clock: Clock, stepMs: Millis) {
    this.#clock = clock
    this.#stepMs = stepMs
  }
  get isThere(): boolean {
    return this.#stepMs > 0
  }
  /** Does `work` for a lane, and ends with its result or error, but only at the end of a step. The steps begin with the work. */
  over<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#hidden(work, this.#stepMs)
  }
  /** The same for an answer that nobody waits behind. */
  overAnswer<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#hidden(work, this.#answerStep())
  }

  async #hidden<T>(work: () => T | Promise<T>, stepMs: Millis): Promise<T> {
    const begun = this.#clock.now()
    let isDone = false
    const steps = this.#until(stepMs, () => isDone)
    try {
      return await work()
    } finally {
      isDone = true
      this.#took(this.#clock.now() - begun)
      await steps
    }
  }
  /** The same for whatever begins now. */
  #answerStep(): Millis {
    this.#turn()
    const longest = Math.max(this.#longest, this.#longestBefore)
    const times = Math.ceil((longest * MARGIN) / this.#stepMs)
    return this.#stepMs * Math.min(Math.max(times, 1), GROWS_MAX)
  }
  #turn(): void {
    const now = this.#clock.now()
    if (now - this.#spanBegan < SPAN) return
    this.#longestBefore = now - this.#spanBegan < 2 * SPAN ? this.#longest : 0
    this.#longest = 0
    this.#spanBegan = now
  }
  /** A lookup, or the delay of a timer: both say how busy the machine is. */
  #took(ms: Millis): void {
    this.#turn()
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
