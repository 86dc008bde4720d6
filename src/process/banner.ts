/** What a start says: five lines with which somebody who has just installed it gets two users talking. */
import { textOf, type Address } from '../net/address.ts'
import type { OpenPort } from './ports.ts'

export interface BannerParts {
  readonly version: string
  readonly domains: readonly string[]
  readonly ports: readonly OpenPort[]
  /** How to call this program, such as "node bin/porchlight.js". */
  readonly invokedAs: string
  /** With which this server was started, such as " --config a.toml"; '' for none. */
  readonly options: string
  /** Of the certificate that clients see, when it is of our own making. */
  readonly selfSignedSha256: string | null
  readonly inMemory: boolean
  readonly dataDirectory: string
}

export function banner(parts: BannerParts): string {
  const { version, domains, invokedAs, options, ports } = parts
  const [domain] = domains
  const add = `${invokedAs} user${options} add`
  const browsers = ports.find((p) => p.what === 'http')
  const client = ports.find((p) => p.what === 'c2s') ?? ports.find((p) => p.what === 'c2s-direct-tls')
  const certificate =
    parts.selfSignedSha256 === null
      ? ''
      : `; trust its self-signed certificate, SHA-256 ${parts.selfSignedSha256.slice(0, 16)}...`
  return [
    `Porchlight ${version} serves ${domains.join(', ')}; ${parts.inMemory ? 'nothing is kept when it stops' : `data in ${parts.dataDirectory}`}; Ctrl-C stops it.`,
    `  Listening   ${listening(ports)}`,
    `  Add users   ${add} romeo@${domain}    and the same for juliet@${domain}`,
    `  Connect     any XMPP client as romeo@${domain}${client === undefined ? '' : `, server ${nearby(client.address)} port ${client.address.port}`}${certificate}`,
    `  Look        ${browsers === undefined ? '' : `http://localhost:${browsers.address.port}/ in a browser, or `}${invokedAs} status${options}`,
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
    ...of('http', 'browsers http://'),
    ...of('https', 'browsers https://'),
    ...of('monitoring', '/health and /metrics http://'),
  ].join(', ')
}

/** An address at which a client on this machine finds it. */
const nearby = ({ host }: Address): string => (host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host)
