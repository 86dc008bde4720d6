/** Places for things that take a while. Each holder has at most half of the places that others do not use, so nobody has them all. */

export class FairShare {
  readonly #placesMax: number
  readonly #held = new Map<string, number>()
  #taken = 0

  constructor(placesMax: number) {
    this.#placesMax = placesMax
  }
  /** Places that are in use. */
  get taken(): number {
    return this.#taken
  }
  /** False: the holder has its share, or there is none. Otherwise the place has to be given back. */
  take(holder: string): boolean {
    const own = this.#held.get(holder) ?? 0
    const left = this.#placesMax - (this.#taken - own)
    if (own >= Math.ceil(left / 2)) return false
    this.#taken += 1
    this.#held.set(holder, own + 1)
    return true
  }
  giveBack(holder: string): void {
    this.#taken -= 1
    const left = this.#held.get(holder)! - 1
    if (left === 0) this.#held.delete(holder)
    else this.#held.set(holder, left)
  }
}
