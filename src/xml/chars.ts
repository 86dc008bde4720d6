/**
 * The characters of XML 1.0 (fifth edition) 2.2, and those of names (Namespaces in XML 1.0 section 4). One table
 * classifies ASCII octet by octet. Other characters, which are rare in names, are classified by code point.
 */

export const OCTET = {
  TAB: 0x09,
  LF: 0x0a,
  CR: 0x0d,
  SPACE: 0x20,
  BANG: 0x21,
  QUOT: 0x22,
  HASH: 0x23,
  AMP: 0x26,
  APOS: 0x27,
  SLASH: 0x2f,
  COLON: 0x3a,
  SEMICOLON: 0x3b,
  LT: 0x3c,
  EQUALS: 0x3d,
  GT: 0x3e,
  QUESTION: 0x3f,
  BRACKET: 0x5d,
  /** The first octet that is not ASCII. This octet and all above belong to UTF-8 sequences of several octets. */
  HIGH: 0x80,
} as const

/** The classes of an octet: bits in `CLASS`. */
export const IS = {
  /** ASCII that can stand in a name after its first character. The colon is not included. */
  NAME: 1,
  /** ASCII that can begin a name. */
  NAME_START: 2,
  /** XML 1.0 production [3], S. */
  SPACE: 4,
  /** Ends a run of plain character data: markup, ']', not ASCII, or a forbidden character. */
  TEXT_STOP: 8,
  /** Ends a run of plain attribute value: quotes, markup, TAB, LF, CR, not ASCII, or a forbidden character. */
  VALUE_STOP: 16,
} as const

const { TAB, LF, CR, SPACE, QUOT, AMP, APOS, LT, BRACKET, HIGH } = OCTET

function classify(c: number): number {
  const ch = String.fromCharCode(c)
  const space = c === TAB || c === LF || c === CR || c === SPACE
  let bits = space ? IS.SPACE : 0
  if (/[A-Za-z0-9_.-]/.test(ch)) bits |= IS.NAME
  if (/[A-Za-z_]/.test(ch)) bits |= IS.NAME_START
  if (c >= HIGH || c === LT || c === AMP || c === BRACKET || (c < SPACE && !space)) bits |= IS.TEXT_STOP
  if (c >= HIGH || c === LT || c === AMP || c === QUOT || c === APOS || c < SPACE) bits |= IS.VALUE_STOP
  return bits
}

/** The classes of each octet. */
export const CLASS: Readonly<Uint8Array> = Uint8Array.from({ length: 256 }, (_, c) => classify(c))

/** Production [2], Char. */
export const isChar = (cp: number): boolean =>
  cp === TAB ||
  cp === LF ||
  cp === CR ||
  (cp >= SPACE && cp <= 0xd7ff) ||
  (cp >= 0xe000 && cp <= 0xfffd) ||
  (cp >= 0x10000 && cp <= 0x10ffff)

const START =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}' +
  '\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const NCNAME = `[${START}][${START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*`
const QNAME = new RegExp(`^${NCNAME}(?::${NCNAME})?$`, 'u')

/** Namespaces in XML 1.0 production [7], QName. */
export const isQName = (name: string): boolean => QNAME.test(name)
