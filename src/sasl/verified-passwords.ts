/**
 * Which passwords have been verified before, so that a client that logs in with PLAIN again and again costs
 * a derivation once (RFC 4616 asks for a comparison, not for its price). Only a keyed hash is kept, its key
 * dies with the process, and the stored key is part of what is hashed: a changed password is not found.
 */
import { hash } from 'node:crypto'
import type { Entropy } from '../base/entropy.ts'

export class VerifiedPasswords {
  readonly #key: string
  readonly #max: number
  /** The least recently used comes first. */
  readonly #seen = new Set<string>()

  /** @param max how many are remembered; beyond it the one unused for longest is forgotten */
  constructor(entropy: Entropy, max = 10_000) {
    this.#key = entropy.bytes(32).toString('base64')
    this.#max = max
  }
  /** Whether this password, in its preparations, was verified against this stored key before. */
  has(bare: string, prepared: readonly string[], storedKey: string): boolean {
    const tag = this.#tag(bare, prepared, storedKey)
    if (!this.#seen.delete(tag)) return false
    this.#seen.add(tag)
    return true
  }
  remember(bare: string, prepared: readonly string[], storedKey: string): void {
    this.#seen.add(this.#tag(bare, prepared, storedKey))
    for (const oldest of this.#seen) {
      if (this.#seen.size <= this.#max) return
      this.#seen.delete(oldest)
    }
  }
  /** NUL is in neither an address nor a PLAIN password, and the first preparation says what the second is. */
  #tag(bare: string, prepared: readonly string[], storedKey: string): string {
    return hash('sha256', `${this.#key}\0${bare}\0${prepared.join('\0')}\0${storedKey}`, 'latin1')
  }
}
