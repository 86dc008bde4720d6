/**
 * The names in a certificate's subjectAltName that XMPP uses (RFC 6120 13.7.1.2, 13.7.1.4; RFC 6125; RFC 4985). The
 * platform's text form of the extension can be ambiguous, so this file reads the DER. It trusts nothing: a name with an
 * unusual character is left out, and a certificate that is not plain DER, or has the extension twice, has no
 * names.
 */
import { isAscii, isUtf8 } from 'node:buffer'
import { extensionsOf } from './certificate-extensions.ts'
import { IA5_STRING, implicit, OBJECT_IDENTIFIER, oid, only, sequence, tagged, UTF8_STRING, values } from './der.ts'
import type { Value } from './der.ts'

export interface CertificateNames {
  /** dNSName, in lower case; may begin with '*.'. */
  readonly dnsNames: readonly string[]
  /** id-on-dnsSRV (RFC 4985), such as '_xmpp-server.example.org', in lower case. */
  readonly srvNames: readonly string[]
  /** id-on-xmppAddr (RFC 6120 13.7.1.4) as written, not prepared. */
  readonly xmppAddrs: readonly string[]
}

const SUBJECT_ALT_NAME = oid('2.5.29.17')
const XMPP_ADDR = oid('1.3.6.1.5.5.7.8.5')
const DNS_SRV = oid('1.3.6.1.5.5.7.8.7')
/** Parts of GeneralName (RFC 5280 4.2.1.6). */
const OTHER_NAME = tagged(0)
const DNS_NAME = implicit(2)
/** In octets. A JID without resource is never longer (RFC 7622 3.1), and a domain is much shorter. */
const NAME_MAX = 2047

const CONTROL = /[\x00-\x20\x7f]/
const NO_NAMES: CertificateNames = { dnsNames: [], srvNames: [], xmppAddrs: [] }

/** RFC 6125 6.4.3: a wildcard is the whole leftmost label and stands for exactly one. @param name in the certificate */
export function covers(name: string, domain: string): boolean {
  if (!name.startsWith('*.')) return name === domain
  const dot = domain.indexOf('.')
  return dot > 0 && name.slice(1) === domain.slice(dot)
}

/** @param raw the certificate's DER, such as `X509Certificate.raw` */
export function certificateNames(raw: Buffer): CertificateNames {
  const generalNames = subjectAltName(raw)
  if (generalNames === null) return NO_NAMES
  const names = { dnsNames: [] as string[], srvNames: [] as string[], xmppAddrs: [] as string[] }
  for (const { tag, body } of generalNames) {
    if (tag === DNS_NAME) keep(names.dnsNames, asciiName(body))
    else if (tag === OTHER_NAME) readOtherName(body, names)
  }
  return names
}

function subjectAltName(raw: Buffer): readonly Value[] | null {
  const found = extensionsOf(raw)?.find(({ id }) => id.equals(SUBJECT_ALT_NAME))
  return found === undefined ? null : sequence(found.value)
}

/** OtherName: an OID and, in `[0] EXPLICIT`, a value whose type depends on the OID. */
function readOtherName(body: Buffer, names: { readonly srvNames: string[]; readonly xmppAddrs: string[] }): void {
  const [id, wrapped] = values(body) ?? []
  if (id?.tag !== OBJECT_IDENTIFIER || wrapped?.tag !== tagged(0)) return
  if (id.body.equals(XMPP_ADDR)) keep(names.xmppAddrs, utf8Name(only(wrapped.body, UTF8_STRING)?.body))
  else if (id.body.equals(DNS_SRV)) keep(names.srvNames, asciiName(only(wrapped.body, IA5_STRING)?.body))
}

function keep(list: string[], name: string | null): void {
  if (name !== null) list.push(name)
}

/** No control characters and no spaces: a NUL inside a name has deceived other readers ("example.org\0.evil.example"). */
function utf8Name(octets: Buffer | undefined): string | null {
  if (octets === undefined || octets.length === 0 || octets.length > NAME_MAX || !isUtf8(octets)) return null
  const name = octets.toString('utf8')
  return CONTROL.test(name) ? null : name
}

const asciiName = (octets: Buffer | undefined): string | null =>
  octets !== undefined && isAscii(octets) ? (utf8Name(octets)?.toLowerCase() ?? null) : null
