/** Time comes in through here and nowhere else, so that a test can hold it still. */

/** Milliseconds: a span, or since 1970-01-01T00:00:00Z where a moment is meant. */
export type Millis = number

export interface Timer {
  /** The timer will not fire any more. Harmless when it already has. */
  cancel(): void
}

export interface Clock {
  /** Now, in milliseconds since 1970-01-01T00:00:00Z. */
  now(): Millis
  /** Calls `fire` once, `delay` milliseconds from now at the earliest. */
  after(delay: Millis, fire: () => void): Timer
}

/** A timer of Node.js for a longer time, 24 days, would fire at once. */
const LONGEST: Millis = 2 ** 31 - 1

/** The machine's own clock. Its timers do not keep the process alive. */
export class SystemClock implements Clock {
  now(): Millis {
    return Date.now()
  }
  after(delay: Millis, fire: () => void): Timer {
    if (delay > LONGEST) return this.#afterLong(delay, fire)
    const timer = setTimeout(fire, delay)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  }
  #afterLong(delay: Millis, fire: () => void): Timer {
    let current = this.after(LONGEST, () => (current = this.after(delay - LONGEST, fire)))
    return { cancel: () => current.cancel() }
  }
}
