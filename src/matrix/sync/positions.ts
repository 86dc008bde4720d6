/**
 * Up to which number of the stream everything has been done. A number is taken before something is written and given back when a
 * reader would find it; a token must not say more than that, or its holder would miss what was being written (MXR-121).
 */

/** What gives the numbers. */
export interface Numbers {
  nextStream(): number
  /** The number that was given last. */
  readonly lastStream: number
}

export class Positions {
  readonly #numbers: Numbers
  /** What others are doing: the lowest number that is not done; Infinity: nothing is under way. */
  readonly #others: () => number
  /** The numbers that are under way, in their order. */
  readonly #underWay = new Set<number>()

  constructor(numbers: Numbers, others: () => number) {
    this.#numbers = numbers
    this.#others = others
  }
  /** A number for what is written now: the statement is issued before anything is awaited. */
  begin(): number {
    const stream = this.#numbers.nextStream()
    this.#underWay.add(stream)
    return stream
  }
  /** The same for a number that something else has just taken. */
  hold(stream: number): void {
    this.#underWay.add(stream)
  }
  /** It is written and readers find it, or it has failed. */
  end(stream: number): void {
    this.#underWay.delete(stream)
  }
  /** A number for what is in memory and found at once. */
  at(): number {
    return this.#numbers.nextStream()
  }
  /** The number that was given last. */
  get newest(): number {
    return this.#numbers.lastStream
  }
  /** Everything up to this number is done. */
  get applied(): number {
    const [lowest = Infinity] = this.#underWay
    return Math.min(this.#numbers.lastStream, Math.min(lowest, this.#others()) - 1)
  }
}
