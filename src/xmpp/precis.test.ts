import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { opaqueString, PrecisError, usernameCaseMapped } from './precis.ts'

const refused = (enforce: (s: string) => string, s: string): void => {
  assert.throws(() => enforce(s), PrecisError, JSON.stringify(s))
}

test('RFC 8265 3.6, examples 1 to 7: legal userparts', () => {
  const examples: readonly (readonly [string, string])[] = [
    ['juliet@example.com', 'juliet@example.com'],
    ['fussball', 'fussball'],
    ['fußball', 'fußball'],
    ['π', 'π'],
    ['Σ', 'σ'],
    ['σ', 'σ'],
    ['ς', 'ς'],
  ]
  for (const [given, expected] of examples) assert.equal(usernameCaseMapped(given), expected)
})

test('RFC 8265 3.6, examples 8 to 11: no userparts', () => {
  for (const s of ['foo bar', '', 'henryⅣ', '∞']) refused(usernameCaseMapped, s)
})

test('RFC 8265 4.3, examples 12 to 16: legal passwords', () => {
  for (const s of ['correct horse battery staple', 'Correct Horse Battery Staple', 'πßå', 'Jack of ♦s']) {
    assert.equal(opaqueString(s), s)
  }
  assert.equal(opaqueString('foo\u1680bar'), 'foo bar')
})

test('RFC 8265 4.3, examples 17 and 18: no passwords', () => {
  for (const s of ['', 'my cat is a \tby']) refused(opaqueString, s)
})

test('RFC 8264 5.2.1, 5.2.3 and 5.2.4: width, case, NFC', () => {
  assert.equal(usernameCaseMapped('ＳｔＰｅｔｅｒ'), 'stpeter')
  assert.equal(usernameCaseMapped('ｶﾞ'), 'ガ')
  assert.equal(usernameCaseMapped('Ångström'), 'ångström')
  assert.equal(usernameCaseMapped('A\u030Angstro\u0308m'), 'ångström')
  assert.equal(usernameCaseMapped('\u212Ang'), 'kng') // KELVIN SIGN: case mapping comes before the class
  assert.equal(usernameCaseMapped('ΟΔΟΣ'), 'οδοσ') // RFC 7622 3.5: no final sigma is made
  assert.equal(opaqueString('e\u0301'), 'é')
  assert.equal(opaqueString('Ａ\u3000b'), 'Ａ b') // no width mapping; every space is SPACE
})

test('RFC 8264 4.2.3 and 4.3.3: what no identifier, and what no text may have in it', () => {
  const nowhere = [
    '\u0000',
    '\u007F',
    '\u0085',
    '\u00AD',
    '\u200B',
    '\u2028',
    '\uFE0F',
    '\uFEFF',
    '\uFFFE',
    '\uE000',
    '\u{E0001}',
    '\uD800',
    '\u0378',
    '\u1100',
    '\u0640',
    '\u302E',
    '\u0600',
  ]
  for (const c of nowhere) {
    refused(usernameCaseMapped, `a${c}`)
    refused(opaqueString, `a${c}`)
  }
  for (const c of [' ', '\u00A0', '€', '«', 'ﬁ', '²', '½', 'ſ', 'ǅ', '\u20DD', '\uFFA1\uFFC2']) {
    refused(usernameCaseMapped, `a${c}`)
    assert.equal(opaqueString(`a${c}`), `a${c === '\u00A0' ? ' ' : c}`)
  }
  assert.equal(usernameCaseMapped('\u1100\u1161'), '\uAC00') // jamo that NFC makes a syllable of
})

// RFC 8264 section 8, word for word, as far as it concerns single code points.
type Property = 'PVALID' | 'FREE_PVAL' | 'CONTEXT' | 'DISALLOWED'
function derivedProperty(cp: number): Property {
  const c = String.fromCodePoint(cp)
  if ([0xdf, 0x3c2, 0x6fd, 0x6fe, 0xf0b, 0x3007].includes(cp)) return 'PVALID'
  if ([0xb7, 0x375, 0x5f3, 0x5f4, 0x30fb].includes(cp)) return 'CONTEXT'
  if ((cp >= 0x660 && cp <= 0x669) || (cp >= 0x6f0 && cp <= 0x6f9)) return 'CONTEXT'
  if ([0x640, 0x7fa, 0x302e, 0x302f, 0x3031, 0x3032, 0x3033, 0x3034, 0x3035, 0x303b].includes(cp)) return 'DISALLOWED'
  if (/\P{Assigned}/u.test(c)) return 'DISALLOWED'
  if (cp >= 0x21 && cp <= 0x7e) return 'PVALID'
  if (/\p{Join_Control}/u.test(c)) return 'CONTEXT'
  if (/[\u1100-\u11FF\uA960-\uA97C\uD7B0-\uD7C6\uD7CB-\uD7FB]/.test(c)) return 'DISALLOWED'
  if (/[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Cc}]/u.test(c)) return 'DISALLOWED'
  if (c.normalize('NFKC') !== c) return 'FREE_PVAL'
  if (/[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]/u.test(c)) return 'PVALID'
  if (/[\p{Lt}\p{Nl}\p{No}\p{Me}\p{Zs}\p{S}\p{P}]/u.test(c)) return 'FREE_PVAL'
  return 'DISALLOWED'
}

