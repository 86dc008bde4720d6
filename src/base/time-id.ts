/** Ids for what is kept: as text they sort by the time at which they were made, and nobody can guess one. */
import type { Millis } from './clock.ts'
import type { Entropy } from './entropy.ts'

const TIME_OCTETS = 6
const CHANCE_OCTETS = 10
/** The characters of base64url in the order of their code points. */
const SORTED = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'
const BITS = 6
const IDS_OCTETS = TIME_OCTETS + CHANCE_OCTETS

/** What ids of that time begin with: it sorts before all of them, and behind earlier ones. */
export function timeIdFrom(time: Millis): string {
  const octets = Buffer.allocUnsafe(TIME_OCTETS)
  octets.writeUIntBE(Math.max(0, time), 0, TIME_OCTETS)
  return sorted(octets).slice(0, (TIME_OCTETS * 8) / BITS)
}
/** The time in 48 bits and 80 bits of chance, as 22 characters of base64url. */
export function timeId(now: Millis, entropy: Entropy): string {
  const octets = Buffer.allocUnsafe(IDS_OCTETS)
  octets.writeUIntBE(Math.max(0, now), 0, TIME_OCTETS)
  entropy.bytes(CHANCE_OCTETS).copy(octets, TIME_OCTETS)
  return sorted(octets)
}

function sorted(octets: Buffer): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const octet of octets) {
    held = (held << 8) | octet
    bits += 8
    for (; bits >= BITS; held &= (1 << bits) - 1) text += SORTED[held >> (bits -= BITS)]!
  }
  return text + SORTED[held << (BITS - bits)]!
}
