/** Canonical JSON, and signatures over it: what a client has signed is checked where the server would pass on a forged key. */
import { createPublicKey, verify } from 'node:crypto'
import type { Json } from '../http/json.ts'

export type JsonObject = { readonly [key: string]: Json | undefined }

const byOctets = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b))

/** The one text of a value: no space, keys in the order of their code points. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((one: Json) => canonical(one)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value as JsonObject).filter(([, one]) => one !== undefined)
  return `{${entries
    .toSorted(byOctets)
    .map(([key, one]) => `${JSON.stringify(key)}:${canonical(one!)}`)
    .join(',')}}`
}

/** What is signed of an object: all but the signatures, and what a server has added. */
export const signedText = (object: JsonObject): string =>
  canonical(Object.fromEntries(Object.entries(object).filter(([key]) => key !== 'signatures' && key !== 'unsigned')))

/** The 12 octets in front of the 32 of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const KEY_OCTETS = 32

/** @param key of Ed25519, in base 64 without padding, as Matrix writes it @param signature likewise */
export function isSignedBy(object: JsonObject, key: string, signature: string): boolean {
  const octets = Buffer.from(key, 'base64')
  if (octets.length !== KEY_OCTETS) return false
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI, octets]), format: 'der', type: 'spki' })
  return verify(null, Buffer.from(signedText(object)), publicKey, Buffer.from(signature, 'base64'))
}
