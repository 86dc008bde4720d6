/**
 * Work for many names. Work for one name is done in order, one piece after the other; different names do not wait for each
 * other. While nothing waits, everything is done at once and nothing is kept.
 */
export class Turns<T> {
  readonly #work: (item: T) => void | Promise<void>
  /** For each name with work in progress: settles when the last piece has ended. Never rejects. */
  readonly #last = new Map<string, Promise<void>>()

  constructor(work: (item: T) => void | Promise<void>) {
    this.#work = work
  }
  /** @returns a promise if the work waits, or waits for its turn. Only the caller receives an error of the work. */
  take(name: string, item: T): void | Promise<void> {
    const before = this.#last.get(name)
    const mine = before === undefined ? this.#work(item) : before.then(() => this.#work(item))
    if (mine === undefined) return
    const forget = (): void => {
      if (this.#last.get(name) === ended) this.#last.delete(name)
    }
    const ended: Promise<void> = mine.then(forget, forget)
    this.#last.set(name, ended)
    return mine
  }
  isBusy(name: string): boolean {
    return this.#last.has(name)
  }
  /** The number of names with work in progress. */
  get size(): number {
    return this.#last.size
  }
}
