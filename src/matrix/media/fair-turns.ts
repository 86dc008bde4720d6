/** Work that is done one piece at a time: the owners have their turns in a circle, so that nobody waits for all the work of another. */

export interface TurnLimits {
  /** Pieces of one owner that wait. */
  readonly ofOne: number
  readonly ofAll: number
}
type Work = () => Promise<void>

export class FairTurns {
  readonly #limits: TurnLimits
  /** The owner whose turn is next comes first. */
  readonly #waiting = new Map<string, Work[]>()
  #count = 0
  #isBusy = false

  constructor(limits: TurnLimits) {
    this.#limits = limits
  }
  isFullFor(owner: string): boolean {
    return this.#count >= this.#limits.ofAll || (this.#waiting.get(owner)?.length ?? 0) >= this.#limits.ofOne
  }
  take<T>(owner: string, work: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const mine = this.#waiting.get(owner) ?? []
    mine.push(() => work().then(resolve, reject))
    this.#waiting.set(owner, mine)
    this.#count += 1
    if (!this.#isBusy) void this.#workOff()
    return promise
  }
  async #workOff(): Promise<void> {
    this.#isBusy = true
    for (let work = this.#next(); work !== null; work = this.#next()) await work()
    this.#isBusy = false
  }
  #next(): Work | null {
    for (const [owner, works] of this.#waiting) {
      const work = works.shift()!
      this.#waiting.delete(owner)
      if (works.length > 0) this.#waiting.set(owner, works)
      this.#count -= 1
      return work
    }
    return null
  }
}
