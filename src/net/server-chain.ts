/**
 * Whether the certificate of a calling server is valid (RFC 5280 6.1), if the platform refuses only its purpose. The
 * platform treats the calling side as a client and requires clientAuth among the extended key usages (4.2.1.12), which
 * public authorities no longer put into certificates of servers. It gives this reason even if the chain is untrusted too,
 * so the chain is verified here. What this code does not understand, it refuses.
 */
import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import type { Millis } from '../base/clock.ts'
import { extensionsOf, type Extension } from './certificate-extensions.ts'
import { BOOLEAN, INTEGER, oid, SEQUENCE, only, values } from './der.ts'

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const BASIC_CONSTRAINTS = oid('2.5.29.19')
const NAME_CONSTRAINTS = oid('2.5.29.30')
/** Extensions that may be critical: subject alternative name, key usage, extended key usage. */
const UNDERSTOOD = [BASIC_CONSTRAINTS, oid('2.5.29.17'), oid('2.5.29.15'), oid('2.5.29.37')]
/** The most intermediate certificates between the server's certificate and a trusted one. */
const BETWEEN_MAX = 6
const RSA_BITS_MIN = 2048
const WEAK = /md[245]|sha-?1\b|sha1/i

/** The authorities that are trusted. */
export class Anchors {
  readonly #pem: readonly string[]
  #all: readonly X509Certificate[] | null = null

  /** @param pem of the authorities; null for those of the runtime */
  constructor(pem: string | null) {
    this.#pem = pem === null ? rootCertificates : (pem.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? [])
  }
  has(certificate: X509Certificate): boolean {
    return this.#read().some(({ raw }) => raw.equals(certificate.raw))
  }
  issuersOf(certificate: X509Certificate): readonly X509Certificate[] {
    return this.#read().filter((anchor) => hasIssued(anchor, certificate))
  }
  #read(): readonly X509Certificate[] {
    return (this.#all ??= this.#pem.map((text) => new X509Certificate(text)))
  }
}

/** @param between intermediate certificates that the server sent, in any order @param now milliseconds since 1970 */
export function isServerTrusted(
  server: X509Certificate,
  between: readonly X509Certificate[],
  anchors: Anchors,
  now: Millis,
): boolean {
  if (server.keyUsage?.includes(SERVER_AUTH) !== true) return false
  let current = server
  for (let below = 0; below <= BETWEEN_MAX; below++) {
    if (!isSound(current, now)) return false
    if (anchors.has(current)) return true
    const upTo = below
    if (anchors.issuersOf(current).some((anchor) => isSound(anchor, now) && mayIssue(anchor, upTo))) return true
    const issuer = between.find((one) => mayIssue(one, upTo) && hasIssued(one, current))
    if (issuer === undefined) return false
    current = issuer
  }
  return false
}

const hasIssued = (issuer: X509Certificate, subject: X509Certificate): boolean =>
  subject.checkIssued(issuer) && subject.verify(issuer.publicKey)

/** Valid at this time, with a strong signature, and without a critical extension that is not understood. */
function isSound(certificate: X509Certificate, now: Millis): boolean {
  if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) return false
  if (WEAK.test(certificate.signatureAlgorithm ?? '') && !isSelfIssued(certificate)) return false
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN) return false
  const extensions = extensionsOf(certificate.raw)
  return extensions !== null && extensions.every(({ id, isCritical }) => !isCritical || UNDERSTOOD.some((one) => one.equals(id)))
}
/** The signature of a trusted authority on its own certificate proves nothing, so it need not be strong. */
const isSelfIssued = ({ subject, issuer }: X509Certificate): boolean => subject === issuer

/** @param below the number of intermediate certificates below this one (RFC 5280 4.2.1.9) */
function mayIssue(authority: X509Certificate, below: number): boolean {
  const extensions = extensionsOf(authority.raw)
  if (!authority.ca || extensions === null) return false
  const find = (id: Buffer): Extension | undefined => extensions.find((extension) => extension.id.equals(id))
  if (find(NAME_CONSTRAINTS) !== undefined) return false
  const limit = pathLength(find(BASIC_CONSTRAINTS)?.value)
  return limit === null || below <= limit
}

/** Null if there is no limit; 0 if the limit cannot be read. */
function pathLength(basicConstraints: Buffer | undefined): number | null {
  if (basicConstraints === undefined) return null
  const body = only(basicConstraints, SEQUENCE)?.body
  const parts = body === undefined ? null : values(body)
  const limit = parts?.find(({ tag }) => tag !== BOOLEAN)
  if (parts !== null && limit === undefined) return null
  return limit?.tag === INTEGER && limit.body.length === 1 ? limit.body[0]! : 0
}
