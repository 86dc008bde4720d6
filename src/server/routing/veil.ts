/**
 * Hides from strangers how long a lookup took: an account in memory, an account that must be loaded, and a missing account take
 * the same time. The time of a stranger's request is rounded up to whole steps.
 */
import type { Clock, Millis } from '../../base/clock.ts'

export class Veil {
  readonly #clock: Clock
  readonly #stepMs: Millis

  /** @param stepMs longer than a lookup in the database takes; 0 hides nothing */
  constructor(clock: Clock, stepMs: Millis) {
    this.#clock = clock
    this.#stepMs = stepMs
  }
  get isThere(): boolean {
    return this.#stepMs > 0
  }
  /** Does `work`, and ends with its result or error, but only at the end of a step. The steps begin with the work. */
  async over<T>(work: () => T | Promise<T>): Promise<T> {
    let isDone = false
    const steps = this.#until(() => isDone)
    try {
      return await work()
    } finally {
      isDone = true
      await steps
    }
  }

  #until(isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const step = (): void => void this.#clock.after(this.#stepMs, () => (isDone() ? resolve() : step()))
      step()
    })
  }
}
