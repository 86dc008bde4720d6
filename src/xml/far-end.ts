/**
 * The end of a long tag or reference, looked for as its octets come. What is unfinished is read from its beginning again
 * with each piece; beyond a certain length only its end is looked for, so that the work stays linear.
 */
import { CLASS, IS, OCTET } from './chars.ts'

const { AMP, APOS, GT, HASH, QUOT } = OCTET

export class FarEnd {
  #looked = 1
  /** We are between quotes of this kind; 0: we are not. */
  #quote = 0

  /** Is it there? @param i where the tag or the reference begins */
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
