/** The only source of time. A test replaces it with a clock that it controls. */

/** Milliseconds: a span of time, or a moment counted from 1970-01-01T00:00:00Z. */
export type Millis = number

export interface Timer {
  /** Prevents the timer from firing. Does nothing if the timer has fired already. */
  cancel(): void
}

export interface Clock {
  /** Now, in milliseconds since 1970-01-01T00:00:00Z. */
  now(): Millis
  /**
   * How much time has passed since some moment. It never goes back when the machine's time is set, and counts the time in which
   * the process or the whole machine did not run.
   */
  elapsed(): Millis
  /** Calls `fire` once, `delay` milliseconds from now at the earliest. */
  after(delay: Millis, fire: () => void): Timer
}

/** Does `work` after each `interval`, from now on and until the timer is cancelled. */
export function every(clock: Clock, interval: Millis, work: () => void): Timer {
  const tick = (): void => {
    timer = clock.after(interval, tick)
    work()
  }
  let timer = clock.after(interval, tick)
  return { cancel: () => timer.cancel() }
}

/** Resolves `span` from now. */
export const pause = (clock: Clock, span: Millis): Promise<void> => new Promise((over) => void clock.after(span, over))

/** The longest timer of Node.js, about 24 days. With a longer delay it fires at once. */
const LONGEST: Millis = 2 ** 31 - 1

/** How far `SystemClock` measures from the same moment. The time of day has whole milliseconds: many short steps would add up to too much. */
const STEP: Millis = 1000

/** The machine's own clock. Its timers do not keep the process alive. */
export class SystemClock implements Clock {
  /** Up to the moment from which it measures now, and in all. */
  #before: Millis = 0
  #elapsed: Millis = 0
  #wall: Millis = Date.now()
  #steady: Millis = performance.now()

  now(): Millis {
    return Date.now()
  }
  /** The larger step of two clocks: one of them may be set, the other may stand still while the machine sleeps. */
  elapsed(): Millis {
    const [wall, steady] = [Date.now(), performance.now()]
    const step = Math.max(wall - this.#wall, steady - this.#steady)
    this.#elapsed = Math.max(this.#elapsed, this.#before + step)
    if (step >= STEP) {
      this.#before = this.#elapsed
      this.#wall = wall
      this.#steady = steady
    }
    return this.#elapsed
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
