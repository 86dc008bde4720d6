/** Server-to-server streams, as the configuration wants them, if there is any server to talk to. */
import { endOfTick } from '../base/tick.ts'
import type { Certificates } from '../net/certificates.ts'
import { overTcp } from '../net/dialling.ts'
import { systemResolver } from '../net/dns.ts'
import type { Doorkeeper } from '../net/listener.ts'
import type { Host } from '../server/feature.ts'
import { PeerService } from '../stream/s2s/service.ts'
import type { Bars } from '../stream/s2s/trust.ts'
import type { Setup } from './setup.ts'

export interface FederationParts {
  readonly host: Host
  readonly bars: Bars
  readonly certificates: Certificates
  readonly admission: Doorkeeper
}

/** The time for one question to one name server; the runtime asks twice. */
const DNS_TIMEOUT = 5000

/** Null if this server talks to no other server; no port is opened then. */
export function openFederation({ config }: Setup, { host, bars, certificates, admission }: FederationParts): PeerService | null {
  const { federation, peer, streams } = config
  const isKnown = host.domains.some((domain) => !isLoopback(domain)) || peer.some(({ route }) => route !== '')
  if (!federation['enabled'] || !isKnown) return null
  return new PeerService({
    host,
    federation,
    peers: peer,
    bars,
    streams,
    certificates: certificates.betweenServers,
    connect: overTcp,
    resolver: systemResolver(DNS_TIMEOUT),
    secret: host.secret('dialback').toString('hex'),
    admission,
    endOfTick,
  })
}

/** RFC 6761 6.3: every machine has its own. */
const isLoopback = (domain: string): boolean => domain === 'localhost' || domain.endsWith('.localhost')
