/**
 * XML text as it is sent over the network. A `Wire` is a string with one character for each octet of the UTF-8 text (a
 * "latin1" string). Received text is forwarded octet for octet, without being decoded and encoded on the way, and is
 * written to a socket as latin1. Text that the code reads is an ordinary string; only `encode` and `decode` convert
 * between the two.
 */

declare const octets: unique symbol
/** XML text with one character for each octet of its UTF-8 form. */
export type Wire = string & { readonly [octets]: true }

const ASCII = /^[\x00-\x7f]*$/
/** Characters that need no escaping wherever text can stand. */
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
/** Replaces a character that XML cannot carry (RFC 6120 11.3 rule 1: never send it). */
const REPLACEMENT = '\ufffd'
const referTo = (c: string): string => REFERENCE[c] ?? REPLACEMENT

/** Declares that `s` is wire text already: an ASCII literal, or text from the scanner or `encode`. */
export const wire = (s: string): Wire => s as Wire

/** The octets of `u` from `start` to `end` as wire text. */
export const cut = (u: Buffer, start: number, end: number): Wire => wire(u.toString('latin1', start, end))

/** The UTF-8 octets of `s`; nothing is escaped. */
export const encode = (s: string): Wire => wire(ASCII.test(s) ? s : Buffer.from(s, 'utf8').toString('latin1'))

/** The text that the octets of `w` stand for; nothing is unescaped. */
export const decode = (w: Wire): string => (ASCII.test(w) ? w : Buffer.from(w, 'latin1').toString('utf8'))

/**
 * `s` as an attribute value in quotes of either kind, or as character data. A line end becomes a reference, because a
 * reader turns a literal one into a space (XML 1.0 3.3.3).
 */
export const escape = (s: string): Wire => (PLAIN.test(s) ? wire(s) : encode(s.replace(SPECIAL_IN_VALUE, referTo)))

/** `s` as character data. */
export const escapeText = (s: string): Wire => (PLAIN.test(s) ? wire(s) : encode(s.replace(SPECIAL_IN_TEXT, referTo)))

/** V8 copies a shorter string when it is cut out of a longer one (`SlicedString::kMinLength`). */
const CUT_MIN = 13

/**
 * A copy of `w` with memory of its own. A string that is cut out of a longer one keeps the longer one alive: the whole
 * chunk from the socket, up to 64 KiB, for one resource name. Whatever is kept longer than its stanza (a last presence, an
 * archived message, a queue) keeps such a copy.
 */
export const unpin = (w: Wire): Wire => (w.length < CUT_MIN ? w : wire(Buffer.from(w, 'latin1').toString('latin1')))
