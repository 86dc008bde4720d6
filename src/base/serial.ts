/** Work that must not overlap: each piece starts when the one before it has ended, with or without an error. */
export class Serial {
  #last: Promise<unknown> | null = null

  get idle(): boolean {
    return this.#last === null
  }
  /** Runs `work` when its turn comes. Only the caller receives its result or its error. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last === null ? work() : this.#last.then(work, work)
    this.#last = mine
    const over = (): void => {
      if (this.#last === mine) this.#last = null
    }
    mine.then(over, over)
    return mine
  }
}
