// Who knows whom: a circulant graph. Every one of N users has exactly R mutual contacts,
// spread over the whole population by R/2 pseudo-random distances, the same on every run.
export class Graph {
  constructor(n, r) {
    if (r % 2 || r >= n) throw new Error(`R must be even and below N (got N=${n} R=${r})`)
    this.n = n
    this.r = r
    const picked = new Set()
    let x = 0x2545f491 ^ (n * 31 + r)
    while (picked.size < r / 2) {
      x ^= x << 13
      x ^= x >>> 17
      x ^= x << 5
      picked.add(1 + ((x >>> 0) % Math.floor((n - 1) / 2)))
    }
    this.half = [...picked]
    this.slotOf = new Int32Array(n).fill(-1) // (from - to + n) % n -> slot, -1 for a stranger
    this.half.forEach((d, i) => {
      this.slotOf[d] = 2 * i
      this.slotOf[n - d] = 2 * i + 1
    })
  }
  contacts(i) {
    const o = []
    for (const d of this.half) o.push((i + d) % this.n, (i - d + this.n) % this.n)
    return o
  }
  slot(from, to) {
    return this.slotOf[(from - to + this.n) % this.n]
  }
}
