/**
 * Tokens of /sync and of pages (MXR-84, MXR-120). A token of /sync is the number in the stream up to which its holder knows
 * everything; nothing is kept for it. A token of a page is a place between two entries of one room.
 */

/** Before the numbers of a node; there is one node. */
const NODE = 0
const RADIX = 36

export const syncToken = (position: number): string => `s1.${NODE}:${position.toString(RADIX)}`
/** Null: it is no token of this kind. */
export function positionOf(token: string): number | null {
  const [, digits] = /^s1\.0:([0-9a-z]{1,11})$/.exec(token) ?? []
  const position = digits === undefined ? NaN : parseInt(digits, RADIX)
  return Number.isSafeInteger(position) ? position : null
}

/** The place behind the entry with that position in its room; 0: before all of them. */
export const pageToken = (seq: number): string => `p${seq}`
export function placeOf(token: string): number | null {
  const [, digits] = /^p(\d{1,16})$/.exec(token) ?? []
  const place = digits === undefined ? NaN : Number(digits)
  return Number.isSafeInteger(place) ? place : null
}
