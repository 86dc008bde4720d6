/**
 * Tokens of /sync and of pages (MXR-84, MXR-120). A token of /sync is the number in the stream up to which its holder knows
 * everything; nothing is kept for it. It is good for every device of its user, except that it speaks of messages between devices
 * for one device only. A token of a page is a place between two entries of one room.
 */
import { hash } from 'node:crypto'

/** Before the numbers of a node; there is one node. */
const NODE = 0
const RADIX = 36

/** What the holder of a token knows. */
export interface Known {
  readonly position: number
  /** Of messages between devices, which are told in portions. */
  readonly told: number
}
/** The device, in few letters. */
const markOf = (device: string): string => hash('sha256', device, 'hex').slice(0, MARK_LENGTH)
const MARK_LENGTH = 8
const FORM = /^s1\.0:(?<position>[0-9a-z]{1,11})(?:\.(?<told>[0-9a-z]{1,11}))?(?:-(?<mark>[0-9a-f]{8}))?$/

/** @param device whose token it is */
export function syncToken({ position, told }: Known, device: string): string {
  const behind = told === position ? '' : `.${told.toString(RADIX)}`
  return `s1.${NODE}:${position.toString(RADIX)}${behind}-${markOf(device)}`
}
/**
 * Null: it is no token of this kind. A token without the mark of a device is of an older server, and of the device that has it.
 * @param device who has the token: of messages to this device the token of another one says nothing
 */
export function knownBy(token: string, device: string): Known | null {
  const { position: digits = '', told: behind = digits, mark } = FORM.exec(token)?.groups ?? {}
  const [position, told] = [parseInt(digits, RADIX), parseInt(behind, RADIX)]
  if (!Number.isSafeInteger(position) || !Number.isSafeInteger(told)) return null
  return { position, told: mark === undefined || mark === markOf(device) ? told : 0 }
}
export function positionOf(token: string): number | null {
  const position = parseInt(FORM.exec(token)?.groups?.['position'] ?? '', RADIX)
  return Number.isSafeInteger(position) ? position : null
}

/** The place behind the entry with that position in its room; 0: before all of them. */
export const pageToken = (seq: number): string => `p${seq}`
export function placeOf(token: string): number | null {
  const [, digits] = /^p(\d{1,16})$/.exec(token) ?? []
  const place = digits === undefined ? NaN : Number(digits)
  return Number.isSafeInteger(place) ? place : null
}
