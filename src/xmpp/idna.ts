/**
 * Domain parts of addresses (RFC 7622 3.2): U-labels and NR-LDH labels of IDNA2008 (RFC 5890, RFC 5892) in lower case,
 * with A-labels converted to U-labels; or an IPv4 address, or an IPv6 address in brackets. UTS 46 (non-transitional)
 * does the mapping, Punycode, hyphens, joiners and the Bidi Rule. It allows more code points than IDNA2008, so this file
 * checks what is a U-label.
 */
import { isIPv6 } from 'node:net'
import { toASCII, toUnicode } from 'tr46'
import { ALWAYS, IN_CONTEXT, LETTER_DIGITS, named, NEVER, OLD_HANGUL_JAMO, outOfContext } from './code-points.ts'

/** Thrown for a text that is no domain name. The message says why. */
export class DomainError extends Error {}

/** LDH labels in lower case without two hyphens in a row: they need no preparation. IPv4 addresses are among them. */
const PLAIN = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/
/** Up to this length no label can be too long (RFC 1034 3.1). */
const LABEL_OCTETS_MAX = 63
/** No mapping makes one code point from more than four code units, and an A-label has at least one octet for each code point. */
const INPUT_UNITS_MAX = 4 * 253

// RFC 5892 section 3. IgnorableBlocks (2.4) are combining marks for symbols and for musical notation.
const DISALLOWED = `${NEVER}${OLD_HANGUL_JAMO}\\p{Default_Ignorable_Code_Point}\\u20D0-\\u20FF\\u{1D100}-\\u{1D24F}`
const NOT_IN_LABEL = new RegExp(`[^a-z0-9\\-${ALWAYS}${IN_CONTEXT}[[${LETTER_DIGITS}]--[${DISALLOWED}]]]`, 'v')

const UTS46 = { checkBidi: true, checkHyphens: true, checkJoiners: true, useSTD3ASCIIRules: true } as const
const DNS = { ...UTS46, verifyDNSLength: true } as const

/**
 * The domain part that `s` stands for, in the form that is compared.
 * @throws DomainError
 */
export function domainOf(s: string): string {
  if (s.length <= LABEL_OCTETS_MAX && PLAIN.test(s)) return s
  // RFC 7622 3.2: one final dot is stripped before anything else is done.
  const name = s.endsWith('.') ? s.slice(0, -1) : s
  if (name === '') throw new DomainError('it is empty')
  if (name.length > INPUT_UNITS_MAX) throw new DomainError('it is too long')
  return name.startsWith('[') ? ipLiteral(name) : domainName(name)
}

/**
 * RFC 3986 3.2.2. Of its literals only IPv6 addresses can name a server (RFC 7622 3.2). A zone is refused, because it has
 * a meaning on one machine only.
 */
function ipLiteral(s: string): string {
  const address = s.slice(1, -1)
  if (!s.endsWith(']') || address.includes('%') || !isIPv6(address)) throw new DomainError('it is not an IPv6 address')
  return s.toLowerCase()
}

function domainName(s: string): string {
  const { domain, error } = toUnicode(s, UTS46)
  const labels = domain.split('.')
  if (labels.includes('')) throw new DomainError('a label is empty')
  for (const label of labels) {
    const stranger = NOT_IN_LABEL.exec(label)?.[0] ?? outOfContext(label)
    if (stranger !== null) throw new DomainError(`${named(stranger)} is not allowed`)
  }
  if (error) throw new DomainError('it is not a domain name')
  // RFC 7622 3.2: the limits of RFC 1034 apply, to labels as they stand in the DNS.
  if (toASCII(domain, DNS) === null) throw new DomainError('a label is longer than 63 octets, or all are longer than 253')
  return domain
}
