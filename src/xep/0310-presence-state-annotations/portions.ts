/**
 * Much to tell at once is told in portions, so that messages do not wait behind it (PSA-27). Each step decides when its
 * turn comes: what has changed meanwhile is told as it is then, or not at all.
 */
import type { Clock, Millis } from '../../base/clock.ts'

/** Steps of one turn, and the pause until the next: a few milliseconds of work, then as much for everybody else. */
const STEPS = 1000
const PAUSE: Millis = 5

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