const accepts = (enforce: (s: string) => string, s: string): boolean => {
  try {
    enforce(s)
    return true
  } catch (error) {
    if (error instanceof PrecisError) return false
    throw error
  }
}

test('RFC 8264 section 8: the derived property of every code point that no mapping changes', () => {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  for (let cp = 0; cp <= 0xe0fff; cp = cp === 0x323ff ? 0xe0000 : cp + 1) {
    const c = String.fromCodePoint(cp)
    const property = derivedProperty(cp)
    const name = `U+${cp.toString(16)}`
    if (property === 'CONTEXT' || c.normalize('NFC') !== c) continue
    if (!/\p{Zs}/u.test(c)) assert.equal(accepts(opaqueString, c), property !== 'DISALLOWED', name)
    if (c.toLowerCase() !== c || /[\uFF01-\uFF9F]/.test(c)) continue
    // A number or a mark must follow a letter of its own direction (RFC 5893 section 2).
    const accepted = accepts(usernameCaseMapped, c) || accepts(usernameCaseMapped, `\u05D0${c}\u05D0`)
    assert.equal(accepted, property === 'PVALID', name)
  }
  Error.stackTraceLimit = stackTraceLimit
})

test('RFC 5892 appendix A: contextual rules', () => {
  const met = [
    'क\u094D\u200Cष', // A.1, after a virama
    'بی\u200Cبی', // A.1, between letters that join
    'ب\u064B\u200C\u064Bب', // A.1, marks are transparent
    'क\u094D\u200Dष', // A.2
    'col·lecció', // A.3
    '\u0375α', // A.4
    'א\u05F3', // A.5
    'א\u05F4ב', // A.6
    'ア\u30FB',
    '\u30FB漢', // A.7
    'ب\u0660\u0669', // A.8
    'ب\u06F0\u06F9', // A.9
  ]
  for (const s of met) assert.equal(opaqueString(s), s)
  const notMet = [
    'a\u200Cb',
    '\u200Cب',
    'ب\u200C',
    'ا\u200Cب',
    'aب\u200Cb', // A.1: alef does not join what follows
    'a\u200Db',
    'ب\u200Dب', // A.2
    'l·',
    '·l',
    'L·L',
    'a·l',
    'l··l', // A.3
    '\u0375',
    '\u0375a',
    'α\u0375', // A.4
    '\u05F3',
    'a\u05F3',
    '\u05F3א', // A.5
    'a\u05F4', // A.6
    '\u30FB',
    'a\u30FBb', // A.7
    'ب\u0660\u06F0', // A.8, A.9
    'क\u094D\u200C\u200C', // one in its place does not excuse another
  ]
  for (const s of notMet) {
    refused(opaqueString, s)
    if (s !== 'L·L') refused(usernameCaseMapped, s)
  }
})

test('RFC 5893 section 2: the Bidi Rule holds for usernames with right-to-left text, not for opaque strings', () => {
  for (const s of ['שלום', 'مرحبا', 'שלום1', 'ب٣', 'של-ום', 'שלו\u05B9', '\u07CA\u07EB', 'a1', '1a']) {
    assert.equal(usernameCaseMapped(s), s)
  }
  const broken = [
    '1שלום', // condition 1
    '-שלום',
    '٣',
    'שלוםa', // condition 2
    'aשלום', // conditions 1 and 5
    'שלום-', // condition 3
    'ب1٣', // condition 4
    'שa1',
  ]
  for (const s of broken) {
    refused(usernameCaseMapped, s)
    assert.equal(opaqueString(s), s)
  }
})

const letters = fc.constantFrom(
  ...'aZß3-·lΣς\u0345\u0130ǰΐﬃＡｶﾞÅ\u212B\u0301\u0323한\u1100\u1161\u11A8Ꭰꭰשب٣۳\u200C\u200D\u094Dक\u3000\u00A0Ⅳ∞\uFE0F😀',
)
const strings = fc.oneof(fc.string({ unit: letters }), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }))

test('T-X07, RFC 8264 section 7: what was enforced once is not changed by enforcing it again', () => {
  for (const enforce of [usernameCaseMapped, opaqueString]) {
    fc.assert(
      fc.property(strings, (s) => {
        if (!accepts(enforce, s)) return
        const once = enforce(s)
        assert.equal(enforce(once), once)
        assert.equal(enforce(s.normalize('NFD')), once)
      }),
      { numRuns: 3000 },
    )
  }
})
