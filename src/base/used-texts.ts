/** One text in memory for all who use the same: the names of nodes, for instance. A text that nobody uses is let go of. */

interface Used {
  readonly text: string
  users: number
}

export class UsedTexts {
  readonly #used = new Map<string, Used>()

  /** One user more. @returns the same text, as it is in memory already */
  take(text: string): string {
    const used = this.#used.get(text)
    if (used === undefined) this.#used.set(text, { text, users: 1 })
    else used.users += 1
    return used?.text ?? text
  }
  /** One user less. */
  leave(text: string): void {
    const used = this.#used.get(text)
    if (used === undefined) return
    used.users -= 1
    if (used.users === 0) this.#used.delete(text)
  }
  get size(): number {
    return this.#used.size
  }
}
