/**
 * One certificate chain and its key, read from PEM files and checked as far as is possible without a client: both can
 * be read, the first certificate of the chain belongs to the key, and TLS accepts them. The message of a
 * CertificateError tells the operator what to do.
 */
import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Millis } from '../base/clock.ts'
import { certificatesIn, oddity } from './certificate-chain.ts'
import { certificateNames, type CertificateNames } from './certificate-names.ts'
import { contextOptions } from './tls-options.ts'

export interface CertificateSource {
  /** PEM: the server's certificate, then the certificates between it and the root. */
  readonly chainFile: string
  /** PEM, without a passphrase. */
  readonly keyFile: string
  /** Domains that it serves in addition to those in the certificate. In lower case, as A-labels. */
  readonly domains: readonly string[]
}

/** The option that names the faulty file. */
export type Blamed = 'certificate' | 'key' | 'client-authorities' | 'authorities'

/** A certificate cannot be used. The message says which file is faulty, and why. */
export class CertificateError extends Error {
  readonly blamed: Blamed

  constructor(blamed: Blamed, message: string) {
    super(message)
    this.blamed = blamed
  }
}

export interface LoadedCertificate {
  readonly source: CertificateSource
  /** In the order of the file. */
  readonly chain: readonly X509Certificate[]
  readonly secureContext: SecureContext
  /** The context for streams between servers: their certificates can come from other authorities than those of clients. */
  readonly betweenServers: SecureContext
  readonly names: CertificateNames
  readonly validFrom: Millis
  readonly expiresAt: Millis
  /** SHA-256 of the DER, in hex. */
  readonly fingerprint: string
}

/** PEM of the authorities whose certificates are accepted; null for those of the runtime. */
export interface Authorities {
  readonly ofClients: string | null
  readonly ofServers: string | null
}
export const usualAuthorities: Authorities = { ofClients: null, ofServers: null }

/** @throws CertificateError */
export async function loadCertificate(source: CertificateSource, trust: Authorities): Promise<LoadedCertificate> {
  const chain = await readText('certificate', source.chainFile)
  const key = await readText('key', source.keyFile)
  const certificate = attempt(
    'certificate',
    `${source.chainFile} does not begin with a certificate in PEM`,
    () => new X509Certificate(chain),
    () => oddity(chain, 'certificate'),
  )
  const privateKey = attempt(
    'key',
    `${source.keyFile} holds no private key in PEM that can be read without a passphrase`,
    () => createPrivateKey(key),
    () => oddity(key, 'key'),
  )
  const all = attempt('certificate', `${source.chainFile} holds a certificate that cannot be read`, () => certificatesIn(chain))
  if (!fits(certificate, privateKey)) {
    if (all.some((other) => fits(other, privateKey)))
      throw new CertificateError(
        'certificate',
        `the certificates in ${source.chainFile} are in the wrong order: that of the server must be the first`,
      )
    throw new CertificateError('key', `the key in ${source.keyFile} is not that of the first certificate in ${source.chainFile}`)
  }
  const contextFor = (ca: string | null): SecureContext =>
    attempt('certificate', `TLS does not take the certificate in ${source.chainFile}`, () =>
      createSecureContext({ ...contextOptions, cert: chain, key, ...(ca === null ? {} : { ca }) }),
    )
  const secureContext = contextFor(trust.ofClients)
  return {
    source,
    chain: all,
    secureContext,
    betweenServers: trust.ofServers === trust.ofClients ? secureContext : contextFor(trust.ofServers),
    names: certificateNames(certificate.raw),
    validFrom: Date.parse(certificate.validFrom),
    expiresAt: Date.parse(certificate.validTo),
    fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
  }
}

/** A text that changes when one of the source's files changes: compare it with an earlier one. */
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

/** @throws CertificateError */
async function readText(blamed: Blamed, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CertificateError(blamed, `${file} cannot be read: ${reasonOf(error)}`)
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

/** @param why gives the reason of a failure, by default in the words of OpenSSL */
function attempt<T>(blamed: Blamed, complaint: string, work: () => T, why: (error: unknown) => string = reasonOf): T {
  try {
    return work()
  } catch (error) {
    throw new CertificateError(blamed, `${complaint}: ${why(error)}`)
  }
}

/** PEM of authorities. @throws CertificateError */
export async function readAuthorities(blamed: Blamed, file: string): Promise<string> {
  const pem = await readText(blamed, file)
  const found = attempt(blamed, `${file} holds a certificate that cannot be read`, () => certificatesIn(pem))
  if (found.length === 0) throw new CertificateError(blamed, `${file} holds no certificate in PEM: ${oddity(pem, 'certificate')}`)
  return pem
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: "the server's user may not read it",
  EISDIR: 'it is a directory',
}
const reasonOf = (error: unknown): string =>
  REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? (error instanceof Error ? error.message : String(error))
