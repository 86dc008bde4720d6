/** The certificates of a PEM file, and whether they are a chain: each one issued by the next (RFC 8446 4.4.2). */
import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import type { Millis } from '../base/clock.ts'

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** In the order of the file. @throws if one cannot be read */
export const certificatesIn = (pem: string): readonly X509Certificate[] =>
  (pem.match(BLOCK) ?? []).map((block) => new X509Certificate(block))

/** Describes a PEM file that holds something other than `wanted`, for the operator who named the file. */
export function oddity(text: string, wanted: 'certificate' | 'key'): string {
  if (text.trim() === '') return 'it is empty'
  if (text.startsWith('0')) return 'it seems to be DER or PKCS #12; openssl x509, pkey or pkcs12 converts it'
  if (wanted === 'key' && text.includes('ENCRYPTED')) return 'it has a passphrase; openssl pkey -in OLD -out NEW removes it'
  if (wanted === 'key' && text.includes('BEGIN CERTIFICATE')) return 'it holds a certificate'
  if (wanted === 'certificate' && text.includes('PRIVATE KEY')) return 'it holds a private key'
  return text.includes('-----BEGIN') ? 'it is damaged' : 'it is no PEM file'
}

/** Why clients could refuse the chain although its first certificate is good; null if no reason is found. */
export function chainFault(chain: readonly X509Certificate[], now: Millis): string | null {
  for (const [i, certificate] of chain.entries()) {
    const issuer = chain[i + 1]
    if (issuer === undefined)
      return isEnd(certificate) ? null : `the certificate of the issuer (${nameOf(certificate.issuer)}) is missing`
    if (!certificate.checkIssued(issuer)) return `certificate ${i + 2} in it is not that of the issuer of certificate ${i + 1}`
    if (Date.parse(issuer.validTo) <= now && !isRoot(issuer))
      return `certificate ${i + 2} in it expired on ${new Date(issuer.validTo).toISOString().slice(0, 10)}`
  }
  return null
}

/** It is a root, or a well-known authority issued it. The name alone proves nothing, so the signature is checked. */
const isEnd = (certificate: X509Certificate): boolean =>
  isRoot(certificate) || rootCertificates.some((root) => certificate.checkIssued(new X509Certificate(root)))

/** A self-signed certificate need not be an authority. */
const isRoot = ({ subject, issuer }: X509Certificate): boolean => subject === issuer

const nameOf = (issuer: string): string => issuer.replaceAll('\n', ', ')
