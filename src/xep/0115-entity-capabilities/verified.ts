/** Verified verification strings and their feature sets, as many as fit (CAPS-6). */

interface Entry {
  readonly features: ReadonlySet<string>
  readonly bytes: number
}

export interface VerifiedLimits {
  readonly entriesMax: number
  readonly bytesMax: number
}

/** Forgets first what was not asked for the longest time. */
export class Verified {
  readonly #limits: VerifiedLimits
  /** In the order of use; the last used one comes last. */
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  constructor(limits: VerifiedLimits) {
    this.#limits = limits
  }
  get size(): number {
    return this.#entries.size
  }
  get bytes(): number {
    return this.#bytes
  }
  get(key: string): ReadonlySet<string> | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.features
  }
  /** @returns the keys that had to be forgotten */
  set(key: string, features: ReadonlySet<string>): readonly string[] {
    const forgotten: string[] = []
    this.#drop(key)
    let bytes = key.length
    for (const feature of features) bytes += feature.length
    this.#entries.set(key, { features, bytes })
    this.#bytes += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.entriesMax && this.#bytes <= this.#limits.bytesMax) break
      this.#drop(oldest)
      forgotten.push(oldest)
    }
    return forgotten
  }
  keys(): Iterable<string> {
    return this.#entries.keys()
  }
  /** Without counting as use. */
  peek(key: string): ReadonlySet<string> | undefined {
    return this.#entries.get(key)?.features
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }
}
