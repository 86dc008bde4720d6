/**
 * Nicknames (XEP-0045 17.1, 14.6): what may be one, and which two look alike. A nickname is a resource (OpaqueString). Two
 * people cannot have nicknames that differ in case alone, in width or composition, or by a letter of another script that
 * looks the same (ROOM-6).
 */
import { opaqueString, PrecisError } from '../../xmpp/precis.ts'

/** Characters of a nickname, and octets that they may have together. */
const CHARACTERS_MAX = 128
const OCTETS_MAX = 512
/** Seen by nobody: format characters, fillers, variation selectors, unassigned and private ones. */
const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800\u3164\uFFA0\u115F\u1160]/u

/** The nickname that `text` stands for; null: it cannot be one. */
export function nickIn(text: string): string | null {
  if (text.length > 4 * CHARACTERS_MAX) return null
  const nick = prepared(text)
  if (nick === null || nick !== nick.trim() || INVISIBLE.test(nick)) return null
  return [...nick].length <= CHARACTERS_MAX && Buffer.byteLength(nick) <= OCTETS_MAX ? nick : null
}
function prepared(text: string): string | null {
  try {
    const nick = opaqueString(text)
    return nick === '' ? null : nick
  } catch (error) {
    if (error instanceof PrecisError) return null
    throw error
  }
}

/**
 * Two keys: in the first nicknames are equal that differ in case, in the second ones that look the same to a reader. Two
 * nicknames conflict if they have a key in common.
 */
export type NickKeys = readonly [byCase: string, byLook: string]

export function nickKeys(nick: string): NickKeys {
  const latin = nick.normalize('NFKD').replace(LOOKALIKE, (c) => LATIN.get(c)!)
  const spaced = latin.normalize('NFKC').replace(/\s+/g, ' ')
  // The lower case of an upper case is the nearest to case folding that the language has
  return [`c${spaced.toUpperCase().toLowerCase()}`, `l${spaced.replace(/[I1|]/g, 'l').replaceAll('0', 'O')}`]
}

/** Letters of other scripts, behind the Latin letter that they look like. */
const ALIKE = `
a\u0430\u03B1\u0251 A\u0410\u0391 B\u0412\u0392 c\u0441\u03F2 C\u0421\u03F9 d\u0501 e\u0435 E\u0415\u0395 g\u0261
h\u04BB H\u041D\u0397 i\u0456\u03B9\u0131 I\u0406\u0399\u04C0 j\u0458\u03F3 J\u0408\u037F k\u043A\u03BA K\u041A\u039A
l\u04CF M\u041C\u039C n\u0578 N\u039D o\u043E\u03BF\u0585\u0E50\u06E5 O\u041E\u039F\u0555 p\u0440\u03C1 P\u0420\u03A1
q\u051B Q\u051A s\u0455 S\u0405\u054F T\u0422\u03A4 u\u057D\u03C5 U\u054D v\u0475\u03BD V\u0474 w\u051D\u0461 W\u051C
x\u0445\u03C7 X\u0425\u03A7 y\u0443\u04AF Y\u0423\u04AE\u03A5 Z\u0396`
const LATIN: ReadonlyMap<string, string> = new Map(
  ALIKE.trim()
    .split(/\s+/)
    .flatMap(([latin, ...others]) => others.map((other) => [other, latin!] as const)),
)
const LOOKALIKE = new RegExp(`[${[...LATIN.keys()].join('')}]`, 'gu')
