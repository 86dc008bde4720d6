/** Who waits for news of an account: requests that ask what is new. */
export class Wakes {
  readonly #waiting = new Map<string, Set<() => void>>()

  /** @param bare of the account @returns ends that */
  on(bare: string, wake: () => void): () => void {
    const some = this.#waiting.get(bare) ?? new Set()
    this.#waiting.set(bare, some.add(wake))
    return () => {
      if (some.delete(wake) && some.size === 0 && this.#waiting.get(bare) === some) this.#waiting.delete(bare)
    }
  }
  /** There is something new for the user. */
  wake(bare: string): void {
    for (const wake of [...(this.#waiting.get(bare) ?? [])]) wake()
  }
}
