/** A map with a maximum size, for entries that strangers can add: beyond it the entry that was set longest ago is removed. */

export class BoundedMap<K, V> extends Map<K, V> {
  readonly #max: number

  /** @param max entries */
  constructor(max: number) {
    super()
    this.#max = max
  }
  /** Sets an entry and makes it the newest, even if the key was present before. */
  override set(key: K, value: V): this {
    this.delete(key)
    super.set(key, value)
    if (this.size > this.#max) this.delete(this.keys().next().value!)
    return this
  }
}
