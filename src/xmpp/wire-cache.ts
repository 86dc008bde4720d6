/**
 * A bounded cache for the meaning of pieces of wire text. Entries live in two generations; when the young one is full, the
 * old one is dropped, so that frequent entries stay. Keys are cut from large chunks of input. A stored key is a copy,
 * because a slice would keep its whole chunk alive.
 */
import { unpin, type Wire } from '../xml/wire.ts'

export class WireCache<V> {
  readonly #generationMax: number
  #young = new Map<Wire, V>()
  #old = new Map<Wire, V>()

  /** @param max the largest number of entries */
  constructor(max: number) {
    this.#generationMax = Math.max(1, Math.floor(max / 2))
  }

  get(key: Wire): V | undefined {
    const value = this.#young.get(key)
    return value === undefined ? this.#revive(key) : value
  }
  /** @param key a string of its own, not a slice of a larger one (see `unpin`) */
  set(key: Wire, value: V): void {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  #revive(key: Wire): V | undefined {
    const value = this.#old.get(key)
    if (value !== undefined) this.set(unpin(key), value)
    return value
  }
}
