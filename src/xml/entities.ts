/**
 * References (XML 1.0 4.1): character references and the five predefined entities. XMPP forbids all others
 * (RFC 6120 11.1). Also line ends (2.11) and attribute values (3.3.3): they are normalised before references are
 * resolved, so that `&#10;` stays a line feed.
 */
import { CLASS, IS, isChar, OCTET } from './chars.ts'
import { malformed, restricted } from './error.ts'
import { cut, decode, wire, type Wire } from './wire.ts'

const CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const { HASH, HIGH, SEMICOLON } = OCTET
const X = 0x78
/** Longer than the name of any entity that XML defines. */
const NAME_OCTETS_MAX = 64

/** Checks the reference whose `&` is at `i`. Returns the index after its `;`, or -1 if more octets are needed. */
export function scanReference(u: Buffer, i: number, n: number): number {
  if (i + 1 >= n) return -1
  if (u[i + 1] === HASH) return scanCharacterReference(u, i + 2, n)
  let p = i + 1
  while (p < n && ((CLASS[u[p]!]! & IS.NAME) !== 0 || u[p]! >= HIGH)) p++
  if (p - i > NAME_OCTETS_MAX) restricted('entity reference')
  if (p >= n) return -1
  if (u[p] !== SEMICOLON || p === i + 1) malformed('& without a reference')
  if (!Object.hasOwn(CHARACTERS, cut(u, i + 1, p))) restricted('entity reference')
  return p + 1
}

function scanCharacterReference(u: Buffer, digits: number, n: number): number {
  if (digits >= n) return -1
  const hex = u[digits] === X
  const first = hex ? digits + 1 : digits
  let cp = 0
  let p = first
  for (; p < n && u[p] !== SEMICOLON; p++) {
    const digit = parseInt(String.fromCharCode(u[p]!), hex ? 16 : 10)
    if (Number.isNaN(digit)) malformed('character reference')
    cp = Math.min(cp * (hex ? 16 : 10) + digit, 0x110000)
  }
  if (p >= n) return -1
  if (p === first || !isChar(cp)) malformed('character reference')
  return p + 1
}

function resolve(reference: string, name: string): string {
  if (!name.startsWith('#')) return CHARACTERS[name] ?? malformed(reference)
  const cp = name[1] === 'x' ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10)
  return isChar(cp) ? String.fromCodePoint(cp) : malformed(reference)
}

const unreferenced = (s: string): string => (s.includes('&') ? s.replace(/&([^;]*);?/g, resolve) : s)

/** Character data as text: octets are decoded, line ends become LF, references are resolved. */
export const textOf = (w: Wire): string => unreferenced(lineEnds(decode(w)))

/** The content of a CDATA section as text. A CDATA section has no references. */
export const cdataOf = (w: Wire): string => lineEnds(decode(w))

/** An attribute value as text, such as `RawElement.to`: octets are decoded and references resolved. */
export const valueOf = (w: Wire): string => unreferenced(decode(spaced(w)))

const lineEnds = (s: string): string => (s.includes('\r') ? s.replace(/\r\n?/g, '\n') : s)

/** A literal TAB, LF or CR in an attribute value becomes a space (3.3.3). CR LF counts as one line end. */
const spaced = (w: Wire): Wire => (/[\t\n\r]/.test(w) ? wire(w.replace(/\r\n|[\t\n\r]/g, ' ')) : w)

/** An attribute value from between quotes of either kind, rewritten so that it can stand between apostrophes. */
export const apostrophed = (value: Wire): Wire => wire(spaced(value).replaceAll("'", '&apos;'))
