/** The only source of randomness. A test replaces it with a seeded one, so that a run can be repeated. */
import { createHash, randomBytes, randomFillSync } from 'node:crypto'

export interface Entropy {
  /** `n` unpredictable octets. */
  bytes(n: number): Buffer
}

const STOCK_OCTETS = 4096
const stock = Buffer.alloc(STOCK_OCTETS)
let used = STOCK_OCTETS

/** The operating system's generator. It is asked for many octets at once, because each call is expensive. */
export const systemEntropy: Entropy = {
  bytes(n) {
    if (n > STOCK_OCTETS / 16) return randomBytes(n)
    if (used + n > STOCK_OCTETS) {
      randomFillSync(stock)
      used = 0
    }
    const bytes = Buffer.from(stock.subarray(used, used + n))
    stock.fill(0, used, (used += n)) // no copy of the octets stays behind
    return bytes
  },
}

/** A stream of octets that depends only on `seed`. For tests: its octets are predictable. */
export function seededEntropy(seed: string): Entropy {
  let counter = 0
  return {
    bytes(n) {
      const blocks: Buffer[] = []
      for (let have = 0; have < n; have += 32) blocks.push(createHash('sha256').update(`${seed}/${counter++}`).digest())
      return Buffer.concat(blocks).subarray(0, n)
    },
  }
}

/** 18 octets (144 bits) as 24 characters of base64url: for stream ids, resources, stanza ids. */
export const token = (entropy: Entropy): string => entropy.bytes(18).toString('base64url')
