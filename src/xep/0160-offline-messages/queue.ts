/**
 * Taking turns at one account. While stored messages are on their way to a resource, a new one must not
 * overtake them (RFC 6120 10.1): it waits until they are through, and then goes on in the order of arrival.
 */

export class Turnstile {
  #isClosed = false
  #isRoundWanted = false
  #waiting: (() => void)[] = []

  get isClosed(): boolean {
    return this.#isClosed
  }
  /**
   * Resolves with `value` when everything that came before has gone on. Only while it is closed, and whoever
   * waits must go on in the promise's first reaction.
   */
  turn<T>(value: T): Promise<T> {
    return new Promise((resolve) => this.#waiting.push(() => resolve(value)))
  }
  /**
   * Closes for the time of `round`, then lets those go on that came meanwhile. A call while it is closed makes
   * another round follow. Rejects when a round did; nobody is kept waiting by that.
   */
  async close(round: () => Promise<void>): Promise<void> {
    this.#isRoundWanted = true
    if (this.#isClosed) return
    this.#isClosed = true
    const failures: unknown[] = []
    for (;;) {
      if (this.#isRoundWanted) {
        this.#isRoundWanted = false
        await round().catch((error: unknown) => void failures.push(error))
      } else if (this.#waiting.length > 0) {
        const waiting = this.#waiting
        this.#waiting = []
        for (const go of waiting) go()
        // They go on before we do. Who comes earlier than they still finds it closed, and gets in line behind them.
        await undefined
      } else break
    }
    this.#isClosed = false
    if (failures.length > 0) throw failures[0]
  }
}
