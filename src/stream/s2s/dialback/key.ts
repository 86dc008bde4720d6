/** XEP-0185: dialback keys. The server derives them from its secret, so that it can verify a key without storing it. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export interface KeyParts {
  /** The domain that is to receive stanzas. */
  readonly receiving: string
  /** The domain that wants to send. */
  readonly originating: string
  /** The id that the receiving server has given the stream. */
  readonly streamId: string
}

/** Section 3: lower-case hexadecimal digits. */
export function dialbackKey(secret: string, { receiving, originating, streamId }: KeyParts): string {
  const hashed = createHash('sha256').update(secret, 'utf8').digest('hex')
  return createHmac('sha256', hashed).update(`${receiving} ${originating} ${streamId}`, 'utf8').digest('hex')
}

export function isKey(secret: string, parts: KeyParts, key: string): boolean {
  const expected = Buffer.from(dialbackKey(secret, parts))
  const given = Buffer.from(key)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
