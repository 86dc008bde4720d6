/**
 * RFC 6121 4.7.2.3: the priority of a presence, read from its text. Nearly every broadcast has one, and to build the elements of a
 * presence takes longer than all the rest of the way to one contact. What is not written in the plain shape is left to the parser.
 */
import { OCTET } from '../xml/chars.ts'
import type { Wire } from '../xml/wire.ts'

const { APOS, BANG, COLON, GT, QUOT, SLASH, SPACE } = OCTET
const START = '<priority>'
const END = '</priority>'
/** An integer, as xs:byte writes it. */
const BYTE = /^\s*[+-]?\d+\s*$/

/** What `<priority/>` holds as a number from -128 to 127; null: that is none. */
export function byteOf(text: string): number | null {
  if (!BYTE.test(text)) return null
  const value = Number(text)
  return value >= -128 && value <= 127 ? value : null
}

/**
 * The priority in the content of a presence, which is well-formed; 0: there is none. Null: the text alone does not tell, because
 * names with a prefix, CDATA, attributes of the element or a value that is none make it another thing than it looks.
 */
export function priorityIn(text: Wire): number | null {
  let found: number | null = null
  let depth = 0
  let i = text.indexOf('<')
  while (i >= 0) {
    const next = text.charCodeAt(i + 1)
    if (next === BANG) return null
    if (next === SLASH) depth -= 1
    else {
      if (depth === 0 && isPrefixed(text, i + 1)) return null
      if (depth === 0 && text.startsWith('<priority', i)) {
        const end = text.indexOf('<', i + 1)
        if (found !== null || !text.startsWith(START, i) || !text.startsWith(END, end)) return null
        found = byteOf(text.slice(i + START.length, end))
        if (found === null) return null
        i = text.indexOf('<', end + END.length)
        continue
      }
      depth += 1
    }
    i = endOfTag(text, i + 1)
    if (text.charCodeAt(i - 1) === SLASH) depth -= 1
    i = text.indexOf('<', i)
  }
  return found ?? 0
}

function isPrefixed(text: Wire, at: number): boolean {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === COLON) return true
    if (c === GT || c === SLASH || c <= SPACE) return false
  }
  return false
}

/** Where the tag ends that goes on at `at`: values may hold the sign. */
function endOfTag(text: Wire, at: number): number {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === GT) return i
    if (c === APOS || c === QUOT) i = text.indexOf(c === APOS ? "'" : '"', i + 1)
  }
  return text.length
}
