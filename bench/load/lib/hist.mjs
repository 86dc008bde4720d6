// A log-bucketed histogram of microseconds (2.2 % wide buckets) that merges by addition.
const SUB = 32,
  BUCKETS = SUB * 34

export class Hist {
  constructor(from) {
    this.b = from ? Float64Array.from(from) : new Float64Array(BUCKETS)
  }
  add(us) {
    const i = us <= 1 ? 0 : (Math.log2(us) * SUB) | 0
    this.b[i < BUCKETS ? i : BUCKETS - 1]++
  }
  merge(o) {
    const b = o.b ?? o
    for (let i = 0; i < BUCKETS; i++) this.b[i] += b[i]
  }
  count() {
    let n = 0
    for (const x of this.b) n += x
    return n
  }
  q(p) {
    const n = this.count()
    if (!n) return null
    let want = n * p,
      i = 0
    for (; i < BUCKETS; i++) {
      want -= this.b[i]
      if (want <= 0) break
    }
    return Math.round(2 ** ((i + 0.5) / SUB))
  }
  summary() {
    return { n: this.count(), p50: this.q(0.5), p90: this.q(0.9), p99: this.q(0.99), max: this.q(1) }
  }
  toJSON() {
    return Array.from(this.b)
  }
}
