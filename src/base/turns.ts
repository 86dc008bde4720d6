/**
 * Work for many names. Work for one name is done in order, one piece after the other; different names do not wait for each
 * other. While nothing waits, everything is done at once and nothing is kept.
 */
export class Turns<T> {
  readonly #work: (item: T) => void | Promise<void>
  /** For each name with work in progress: settles when the last piece has ended. Never rejects. */
  readonly #last = new Map<string, Promise<void>>()
  /** Names whose work is being done further up the stack, each with what it turns out to wait for. */
  readonly #doing = new Map<string, { waits: Promise<void> | null }>()

  constructor(work: (item: T) => void | Promise<void>) {
    this.#work = work
  }
  /**
   * Work for a name that comes while other work for that name is being done, even by that work itself, has its turn afterwards.
   * @returns a promise if the work waits, or waits for its turn. Only the caller receives an error of the work.
   */
  take(name: string, item: T): void | Promise<void> {
    const before = this.#last.get(name) ?? this.#endOf(name)
    const mine = before === undefined ? this.#do(name, item) : before.then(() => this.#do(name, item))
    if (mine === undefined) return
    const forget = (): void => {
      if (this.#last.get(name) === ended) this.#last.delete(name)
    }
    const ended: Promise<void> = mine.then(forget, forget)
    // What has come while the work was done has its turn later
    if (before !== undefined || !this.#last.has(name)) this.#last.set(name, ended)
    return mine
  }
  #do(name: string, item: T): void | Promise<void> {
    const doing = { waits: null as Promise<void> | null }
    this.#doing.set(name, doing)
    try {
      const waits = this.#work(item)
      if (waits !== undefined) doing.waits = waits
      return waits
    } finally {
      this.#doing.delete(name)
    }
  }
  /** Resolves when the work that is being done for the name has ended; undefined if none is. */
  #endOf(name: string): Promise<void> | undefined {
    const doing = this.#doing.get(name)
    return doing === undefined ? undefined : Promise.resolve().then(() => doing.waits?.catch(() => {}))
  }
  isBusy(name: string): boolean {
    return this.#last.has(name)
  }
  /** The number of names with work in progress. */
  get size(): number {
    return this.#last.size
  }
}
