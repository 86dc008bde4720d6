/**
 * Maps with a layer of changes on top: a decision reads the room as it would be, and the room itself stays as it is until the
 * changes are committed. What is decided about many things in one command sees its own earlier steps.
 */

/** What a map and a layer over one have in common. */
export interface Table<K, V> extends Iterable<readonly [K, V]> {
  readonly size: number
  get(key: K): V | undefined
  has(key: K): boolean
  set(key: K, value: V): unknown
  delete(key: K): unknown
}

export class Layered<K, V extends NonNullable<unknown>> implements Table<K, V> {
  readonly #base: Map<K, V>
  /** Null: the key is removed. */
  #changes: Map<K, V | null> | null = null
  #size: number

  constructor(base: Map<K, V>) {
    this.#base = base
    this.#size = base.size
  }
  get size(): number {
    return this.#size
  }
  /** The keys that were set or removed, each with what it has now; null: nothing. */
  get changes(): ReadonlyMap<K, V | null> {
    return this.#changes ?? NONE
  }
  get(key: K): V | undefined {
    const changed = this.#changes?.get(key)
    return changed === undefined ? this.#base.get(key) : (changed ?? undefined)
  }
  has(key: K): boolean {
    return this.get(key) !== undefined
  }
  set(key: K, value: V): void {
    if (!this.has(key)) this.#size += 1
    ;(this.#changes ??= new Map()).set(key, value)
  }
  delete(key: K): void {
    if (!this.has(key)) return
    this.#size -= 1
    ;(this.#changes ??= new Map()).set(key, null)
  }
  *[Symbol.iterator](): Generator<readonly [K, V]> {
    const changes = this.#changes
    for (const entry of this.#base) if (changes?.has(entry[0]) !== true) yield entry
    if (changes !== null) for (const [key, value] of changes) if (value !== null) yield [key, value]
  }
  *values(): Generator<V> {
    for (const [, value] of this) yield value
  }
  /** Makes the changes in the map below. */
  commit(): void {
    if (this.#changes === null) return
    for (const [key, value] of this.#changes) {
      if (value === null) this.#base.delete(key)
      else this.#base.set(key, value)
    }
    this.#changes = null
  }
}

const NONE: ReadonlyMap<never, null> = new Map<never, null>()
