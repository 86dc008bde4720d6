/** Items that are all due the same span after they were added. One timer serves all: the first item added is due first. */
import type { Clock, Millis } from './clock.ts'

interface Deadline<T> {
  readonly item: T
  readonly at: Millis
}

export class Deadlines<T> {
  readonly #clock: Clock
  readonly #span: Millis
  readonly #due: (item: T) => void
  #waiting: Deadline<T>[] = []

  constructor(clock: Clock, span: Millis, due: (item: T) => void) {
    this.#clock = clock
    this.#span = span
    this.#due = due
  }
  add(item: T): void {
    this.#waiting.push({ item, at: this.#clock.now() + this.#span })
    if (this.#waiting.length === 1) this.#arm(this.#span)
  }

  #arm(span: Millis): void {
    this.#clock.after(span, () => this.#handleDue())
  }
  #handleDue(): void {
    const now = this.#clock.now()
    const next = this.#waiting.findIndex(({ at }) => at > now)
    const due = next < 0 ? this.#waiting : this.#waiting.splice(0, next)
    if (next < 0) this.#waiting = []
    else this.#arm(Math.min(this.#waiting[0]!.at - now, this.#span)) // never longer than the span, even if the clock was set back
    for (const { item } of due) this.#due(item)
  }
}
