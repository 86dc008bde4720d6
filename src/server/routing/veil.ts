/**
 * Hides from strangers how long the server had to look: an account that is in memory, one that has to be read, and a name
 * that nobody has take the same time. What a stranger's request costs is rounded up to whole steps.
 */
import type { Clock, Millis } from '../../base/clock.ts'

export class Veil {
  readonly #clock: Clock
  readonly #stepMs: Millis

  /** @param stepMs longer than a look into the database takes; 0: nothing is hidden */
  constructor(clock: Clock, stepMs: Millis) {
    this.#clock = clock
    this.#stepMs = stepMs
  }
  get isThere(): boolean {
    return this.#stepMs > 0
  }
  /** Does `work`, and ends as that ends, but at the end of a step only. The steps begin with the work. */
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
