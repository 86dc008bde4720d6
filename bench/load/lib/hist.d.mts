/** Types of the load generator's histogram of microseconds. */
export class Hist {
  add(us: number): void
  count(): number
  /** @param p 0.5 for the median, 1 for the longest; null: nothing was added */
  q(p: number): number | null
}
