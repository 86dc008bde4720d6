/** A map with an end, for what strangers can make grow: with one entry too many, the one that was set longest ago is forgotten. */

export class BoundedMap<K, V> extends Map<K, V> {
  readonly #max: number

  /** @param max entries */
  constructor(max: number) {
    super()
    this.#max = max
  }
  /** It is the newest from now on, also if it was there before. */
  override set(key: K, value: V): this {
    this.delete(key)
    super.set(key, value)
    if (this.size > this.#max) this.delete(this.keys().next().value!)
    return this
  }
}
