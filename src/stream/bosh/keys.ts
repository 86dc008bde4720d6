/**
 * XEP-0124 section 15: each request proves that it comes from the sender of the previous one, with a value whose SHA-1
 * hash the previous request contained.
 */
import { createHash } from 'node:crypto'

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')

export class KeySequence {
  /** The hash of the next key; null if the client uses no keys. */
  #hash: string | null

  /** @param newkey of the request that creates the session */
  constructor(newkey: string | null) {
    this.#hash = newkey
  }
  /** Whether the next request is the client's (15.4). `newkey` starts another sequence (15.5). */
  accepts(key: string | null, newkey: string | null): boolean {
    if (this.#hash === null) return true
    if (key === null || sha1(key) !== this.#hash.toLowerCase()) return false
    this.#hash = newkey ?? key
    return true
  }
}
