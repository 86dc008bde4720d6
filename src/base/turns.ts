/**
 * Work for many names: what is for one name is done in its order, one piece after the other; names do not wait for each
 * other. As long as nothing waits, everything is done at once and nothing is kept.
 */
export class Turns<T> {
  readonly #work: (item: T) => void | Promise<void>
  /** For each name with work under way: settles when the last piece of it has ended. Never rejects. */
  readonly #last = new Map<string, Promise<void>>()

  constructor(work: (item: T) => void | Promise<void>) {
    this.#work = work
  }
  /** @returns a promise if the work waits, or has to wait for its turn. What the work throws is the caller's alone. */
  take(name: string, item: T): void | Promise<void> {
    const before = this.#last.get(name)
    const mine = before === undefined ? this.#work(item) : before.then(() => this.#work(item))
    if (mine === undefined) return
    const over = (): void => {
      if (this.#last.get(name) === ended) this.#last.delete(name)
    }
    const ended: Promise<void> = mine.then(over, over)
    this.#last.set(name, ended)
    return mine
  }
  /** Of how many names work is under way. */
  get size(): number {
    return this.#last.size
  }
}
