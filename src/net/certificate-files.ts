/**
 * One certificate chain and its key, read from PEM files and checked as far as can be told without a client:
 * both can be read, the first certificate of the chain is the key's own, and TLS takes them. Whoever
 * reads the words of a CertificateError has to know what to do.
 */
import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Millis } from '../base/clock.ts'
import { certificateNames, type CertificateNames } from './certificate-names.ts'
import { contextOptions } from './tls-options.ts'

export interface CertificateSource {
  /** PEM: the server's certificate, then those between it and the root. */
  readonly chainFile: string
  /** PEM, without a passphrase. */
  readonly keyFile: string
  /** Domains that it serves beside those that it names itself. In lower case, as A-labels. */
  readonly domains: readonly string[]
}

/** A certificate cannot be used; the message says which file is to blame, and for what. */
export class CertificateError extends Error {}

export interface LoadedCertificate {
  readonly source: CertificateSource
  readonly secureContext: SecureContext
  /** The same between servers, whose certificates may be from other authorities than those of clients. */
  readonly betweenServers: SecureContext
  readonly names: CertificateNames
  readonly validFrom: Millis
  readonly expiresAt: Millis
  /** SHA-256 of the DER, in hex. */
  readonly fingerprint: string
}

/** PEM of the authorities whose certificates are accepted; null: those that the runtime knows. */
export interface Authorities {
  readonly ofClients: string | null
  readonly ofServers: string | null
}
export const usualAuthorities: Authorities = { ofClients: null, ofServers: null }

/** @throws CertificateError */
export async function loadCertificate(source: CertificateSource, trust: Authorities): Promise<LoadedCertificate> {
  const chain = await readText(source.chainFile)
  const key = await readText(source.keyFile)
  const certificate = attempt(`${source.chainFile} does not begin with a certificate in PEM`, () => new X509Certificate(chain))
  const privateKey = attempt(`${source.keyFile} holds no private key in PEM that can be read without a passphrase`, () =>
    createPrivateKey(key),
  )
  if (!fits(certificate, privateKey)) {
    throw new CertificateError(`the key in ${source.keyFile} is not that of the first certificate in ${source.chainFile}`)
  }
  const contextFor = (ca: string | null): SecureContext =>
    attempt(`TLS does not take the certificate in ${source.chainFile}`, () =>
      createSecureContext({ ...contextOptions, cert: chain, key, ...(ca === null ? {} : { ca }) }),
    )
  const secureContext = contextFor(trust.ofClients)
  return {
    source,
    secureContext,
    betweenServers: trust.ofServers === trust.ofClients ? secureContext : contextFor(trust.ofServers),
    names: certificateNames(certificate.raw),
    validFrom: Date.parse(certificate.validFrom),
    expiresAt: Date.parse(certificate.validTo),
    fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
  }
}

/** Changes when a file of the source does: compare it with an earlier one. */
export async function stateOf({ chainFile, keyFile }: CertificateSource): Promise<string> {
  return (await Promise.all([fileState(chainFile), fileState(keyFile)])).join(' ')
}

async function fileState(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file)
    return `${mtimeMs}/${size}/${ino}`
  } catch (error) {
    return reasonOf(error)
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CertificateError(`${file} cannot be read: ${reasonOf(error)}`)
  }
}

/** `checkPrivateKey` throws for a key of another kind. */
function fits(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key)
  } catch {
    return false
  }
}

function attempt<T>(complaint: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new CertificateError(`${complaint}: ${reasonOf(error)}`)
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
