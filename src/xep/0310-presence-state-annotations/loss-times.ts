/**
 * When a link was lost, as long as earlier presence may still be in doubt, pure. A doubt begins with the loss after which the
 * presence was not confirmed, and lasts over a return of the link that confirms nothing.
 */
import type { Millis } from '../../base/clock.ts'

interface Loss {
  readonly since: Millis
  /** Presence that was heard after fewer losses than this is in doubt. */
  readonly before: number
}
/** The most losses that are distinguished. Presence from before older ones counts as in doubt since the oldest of these. */
const LOSSES_MAX = 20

export class LossTimes {
  /** The oldest first. */
  readonly #all: Loss[] = []
  /** Since when the link is lost; null if it is not. */
  #lostSince: Millis | null = null

  /** Presence that was heard after fewer losses than this is in doubt. */
  get doubtedBefore(): number {
    return this.#all.at(-1)?.before ?? 0
  }
  /** Presence that was heard after fewer losses than this is in doubt although everything was asked again. */
  unknownBefore = 0
  begins(since: Millis): void {
    this.#lostSince ??= since
  }
  /** A loss is over for presence heard after fewer than `before` losses. @param lostAt since when, if no loss has begun */
  ends(before: number, lostAt: Millis): void {
    const since = this.#lostSince ?? lostAt
    this.#lostSince = null
    if (before <= this.doubtedBefore) return
    this.#all.push({ since, before })
    if (this.#all.length > LOSSES_MAX) this.#all.shift()
  }
  /** Since when presence is in doubt that was heard after this number of losses; null if it is not. */
  since(heardAfter: number): Millis | null {
    return this.#all.find(({ before }) => heardAfter < before)?.since ?? this.#lostSince
  }
}
