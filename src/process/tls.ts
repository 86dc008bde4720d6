/** The certificates of the server: those that the configuration names, or a self-signed one. */
import type { X509Certificate } from 'node:crypto'
import type { Clock, Millis } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import { silent, type Log } from '../base/log.ts'
import { asciiDomain } from '../net/address.ts'
import type { Complaint } from '../config/complaint.ts'
import type { Config } from '../config/sections.ts'
import { sentence } from '../config/problem.ts'
import {
  CertificateError,
  loadCertificate,
  readAuthorities,
  type Authorities,
  type Blamed,
  type CertificateSource,
} from '../net/certificate-files.ts'
import { chainFault } from '../net/certificate-chain.ts'
import { covers } from '../net/certificate-names.ts'
import { Certificates } from '../net/certificates.ts'
import { putSelfSigned, readSelfSigned, selfSigned, type SelfSigned } from '../net/self-signed.ts'
import type { SharedTexts } from '../storage/shared-texts.ts'
import { features } from '../config/features.ts'
import { prepareDomain } from '../xmpp/jid.ts'
import type { Setup } from './setup.ts'

export interface TlsParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
}

/** Extended key usages, as object identifiers. */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const ANY_PURPOSE = '2.5.29.37.0'
const DAY: Millis = 86_400_000
/** Certificates are usually renewed weeks before they expire. If one expires sooner, the renewal was probably forgotten. */
const SOON: Millis = 7 * DAY

/** @throws CertificateError if one cannot be used, Error of the file system if none can be made */
export async function openCertificates(
  setup: Setup,
  { clock, entropy, log }: TlsParts,
  shared: SharedTexts | null,
): Promise<Certificates> {
  const { tls, server } = setup.config
  const domains = server.domains.map(prepareDomain)
  try {
    const trust = { ofClients: await clientAuthorities(setup), ofServers: await serverAuthorities(setup) }
    if (tls.certificate.length === 0)
      return await Certificates.load(
        [await ownCertificate(setup.dataDirectory, domains, { clock, entropy, log }, shared)],
        trust,
        log,
      )
    const certificates = await Certificates.load(sourcesOf(setup), trust, log)
    for (const { option, what } of doubtsAbout(setup, certificates, clock.now())) log.warn({ option: `[tls] ${option}` }, what)
    return certificates
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    throw new CertificateError(error.blamed, sentence(setup.problem(complaintOf(error))))
  }
}

/** The self-signed certificate. Servers on one database show the same one, which their clients know. */
async function ownCertificate(
  directory: string,
  domains: readonly string[],
  { clock, entropy }: TlsParts,
  shared: SharedTexts | null,
): Promise<CertificateSource> {
  const known = (await shared?.read(SELF_SIGNED)) ?? null
  if (known !== null) await putSelfSigned(directory, JSON.parse(known) as SelfSigned)
  const source = await selfSigned(directory, domains, clock, entropy)
  const text = shared === null ? null : JSON.stringify(await readSelfSigned(source))
  if (text !== null && text !== known) await shared!.write(SELF_SIGNED, text)
  return source
}
const SELF_SIGNED = 'self-signed certificate'

/** What is wrong with the certificates that the configuration names. */
export interface CertificateFindings {
  readonly mistakes: readonly Complaint[]
  /** The server can start with these. */
  readonly notes: readonly Complaint[]
}

/** Inspects each certificate by itself, so that a mistake in one hides no mistake in another. */
export async function inspectCertificates(setup: Setup, now: Millis): Promise<CertificateFindings> {
  const mistakes: Complaint[] = []
  const noting = async <T>(work: Promise<T>): Promise<T | null> => {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      mistakes.push(complaintOf(error))
      return null
    }
  }
  const trust: Authorities = {
    ofClients: await noting(clientAuthorities(setup)),
    ofServers: await noting(serverAuthorities(setup)),
  }
  const sources = sourcesOf(setup)
  for (const source of sources) await noting(loadCertificate(source, trust))
  if (mistakes.length > 0 || sources.length === 0) return { mistakes, notes: [] }
  const doubts = doubtsAbout(setup, await Certificates.load(sources, trust, silent), now)
  return { mistakes: doubts.filter((d) => d.isMistake), notes: doubts.filter((d) => !d.isMistake) }
}

interface Doubt extends Complaint {
  /** The certificate cannot be used. The server still starts, because a new one may be installed while it runs. */
  readonly isMistake: boolean
}

