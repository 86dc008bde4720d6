/** A clock that moves only when a test moves it. Timers fire in the order of their due times. */
import type { Clock, Millis, Timer } from './clock.ts'

interface Entry {
  readonly at: Millis
  fire: (() => void) | null
}

export class ManualClock implements Clock {
  #now: Millis
  #due: Entry[] = []

  constructor(start: Millis = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }
  now(): Millis {
    return this.#now
  }
  elapsed(): Millis {
    return this.#now
  }
  after(delay: Millis, fire: () => void): Timer {
    const entry: Entry = { at: this.#now + delay, fire }
    const before = this.#due.findLastIndex(({ at }) => at <= entry.at)
    this.#due.splice(before + 1, 0, entry)
    return {
      cancel: () => {
        entry.fire = null
      },
    }
  }
  /** Moves time forward by `span`. Every timer that falls due on the way fires at its own moment. */
  advance(span: Millis): void {
    const end = this.#now + span
    for (let next = this.#due[0]; next !== undefined && next.at <= end; next = this.#due[0]) {
      this.#due.shift()
      this.#now = next.at
      next.fire?.()
    }
    this.#now = end
  }
}
