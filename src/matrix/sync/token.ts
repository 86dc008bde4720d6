/**
 * Tokens of /sync and of pages (MXR-84, MXR-120). A token of /sync is the number in the stream up to which its holder knows
 * everything; nothing is kept for it. A token of a page is a place between two entries of one room.
 */

/** Before the numbers of a node; there is one node. */
const NODE = 0
const RADIX = 36

/** What the holder of a token knows. */
export interface Known {
  readonly position: number
  /** Of messages between devices, which are told in portions. */
  readonly told: number
}
export function syncToken({ position, told }: Known): string {
  const behind = told === position ? '' : `.${told.toString(RADIX)}`
  return `s1.${NODE}:${position.toString(RADIX)}${behind}`
}
/** Null: it is no token of this kind. */
export function knownBy(token: string): Known | null {
  const [, digits = '', behind = digits] = /^s1\.0:([0-9a-z]{1,11})(?:\.([0-9a-z]{1,11}))?$/.exec(token) ?? []
  const [position, told] = [parseInt(digits, RADIX), parseInt(behind, RADIX)]
  return Number.isSafeInteger(position) && Number.isSafeInteger(told) ? { position, told } : null
}
export const positionOf = (token: string): number | null => knownBy(token)?.position ?? null

/** The place behind the entry with that position in its room; 0: before all of them. */
export const pageToken = (seq: number): string => `p${seq}`
export function placeOf(token: string): number | null {
  const [, digits] = /^p(\d{1,16})$/.exec(token) ?? []
  const place = digits === undefined ? NaN : Number(digits)
  return Number.isSafeInteger(place) ? place : null
}
