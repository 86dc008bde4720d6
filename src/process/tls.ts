/** The certificates of the server: those that the configuration names, or one of our own making. */
import { readFile } from 'node:fs/promises'
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import { asciiDomain } from '../net/address.ts'
import { CertificateError, type Authorities, type CertificateSource } from '../net/certificate-files.ts'
import { covers } from '../net/certificate-names.ts'
import { Certificates } from '../net/certificates.ts'
import { selfSigned } from '../net/self-signed.ts'
import { prepareDomain } from '../xmpp/jid.ts'
import type { Setup } from './setup.ts'

export interface TlsParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
}

/** @throws CertificateError when one cannot be used, Error of the file system when none can be made */
export async function openCertificates(setup: Setup, { clock, entropy, log }: TlsParts): Promise<Certificates> {
  const { tls, server, federation } = setup.config
  const domains = server.domains.map(prepareDomain)
  const trust: Authorities = {
    ofClients: await authorities(tls['client-authorities']),
    ofServers: await authorities(federation['authorities']),
  }
  if (tls.certificate.length === 0)
    return Certificates.load([await selfSigned(setup.dataDirectory, domains, clock, entropy)], trust, log)
  // The first is for whoever asks for one of our domains and is in no certificate: it may be named differently in a test.
  const sources = tls.certificate.map((chainFile, i): CertificateSource => ({ chainFile, keyFile: tls.key[i]!, domains: [] }))
  const certificates = await Certificates.load(sources, trust, log)
  for (const domain of domains) {
    const ascii = asciiDomain(domain)
    if (!certificates.certificateFor(ascii).names.dnsNames.some((name) => covers(name, ascii))) {
      log.warn(
        { domain, chainFile: certificates.certificateFor(ascii).source.chainFile },
        'no certificate names this domain: clients and other servers will refuse to connect',
      )
    }
  }
  return certificates
}

/** @param file '' for those that the runtime knows */
async function authorities(file: string): Promise<string | null> {
  if (file === '') return null
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CertificateError(`${file} cannot be read: ${(error as Error).message}`)
  }
}
