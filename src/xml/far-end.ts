/**
 * Finds the end of a long tag or reference while its octets arrive. A short unfinished token is scanned again from its
 * beginning with each new piece. For a long one only the end is searched, so that the work stays linear.
 */
import { CLASS, IS, OCTET } from './chars.ts'

const { AMP, APOS, GT, HASH, QUOT } = OCTET

export class FarEnd {
  #looked = 1
  /** The kind of quotes that the search is between; 0 if it is between none. */
  #quote = 0

  /** Has the end arrived? @param i where the tag or the reference begins */
  isIn(u: Buffer, i: number, n: number): boolean {
    const end = u[i] === AMP ? this.#ofReference(u, i, n) : this.#ofTag(u, i, n)
    this.#looked = end - i
    return end < n
  }
  #ofReference(u: Buffer, i: number, n: number): number {
    let p = i + this.#looked
    while (p < n && ((CLASS[u[p]!]! & IS.NAME) !== 0 || u[p] === HASH)) p++
    return p
  }
  #ofTag(u: Buffer, i: number, n: number): number {
    let p = i + this.#looked
    for (; p < n; p++) {
      const c = u[p]!
      if (c === this.#quote) this.#quote = 0
      else if (this.#quote !== 0) continue
      else if (c === GT) break
      else if (c === QUOT || c === APOS) this.#quote = c
    }
    return p
  }
}
