/**
 * PRECIS: preparing strings of many scripts so that they can be compared. RFC 8264 (the framework: IdentifierClass,
 * FreeformClass) and two profiles of RFC 8265, UsernameCaseMapped (section 3.3) and OpaqueString (4.2).
 * Strings are mapped first, and the class is checked last (RFC 8264 section 7), so that whatever can be mapped is
 * accepted (RFC 7622 section 4). The JavaScript engine determines the version of Unicode.
 */
import { ALWAYS, IN_CONTEXT, LETTER_DIGITS, named, NEVER, obeysBidiRule, OLD_HANGUL_JAMO, outOfContext } from './code-points.ts'

/** Thrown for a string that the profile does not allow. The message says why. */
export class PrecisError extends Error {}

// RFC 8264 section 8: the code points that are DISALLOWED before letters and symbols are considered.
const DISALLOWED = `${NEVER}${OLD_HANGUL_JAMO}\\p{Default_Ignorable_Code_Point}`
/** IdentifierClass (RFC 8264 4.2), except HasCompat. */
const IDENTIFIER = `\\x21-\\x7E${ALWAYS}${IN_CONTEXT}[[${LETTER_DIGITS}]--[${DISALLOWED}]]`
/** FreeformClass (4.3). Everything in HasCompat is a letter, a mark, a number, a space, a symbol or punctuation. */
const FREEFORM = `${ALWAYS}${IN_CONTEXT}[[\\p{L}\\p{M}\\p{N}\\p{Zs}\\p{S}\\p{P}]--[${DISALLOWED}]]`

const NOT_IDENTIFIER = new RegExp(`[^${IDENTIFIER}]`, 'v')
const NOT_FREEFORM = new RegExp(`[^${FREEFORM}]`, 'v')

/** Fullwidth ASCII and halfwidth Katakana. Other wide or narrow characters map to characters that an identifier excludes. */
const WIDE_OR_NARROW = /[\uFF01-\uFF9F]/g
const SPACES = /\p{Zs}/gu
const CAPITAL_SIGMA = /\u03A3/g
const ASCII7 = /^[!-~]+$/
const ASCII7_AND_SPACE = /^[ -~]+$/
const REPEATS = 3

/**
 * The UsernameCaseMapped profile: a name for comparison and storage, in lower case.
 * @throws PrecisError
 */
export function usernameCaseMapped(s: string): string {
  if (ASCII7.test(s)) return s.toLowerCase()
  const name = stable(s, mapUsername)
  if (name === '') throw new PrecisError('it is empty') // RFC 8265 3.3.3
  const stranger = NOT_IDENTIFIER.exec(name) ?? compatible(name)
  if (stranger !== null) throw new PrecisError(`${named(stranger[0])} is not allowed in an identifier`)
  checkContext(name)
  if (!obeysBidiRule(name)) throw new PrecisError('its right-to-left text breaks the Bidi Rule')
  return name
}

/**
 * The OpaqueString profile: passwords, resources. Case is kept.
 * @throws PrecisError
 */
export function opaqueString(s: string): string {
  if (ASCII7_AND_SPACE.test(s)) return s
  const text = stable(s, mapOpaque)
  if (text === '') throw new PrecisError('it is empty') // RFC 8265 4.1
  const stranger = NOT_FREEFORM.exec(text)
  if (stranger !== null) throw new PrecisError(`${named(stranger[0])} is not allowed`)
  checkContext(text)
  return text
}

/** RFC 8265 3.3.1: width, case, NFC. A final sigma has no special form (RFC 7622 3.5), so the mapping must not create one. */
function mapUsername(s: string): string {
  const narrow = s.replace(WIDE_OR_NARROW, (c) => c.normalize('NFKC'))
  return narrow.replace(CAPITAL_SIGMA, '\u03C3').toLowerCase().normalize('NFC')
}

/** RFC 8265 4.2.2: every space becomes SPACE, then NFC. */
function mapOpaque(s: string): string {
  return s.replace(SPACES, ' ').normalize('NFC')
}

/** RFC 8264 section 7: the rules are applied again until nothing changes, at most three more times. */
function stable(s: string, map: (s: string) => string): string {
  let mapped = map(s)
  for (let i = 0; i < REPEATS; i++) {
    const again = map(mapped)
    if (again === mapped) return mapped
    mapped = again
  }
  throw new PrecisError('its normal form is not stable')
}

/** The first code point of HasCompat (RFC 8264 9.17). `s` is in NFC, so if the whole string has none, no part has one. */
function compatible(s: string): readonly [string] | null {
  if (s.normalize('NFKC') === s) return null
  for (const c of s) if (c.normalize('NFKC') !== c) return [c]
  return null
}

function checkContext(s: string): void {
  const stray = outOfContext(s)
  if (stray !== null) throw new PrecisError(`${named(stray)} is not allowed in this place`)
}
