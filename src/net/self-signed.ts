/**
 * A self-signed certificate, so that a first start has TLS: the domains as dNSName, for 'localhost' also the loopback
 * addresses. Nobody trusts it without being told to; it is meant to be replaced. It is made once and kept, because
 * clients that were told to trust it remember this certificate.
 */
import { isIP } from 'node:net'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Millis } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import { asciiDomain } from './address.ts'
import { CertificateError, loadCertificate, usualAuthorities, type CertificateSource } from './certificate-files.ts'
import { makeCertificate } from './certificate-making.ts'

const DAY: Millis = 86_400_000
const VALID: Millis = 3650 * DAY
/** The files in the data directory: the chain and its key. */
export const SELF_SIGNED_FILES = ['self-signed.crt', 'self-signed.key'] as const
const LOOPBACK = ['127.0.0.1', '::1']

/**
 * The self-signed certificate in `directory`. A new one is made if there is none, or if the existing one has expired or
 * lacks one of the domains.
 * @throws Error of the file system if the directory cannot be written
 */
export async function selfSigned(
  directory: string,
  domains: readonly string[],
  clock: Clock,
  entropy: Entropy,
): Promise<CertificateSource> {
  const source: CertificateSource = {
    chainFile: join(directory, SELF_SIGNED_FILES[0]),
    keyFile: join(directory, SELF_SIGNED_FILES[1]),
    domains: domains.map(asciiDomain),
  }
  if (!(await isUsable(source, clock.now()))) {
    const names = source.domains.includes('localhost') ? [...source.domains, ...LOOPBACK] : source.domains
    const { chain, key } = await makeCertificate(names, clock.now() - DAY, clock.now() + VALID, entropy)
    await putSelfSigned(directory, { chain, key })
  }
  return source
}

/** A certificate and its key, as PEM. */
export interface SelfSigned {
  readonly chain: string
  readonly key: string
}
export async function readSelfSigned({ chainFile, keyFile }: CertificateSource): Promise<SelfSigned> {
  return { chain: await readFile(chainFile, 'utf8'), key: await readFile(keyFile, 'utf8') }
}
/** The files in `directory` become these. */
export async function putSelfSigned(directory: string, { chain, key }: SelfSigned): Promise<void> {
  await mkdir(directory, { recursive: true })
  await write(join(directory, SELF_SIGNED_FILES[1]), key, 0o600)
  await write(join(directory, SELF_SIGNED_FILES[0]), chain, 0o644)
}

async function isUsable(source: CertificateSource, now: Millis): Promise<boolean> {
  try {
    const { names, expiresAt } = await loadCertificate(source, usualAuthorities)
    return expiresAt > now && source.domains.every((d) => isIP(d) !== 0 || names.dnsNames.includes(d))
  } catch (error) {
    if (error instanceof CertificateError) return false
    throw error
  }
}

/** Writes a file atomically and with its mode from the start, so that others can never read it: a new file, then renamed. */
async function write(file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.new`
  const handle = await open(draft, 'w', mode)
  try {
    await handle.chmod(mode)
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, file)
}
