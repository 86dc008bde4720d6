/**
 * XML text as it stands on the wire. A `Wire` is a string with one character per octet of the UTF-8 text
 * (a "latin1" string): what came in goes out again octet for octet, without being decoded and encoded
 * on the way, and is written to a socket as latin1. Text that somebody looks at is an ordinary string;
 * `encode` and `decode` are the only doors between the two.
 */

declare const octets: unique symbol
/** XML text, one character per octet of its UTF-8 form. */
export type Wire = string & { readonly [octets]: true }

const ASCII = /^[\x00-\x7f]*$/
/** What may stand as it is wherever text may stand. */
const PLAIN = /^[\x20!#-%(-;=?-\x7f]*$/
const SPECIAL_IN_TEXT = /[<>&\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g
const SPECIAL_IN_VALUE = /[<>&"'\x00-\x1f\ufffe\uffff]/g
const REFERENCE: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}
/** What stands for a character that XML cannot carry (RFC 6120 11.3 rule 1: never send it). */
const REPLACEMENT = '\ufffd'
const referTo = (c: string): string => REFERENCE[c] ?? REPLACEMENT

/** Says that `s` is wire text already: literals in ASCII, and what the scanner and `encode` made. */
export const wire = (s: string): Wire => s as Wire

/** The octets of `u` from `start` to `end` as wire text. */
export const cut = (u: Buffer, start: number, end: number): Wire => wire(u.toString('latin1', start, end))

/** UTF-8 octets of `s`, nothing escaped. */
export const encode = (s: string): Wire => wire(ASCII.test(s) ? s : Buffer.from(s, 'utf8').toString('latin1'))

/** The text that the octets of `w` stand for, nothing unescaped. */
export const decode = (w: Wire): string => (ASCII.test(w) ? w : Buffer.from(w, 'latin1').toString('utf8'))

/**
 * `s` as an attribute value in either kind of quotes, or as character data. A line end becomes a
 * reference, or the reader would take it for a space (XML 1.0 3.3.3).
 */
export const escape = (s: string): Wire => (PLAIN.test(s) ? wire(s) : encode(s.replace(SPECIAL_IN_VALUE, referTo)))

/** `s` as character data. */
export const escapeText = (s: string): Wire => (PLAIN.test(s) ? wire(s) : encode(s.replace(SPECIAL_IN_TEXT, referTo)))

/** What is shorter is copied by V8 when it is cut out of a longer string (`SlicedString::kMinLength`). */
const CUT_MIN = 13

/**
 * A copy of `w` that stands alone. A string cut out of a longer one keeps the longer one alive: the whole
 * chunk that came from the socket, up to 64 KiB for the sake of a resource name. Whatever outlives the
 * stanza that it came in (a last presence, an archived message, a queue) keeps an unpinned copy.
 */
export const unpin = (w: Wire): Wire => (w.length < CUT_MIN ? w : wire(Buffer.from(w, 'latin1').toString('latin1')))
