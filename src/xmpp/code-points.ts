/**
 * The rules for code points that domain names (IDNA2008) and PRECIS have in common: RFC 5892 section 2 (the
 * categories), RFC 5892 appendix A (contextual rules), RFC 5893 section 2 (the Bidi Rule). The derived properties differ
 * and are in precis.ts and idna.ts.
 */
import { AN, EN, JOINS_NEXT, JOINS_PREVIOUS, LTR_MARKS, NEUTRAL, RTL, TRANSPARENT_LETTERS, VIRAMA } from './precis-tables.ts'

// Parts of character classes, for the flag v.

/** RFC 5892 2.1, LetterDigits. */
export const LETTER_DIGITS = '\\p{Ll}\\p{Lu}\\p{Lo}\\p{Nd}\\p{Lm}\\p{Mn}\\p{Mc}'
/** RFC 5892 2.6, exceptions that are PVALID. */
export const ALWAYS = '\\u00DF\\u03C2\\u06FD\\u06FE\\u0F0B\\u3007'
/** RFC 5892 2.6, exceptions that are DISALLOWED. */
export const NEVER = '\\u0640\\u07FA\\u302E\\u302F\\u3031-\\u3035\\u303B'
/** CONTEXTO (RFC 5892 2.6) and CONTEXTJ (2.8): valid unless `outOfContext` finds a fault. */
export const IN_CONTEXT = '\\u00B7\\u0375\\u05F3\\u05F4\\u30FB\\u0660-\\u0669\\u06F0-\\u06F9\\u200C\\u200D'
/** RFC 5892 2.9, OldHangulJamo: Hangul_Syllable_Type L, V or T. */
export const OLD_HANGUL_JAMO = '\\u1100-\\u11FF\\uA960-\\uA97C\\uD7B0-\\uD7C6\\uD7CB-\\uD7FB'

const T = `[\\p{Mn}\\p{Me}${TRANSPARENT_LETTERS}]*`
const CONTEXTS = [
  `(?<=[${VIRAMA}])[\\u200C\\u200D]`, // A.1 rule 1, A.2
  `(?<=[${JOINS_NEXT}]${T})\\u200C(?=${T}[${JOINS_PREVIOUS}])`, // A.1 rule 2
  '(?<=l)\\u00B7(?=l)', // A.3
  '\\u0375(?=\\p{Script=Greek})', // A.4
  '(?<=\\p{Script=Hebrew})[\\u05F3\\u05F4]', // A.5, A.6
]
const CONTEXT_MET = new RegExp(CONTEXTS.join('|'), 'gv')
const NEEDS_NEIGHBOUR = /[\u00B7\u0375\u05F3\u05F4\u200C\u200D]/
const KATAKANA_MIDDLE_DOT = '\u30FB'
const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/v
const ARABIC_INDIC_DIGIT = /[\u0660-\u0669]/
const EXTENDED_ARABIC_INDIC_DIGIT = /[\u06F0-\u06F9]/

/** The first code point of `s` whose contextual rule is not met (RFC 5892 appendix A), or null. */
export function outOfContext(s: string): string | null {
  if (NEEDS_NEIGHBOUR.test(s)) {
    const stray = NEEDS_NEIGHBOUR.exec(s.replace(CONTEXT_MET, ''))
    if (stray !== null) return stray[0]
  }
  if (s.includes(KATAKANA_MIDDLE_DOT) && !JAPANESE.test(s)) return KATAKANA_MIDDLE_DOT // A.7
  const digit = ARABIC_INDIC_DIGIT.exec(s)
  return digit !== null && EXTENDED_ARABIC_INDIC_DIGIT.test(s) ? digit[0] : null // A.8, A.9
}

const NSM = `[[\\p{Mn}\\p{Me}]--[${LTR_MARKS}]]`
const HAS_RTL = new RegExp(`[${RTL}${AN}]`, 'v')
// Conditions 1, 2 and 3, in this order. A label that contains a right-to-left code point is never an LTR label,
// because condition 5 allows none.
const RTL_LABEL = new RegExp(`^(?=[${RTL}])[${RTL}${AN}${EN}${NEUTRAL}${NSM}]*[${RTL}${EN}${AN}]${NSM}*$`, 'v')
const HAS_EN = new RegExp(`[${EN}]`, 'v')
const HAS_AN = new RegExp(`[${AN}]`, 'v')

/** Whether `s`, as one label, obeys the Bidi Rule (RFC 5893 section 2); true if nothing in it runs right to left. */
export function obeysBidiRule(s: string): boolean {
  if (!HAS_RTL.test(s)) return true
  return RTL_LABEL.test(s) && !(HAS_EN.test(s) && HAS_AN.test(s)) // condition 4
}

/** A code point as `U+0041`, for messages. */
export const named = (c: string): string => `U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
