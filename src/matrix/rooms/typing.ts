/** Who is typing in a room (MXR-71). Nothing of it is kept, and it is over by itself after a while. Pure. */
import type { Millis } from '../../base/clock.ts'

/** How long somebody is taken to be typing, at most. */
export const TYPING_MAX_MS: Millis = 30_000

export class Typing {
  readonly #until = new Map<string, Millis>()
  readonly #nextStream: () => number
  newest = 0
  /** Who was typing before that number is not known: clients that were told of somebody then were not told of the end. */
  readonly begun: number

  constructor(nextStream: () => number, begun: number) {
    this.#nextStream = nextStream
    this.begun = begun
  }
  /** @param span 0: they have stopped @returns whether somebody sees a difference */
  set(bare: string, span: Millis, now: Millis): boolean {
    const was = this.#until.has(bare)
    if (span > 0) this.#until.set(bare, now + Math.min(span, TYPING_MAX_MS))
    else this.#until.delete(bare)
    if (was !== span > 0) this.newest = this.#nextStream()
    return was !== span > 0
  }
  /** Forgets those whose time is over. @returns whether there were any */
  lapse(now: Millis): boolean {
    let any = false
    for (const [bare, until] of this.#until) if (until <= now && this.#until.delete(bare)) any = true
    if (any) this.newest = this.#nextStream()
    return any
  }
  get all(): readonly string[] {
    return [...this.#until.keys()]
  }
  /** When the next one stops; Infinity: nobody is typing. */
  get nextEnd(): Millis {
    return Math.min(Infinity, ...this.#until.values())
  }
}
