/** The banner at the start: five lines that help a new operator to get two users talking. */
import { textOf } from '../net/address.ts'
import { nearby, type OpenPort } from './ports.ts'
import { shellWord } from './shell-word.ts'

export interface BannerParts {
  readonly version: string
  readonly domains: readonly string[]
  readonly ports: readonly OpenPort[]
  /** How to call this program in a shell, such as "node bin/porchlight.js". */
  readonly invokedAs: string
  /** The configuration file as it was named at the start; null if it was not named. */
  readonly configFile: string | null
  readonly platform: string
  /** The fingerprint of the certificate that clients see, if it is self-signed. */
  readonly selfSignedSha256: string | null
  readonly inMemory: boolean
  readonly dataDirectory: string
}

export function banner(parts: BannerParts): string {
  const { version, domains, invokedAs, configFile, platform, ports } = parts
  const options = configFile === null ? '' : ` --config ${shellWord(configFile, platform)}`
  const [domain] = domains
  const add = `${invokedAs} user${options} add`
  const browsers = ports.find((p) => p.what === 'http') ?? ports.find((p) => p.what === 'https')
  const client = ports.find((p) => p.what === 'c2s') ?? ports.find((p) => p.what === 'c2s-direct-tls')
  const certificate =
    parts.selfSignedSha256 === null ? '' : `; trust its self-signed certificate, SHA-256 ${parts.selfSignedSha256}`
  return [
    `Porchlight ${version} serves ${domains.join(', ')}; ${parts.inMemory ? 'nothing is kept when it stops' : `data in ${parts.dataDirectory}`}; Ctrl-C stops it.`,
    `  Listening   ${listening(ports)}`,
    `  Add users   ${add} romeo@${domain}    and the same for juliet@${domain}`,
    `  Connect     any XMPP client as romeo@${domain}${client === undefined ? '' : `, server ${nearby(client.address).host} port ${client.address.port}`}${certificate}`,
    `  Look        ${browsers === undefined ? '' : `${browsers.what}://${textOf(nearby(browsers.address))}/ in a browser, or `}${invokedAs} status${options}`,
    '',
  ].join('\n')
}

function listening(ports: readonly OpenPort[]): string {
  const of = (what: OpenPort['what'], before: string): string[] => {
    const addresses = ports.filter((p) => p.what === what).map((p) => textOf(p.address))
    return addresses.length === 0 ? [] : [`${before}${addresses.join(' ')}`]
  }
  return [
    ...of('c2s', 'clients '),
    ...of('c2s-direct-tls', 'with direct TLS '),
    ...of('s2s', 'servers '),
    ...of('s2s-direct-tls', 'with direct TLS '),
    ...of('components', 'components '),
    ...of('bytestreams', 'file transfers '),
    ...of('http', 'browsers http://'),
    ...of('https', 'browsers https://'),
    ...of('files', 'files https://'),
    ...of('monitoring', '/health and /metrics http://'),
  ].join(', ')
}