function doubtsAbout({ config }: Setup, certificates: Certificates, now: Millis): readonly Doubt[] {
  const found: Doubt[] = []
  const doubt = (isMistake: boolean, what: string, remedy: string): void =>
    void found.push({ section: 'tls', option: 'certificate', what, remedy, isMistake })
  for (const { source, chain, validFrom, expiresAt } of certificates.all) {
    const renew = 'Renew it; the server takes the new one without a restart.'
    if (expiresAt <= now) doubt(true, `${source.chainFile} expired on ${dayOf(expiresAt)}`, renew)
    else if (expiresAt < now + SOON) doubt(false, `${source.chainFile} expires on ${dayOf(expiresAt)}`, renew)
    if (!isForServers(chain[0]!))
      doubt(
        true,
        `${source.chainFile} is for clients only: others refuse it from a server (RFC 5280 4.2.1.12)`,
        'Get a certificate whose extended key usage includes serverAuth.',
      )
    if (validFrom > now)
      doubt(true, `${source.chainFile} is not valid before ${dayOf(validFrom)}`, "Correct this machine's clock, or wait.")
    const fault = chainFault(chain, now)
    if (fault !== null)
      doubt(
        false,
        `others may refuse ${source.chainFile}: ${fault}`,
        'Name a file with the whole chain (fullchain.pem): that of the server, then that of its issuer, and so on.',
      )
  }
  for (const domain of config.server.domains.map(prepareDomain)) {
    const other = fileWithoutName(certificates, domain)
    if (other === null) continue
    doubt(
      false,
      `no certificate names ${domain}, so clients and other servers get ${other} and will refuse it`,
      'Name a certificate for it as well.',
    )
  }
  for (const { domain, feature } of services(config)) {
    if (fileWithoutName(certificates, domain) === null) continue
    doubt(
      false,
      `no certificate names ${domain}, so people on many other servers cannot use what is there`,
      `Get a certificate that names it too, or switch [${feature}] off.`,
    )
  }
  return found
}

/** The certificate that is used for a domain without naming it; null: it names it. */
function fileWithoutName(certificates: Certificates, domain: string): string | null {
  const ascii = asciiDomain(domain)
  const { names, source } = certificates.certificateFor(ascii)
  return names.dnsNames.some((name) => covers(name, ascii)) ? null : source.chainFile
}
/** The services that other servers may want to reach. A component takes the place of a service. */
function* services({ server, listen, features: settings, component }: Config): Generator<Served> {
  if (listen.s2s.length + listen['s2s-direct-tls'].length === 0) return
  const taken = component.map(({ domain }) => prepareDomain(domain))
  for (const feature of features)
    for (const prefix of feature.services?.(settings[feature.name]) ?? [])
      for (const domain of server.domains.map((one) => `${prefix}.${prepareDomain(one)}`))
        if (!taken.includes(domain)) yield { domain, feature: feature.name }
}
interface Served {
  readonly domain: string
  /** The section of the configuration. */
  readonly feature: string
}

/** RFC 5280 4.2.1.12: a certificate with extended key usages may be used only for these. */
const isForServers = ({ keyUsage }: X509Certificate): boolean =>
  keyUsage === undefined ||
  keyUsage.length === 0 ||
  keyUsage.some((purpose) => purpose === SERVER_AUTH || purpose === ANY_PURPOSE)

const dayOf = (moment: Millis): string => new Date(moment).toISOString().slice(0, 10)

const REMEDIES: Readonly<Record<Blamed, string>> = {
  'certificate': 'Name a PEM file that begins with the certificate of the server and that its user may read.',
  'key': "Name the PEM file with this certificate's private key, without a passphrase, that the server's user may read.",
  'client-authorities': "Name a PEM file that the server's user may read, or leave the option out.",
  'authorities': "Name a PEM file that the server's user may read, or leave the option out.",
}

const complaintOf = ({ blamed, message }: CertificateError): Complaint => ({
  section: blamed === 'authorities' ? 'federation' : 'tls',
  option: blamed,
  what: message,
  remedy: REMEDIES[blamed],
})

/** The first certificate is for clients that name none of our domains. In a test it may have another name. */
const sourcesOf = ({ config: { tls } }: Setup): readonly CertificateSource[] =>
  tls.certificate.map((chainFile, i) => ({ chainFile, keyFile: tls.key[i]!, domains: [] }))

const clientAuthorities = ({ config }: Setup): Promise<string | null> =>
  authorities('client-authorities', config.tls['client-authorities'])
const serverAuthorities = ({ config }: Setup): Promise<string | null> => authorities('authorities', config.federation.authorities)

/** @param file '' for the authorities of the runtime @throws CertificateError */
const authorities = async (blamed: Blamed, file: string): Promise<string | null> =>
  file === '' ? null : await readAuthorities(blamed, file)
