/**
 * Character encoding (RFC 6120 11.6) and the XML declaration (11.5). Only UTF-8 is accepted. A document that begins with a
 * byte order mark (DEVIATES(6)), or that looks like UTF-16 without one, is refused.
 */
import { isUtf8 } from 'node:buffer'
import { CLASS, IS, OCTET } from './chars.ts'
import { malformed, restricted, XmlError } from './error.ts'
import { cut, type Wire } from './wire.ts'

const { LT, QUESTION } = OCTET

const unsupported = (what: string): never => {
  throw new XmlError('unsupported-encoding', what)
}

const S = '[ \\t\\r\\n]'
const item = (name: string, value: string): string => `${S}+${name}${S}*=${S}*(?:'${value}'|"${value}")`
const VERSION = item('version', '1\\.[0-9]+')
const ENCODING = item('encoding', '([A-Za-z][A-Za-z0-9._-]*)')
const STANDALONE = item('standalone', '(?:yes|no)')
const DECLARATION = new RegExp(`^<\\?xml${VERSION}(?:${ENCODING})?(?:${STANDALONE})?${S}*\\?>$`)
const XML = '<?xml'

/**
 * Checks the beginning of a document. Returns the index after its XML declaration, `i` if it has none, or -1 if more
 * octets are needed. The value of `standalone` is ignored (11.5).
 */
export function scanBeginning(u: Buffer, i: number, n: number): number {
  const c = u[i]!
  if (c === 0 || c === 0xef || c === 0xfe || c === 0xff) unsupported('byte order mark')
  if (c !== LT) return i
  if (i + 1 >= n) return -1
  if (u[i + 1] === 0) unsupported('UTF-16')
  return u[i + 1] === QUESTION ? scanDeclaration(u, i, n) : i
}

function scanDeclaration(u: Buffer, i: number, n: number): number {
  for (let k = 0; k < XML.length; k++) {
    if (i + k >= n) return -1
    if (u[i + k] !== XML.charCodeAt(k)) restricted('processing instruction')
  }
  const after = i + XML.length
  if (after >= n) return -1
  if ((CLASS[u[after]!]! & IS.SPACE) === 0) restricted('processing instruction')
  let end = after
  while (end < n && u[end] !== QUESTION) end++
  end += 2
  if (end > n) return -1
  const found = DECLARATION.exec(cut(u, i, end)) ?? malformed('XML declaration')
  const encoding = found[1] ?? found[2]
  if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') unsupported(encoding)
  return end
}

/** Checks octets that are not all ASCII: valid UTF-8 (no overlong forms, no surrogates), and no U+FFFE or U+FFFF. */
export function checkUtf8(octets: Buffer, same: Wire): void {
  if (!isUtf8(octets)) unsupported('not UTF-8')
  if (same.includes('\xef\xbf\xbe') || same.includes('\xef\xbf\xbf')) malformed('U+FFFE or U+FFFF')
}
