/** Randomness comes in through here and nowhere else, so that a test can repeat a run. */
import { createHash, randomBytes } from 'node:crypto'

export interface Entropy {
  /** `n` unpredictable octets. */
  bytes(n: number): Buffer
}

/** The operating system's generator. */
export const systemEntropy: Entropy = { bytes: (n) => randomBytes(n) }

/** A stream of octets that depends on `seed` alone. For tests: anybody can predict it. */
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
