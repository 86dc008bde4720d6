/**
 * When a link was lost, as far as presence that was heard before may still be in doubt, pure. A doubt begins with the loss
 * after which nobody has confirmed the presence, and lasts over a return of the link that confirms nothing.
 */
import type { Millis } from '../../base/clock.ts'

interface Loss {
  readonly since: Millis
  /** What was heard after fewer losses than that is in doubt. */
  readonly before: number
}
/** Losses that are told apart. What was heard before older ones is in doubt since the oldest of these at least. */
const LOSSES_MAX = 20

export class LossTimes {
  /** The oldest first. */
  readonly #all: Loss[] = []
  /** Since when the link is lost; null: it is not. */
  #lostSince: Millis | null = null

  /** What was heard after fewer losses than that is in doubt. */
  get doubtedBefore(): number {
    return this.#all.at(-1)?.before ?? 0
  }
  begins(since: Millis): void {
    this.#lostSince ??= since
  }
  /** What was heard after fewer than `before` losses is in doubt. @param lostAt since when, if no loss has begun */
  ends(before: number, lostAt: Millis): void {
    const since = this.#lostSince ?? lostAt
    this.#lostSince = null
    if (before <= this.doubtedBefore) return
    this.#all.push({ since, before })
    if (this.#all.length > LOSSES_MAX) this.#all.shift()
  }
  /** Since when what was heard after so many losses is in doubt; null: it is not. */
  since(heardAfter: number): Millis | null {
    return this.#all.find(({ before }) => heardAfter < before)?.since ?? this.#lostSince
  }
}
