/**
 * Much work is done in portions, so that messages do not wait behind it (PSA-27). Each portion decides when its turn comes:
 * what has changed meanwhile is done as it is then, or not at all.
 */
import type { Clock, Millis } from './clock.ts'

/**
 * Does `work` for portions of at most `size` items, one after the other: the first at once, each of the others after a pause.
 * @returns a promise that rejects if the work throws; what is left then is not done
 */
export async function inPortions<T>(
  all: readonly T[],
  size: number,
  pause: () => Promise<void>,
  work: (portion: readonly T[]) => void | Promise<void>,
): Promise<void> {
  for (let i = 0; i < all.length; i += size) {
    if (i > 0) await pause()
    await work(all.slice(i, i + size))
  }
}

/** Steps of one turn, and the pause until the next: a few milliseconds of work, then as much for everybody else. */
const STEPS = 1000
const PAUSE: Millis = 5

/** Jobs of many small steps, from whoever has one. All of them together take up a few milliseconds at a time. */

export class Portions {
  readonly #clock: Clock
  readonly #failed: (error: unknown) => void
  readonly #waiting: Iterator<unknown>[] = []
  #isWorking = false

  /** @param failed told of a job that has thrown; the others go on */
  constructor(clock: Clock, failed: (error: unknown) => void) {
    this.#clock = clock
    this.#failed = failed
  }
  /** Does the job, step by step: at once if it is small and nothing else is under way. */
  do(job: Iterator<unknown>): void {
    this.#waiting.push(job)
    if (this.#isWorking) return
    this.#isWorking = true
    this.#turn()
  }

  #turn(): void {
    for (let step = 0; step < STEPS; step++) {
      const job = this.#waiting[0]
      if (job === undefined) return void (this.#isWorking = false)
      if (this.#isDone(job)) this.#waiting.shift()
    }
    this.#clock.after(PAUSE, () => this.#turn())
  }
  #isDone(job: Iterator<unknown>): boolean {
    try {
      return job.next().done === true
    } catch (error) {
      this.#failed(error)
      return true
    }
  }
}
