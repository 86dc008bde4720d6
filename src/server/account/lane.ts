/**
 * The inbound queue of one session. Item n+1 starts only when item n is finished (RFC 6120 10.1: in-order processing). While
 * nothing waits, every item runs at once and nothing is queued.
 */
export class Lane<T> {
  readonly #work: (item: T) => void | Promise<void>
  readonly #failed: (error: unknown, item: T) => void
  readonly #caughtUp: () => void
  #waiting: T[] | null = null
  #busy = false
  #idle: (() => void)[] | null = null

  /**
   * @param failed called with an error of `work`; the lane continues with the next item
   * @param caughtUp called when everything that had to wait is done
   */
  constructor(work: (item: T) => void | Promise<void>, failed: (error: unknown, item: T) => void, caughtUp: () => void) {
    this.#work = work
    this.#failed = failed
    this.#caughtUp = caughtUp
  }
  /** The number of items that wait behind the present one. */
  get depth(): number {
    return this.#waiting === null ? 0 : this.#waiting.length
  }
  get busy(): boolean {
    return this.#busy
  }
  push(item: T): void {
    if (this.#busy) (this.#waiting ??= []).push(item)
    else this.#drain(item)
  }
  /** Discards the waiting items. The present one ends by itself. */
  clear(): void {
    this.#waiting = null
  }
  /** Resolves when no item is in progress or waiting; null if that is so now. */
  whenIdle(): Promise<void> | null {
    return this.#busy ? new Promise((resolve) => void (this.#idle ??= []).push(resolve)) : null
  }

  #drain(first: T): void {
    this.#busy = true
    let item: T | undefined = first
    while (item !== undefined) {
      const now: T = item
      let waited: void | Promise<void> = undefined
      try {
        waited = this.#work(now)
      } catch (error) {
        this.#failed(error, now)
      }
      if (waited !== undefined) {
        waited.catch((error: unknown) => this.#failed(error, now)).finally(() => this.#next())
        return
      }
      item = this.#waiting?.shift()
    }
    this.#rest()
  }
  #next(): void {
    const item = this.#waiting?.shift()
    if (item === undefined) this.#rest()
    else this.#drain(item)
  }
  #rest(): void {
    this.#busy = false
    if (this.#waiting !== null) {
      this.#waiting = null
      this.#caughtUp()
    }
    if (this.#idle === null) return
    const idle = this.#idle
    this.#idle = null
    for (const resolve of idle) resolve()
  }
}
