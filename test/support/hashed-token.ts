/** The client's half of HT-SHA-256-* (draft-schmaus-kitten-sasl-ht-09), with HMAC spelt out as RFC 2104 has it. */
import { createHash } from 'node:crypto'

const BLOCK = 64
const sha256 = (...parts: readonly Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

/** H(K XOR opad, H(K XOR ipad, text)), of a key that is no longer than a block. */
export function hmacSha256(key: string, text: Buffer): Buffer {
  const padded = Buffer.concat([Buffer.from(key), Buffer.alloc(BLOCK)]).subarray(0, BLOCK)
  const [inner, outer] = [0x36, 0x5c].map((pad) => Buffer.from(padded.map((octet) => octet ^ pad)))
  return sha256(outer!, sha256(inner!, text))
}

const NOTHING = Buffer.alloc(0)

export const initiator = (authcid: string, token: string, channel: Buffer = NOTHING): Buffer =>
  Buffer.concat([Buffer.from(`${authcid}\0`), hmacSha256(token, Buffer.concat([Buffer.from('Initiator'), channel]))])

export const responder = (token: string, channel: Buffer = NOTHING): Buffer =>
  hmacSha256(token, Buffer.concat([Buffer.from('Responder'), channel]))
