/**
 * Ids of rooms (MXR-17): 22 letters and digits, made of the `uid` of the room and a tag that only this server can make. So the
 * room of an id is found without a table, and an address that is given to another room has another id.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE = BigInt(ALPHABET.length)
const LENGTH = 22
const UID_OCTETS = 12
const TAG_OCTETS = 4
const LIMIT = 1n << BigInt(8 * (UID_OCTETS + TAG_OCTETS))

/** @param domain the domain of the accounts, which is the name of the server on Matrix */
export function roomIdOf(secret: Uint8Array, uid: string, domain: string): string {
  const octets = Buffer.concat([tagOf(secret, uid), Buffer.from(uid, 'base64url')])
  let value = BigInt(`0x${octets.toString('hex')}`)
  let text = ''
  for (let i = 0; i < LENGTH; i++, value /= BASE) text = ALPHABET[Number(value % BASE)]! + text
  return `!${text}:${domain}`
}

/** The `uid` of the room and the domain of that id; null: this server has given no such id. */
export function roomOfId(secret: Uint8Array, id: string): { readonly uid: string; readonly domain: string } | null {
  const [, text, domain] = /^!([0-9A-Za-z]{22}):(.+)$/s.exec(id) ?? []
  if (text === undefined || domain === undefined) return null
  let value = 0n
  for (const character of text) value = value * BASE + BigInt(ALPHABET.indexOf(character))
  if (value >= LIMIT) return null
  const octets = Buffer.from(value.toString(16).padStart(2 * (UID_OCTETS + TAG_OCTETS), '0'), 'hex')
  const uid = octets.subarray(TAG_OCTETS).toString('base64url')
  return timingSafeEqual(octets.subarray(0, TAG_OCTETS), tagOf(secret, uid)) ? { uid, domain } : null
}

const tagOf = (secret: Uint8Array, uid: string): Buffer =>
  createHmac('sha256', secret).update(`room ${uid}`).digest().subarray(0, TAG_OCTETS)
