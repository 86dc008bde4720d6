/**
 * The part of DER (X.690) that is needed to read a certificate or a TLS session, and to write a certificate. The input
 * comes from strangers: every length is checked against the surrounding value, there is no recursion, and a value is a
 * view, never a copy. Reading ends with null if the input is not plain DER.
 */

export const BOOLEAN = 0x01
export const INTEGER = 0x02
export const BIT_STRING = 0x03
export const OCTET_STRING = 0x04
export const OBJECT_IDENTIFIER = 0x06
export const UTF8_STRING = 0x0c
export const IA5_STRING = 0x16
export const UTC_TIME = 0x17
export const GENERALIZED_TIME = 0x18
export const SEQUENCE = 0x30
export const SET = 0x31
/** `[n]` with other values inside. */
export const tagged = (n: number): number => 0xa0 | n
/** `[n]` IMPLICIT, in place of a primitive type. */
export const implicit = (n: number): number => 0x80 | n

/** The most values directly inside one value; with more, it counts as unreadable. */
const CHILDREN_MAX = 1024
/** No certificate that TLS accepts needs more octets for a length. */
const LENGTH_OCTETS_MAX = 3

export interface Value {
  readonly tag: number
  readonly body: Buffer
}

interface Found {
  readonly value: Value
  /** Where the next value begins. */
  readonly next: number
}

function read(octets: Buffer, at: number): Found | null {
  const tag = octets[at]
  const first = octets[at + 1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null
  let length = first
  let start = at + 2
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > LENGTH_OCTETS_MAX || start + count > octets.length) return null
    length = octets.readUIntBE(start, count)
    start += count
    // In DER a length has exactly one form, the shortest.
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) return null
  }
  const next = start + length
  return next > octets.length ? null : { value: { tag, body: octets.subarray(start, next) }, next }
}

/** The single value in `octets`, if it has this tag and nothing follows. */
export function only(octets: Buffer, tag: number): Value | null {
  const found = read(octets, 0)
  return found !== null && found.next === octets.length && found.value.tag === tag ? found.value : null
}

/** The consecutive values in `octets`. */
export function values(octets: Buffer): readonly Value[] | null {
  const all: Value[] = []
  for (let at = 0; at < octets.length;) {
    const found = read(octets, at)
    if (found === null || all.length === CHILDREN_MAX) return null
    all.push(found.value)
    at = found.next
  }
  return all
}

/** The values inside the SEQUENCE in `octets`. */
export function sequence(octets: Buffer): readonly Value[] | null {
  const outer = only(octets, SEQUENCE)
  return outer === null ? null : values(outer.body)
}

/** The DER octets of an object identifier's body, for comparing. */
export function oid(dotted: string): Buffer {
  const [a, b, ...rest] = dotted.split('.').map(Number)
  const octets = [a! * 40 + b!]
  for (const arc of rest) {
    const digits = [arc & 0x7f]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left & 0x7f))
    octets.push(...digits)
  }
  return Buffer.from(octets)
}

/** A value with this tag around `parts`, at most 65535 octets inside. Text is written as UTF-8. */
export function der(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p) : p)))
  const { length } = body
  const head = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), body])
}
