/**
 * Which server is trusted to be the server of a domain (SEC-6): the rule for each domain, and whether a certificate is valid
 * for it (RFC 6120 13.7.1.2, RFC 6125 6.4, RFC 4985). A common name does not count (RFC 9525 2).
 */
import { isIP } from 'node:net'
import { asciiDomain } from '../../net/address.ts'
import { targetOf, type Target } from '../../net/dns.ts'
import { certificateNames, covers, type CertificateNames } from '../../net/certificate-names.ts'
import { domainPattern, nearestPattern } from '../../xmpp/domain-pattern.ts'
import { domainIn } from '../../xmpp/jid.ts'
import type { PeerSettings, Trust } from './settings.ts'

/** The lists of the operator. */
export interface Bars {
  /** No stanzas in either direction, whatever the configuration says. */
  bars(domain: string): boolean
}

/** The rules for other domains: those of the configuration, and the lists of the operator. */
export class Peers {
  readonly #byDomain = new Map<string, Rule>()
  readonly #otherwise: Rule
  readonly #bars: Bars

  constructor(trust: Trust, all: readonly PeerSettings[], bars: Bars) {
    this.#bars = bars
    this.#otherwise = { trust, route: null }
    for (const peer of all)
      this.#byDomain.set(domainPattern(peer.domain), {
        trust: peer.trust === 'inherit' ? trust : peer.trust,
        route: peer.route === '' ? null : targetOf(peer.route),
      })
  }
  /** The rule for the domain itself, or for the nearest domain above it. */
  trust(domain: string): Trust {
    return this.#bars.bars(domain) ? 'deny' : this.#find(domain).trust
  }
  /** Null if DNS says where its servers are. */
  route(domain: string): Target | null {
    return this.#find(domain).route
  }

  #find(domain: string): Rule {
    return nearestPattern(domain, (pattern) => this.#byDomain.get(pattern)) ?? this.#otherwise
  }
}

interface Rule {
  readonly trust: Trust
  readonly route: Target | null
}

/** The certificate of a peer whose chain is valid. */
export interface PeerCertificate {
  readonly names: CertificateNames
  readonly expiresAt: number
  readonly fingerprint: string
}

export const peerCertificate = (certificate: {
  readonly raw: Buffer
  readonly validTo: string
  readonly fingerprint256: string
}): PeerCertificate => ({
  names: certificateNames(certificate.raw),
  expiresAt: Date.parse(certificate.validTo),
  fingerprint: certificate.fingerprint256,
})

/** Is the certificate valid for the XMPP server of that (prepared) domain? */
export function speaksFor({ dnsNames, srvNames, xmppAddrs }: CertificateNames, domain: string): boolean {
  const ascii = asciiDomain(domain).toLowerCase()
  if (isIP(ascii) === 0 && (dnsNames.some((name) => covers(name, ascii)) || srvNames.includes(`_xmpp-server.${ascii}`)))
    return true
  return xmppAddrs.some((address) => domainIn(address) === domain)
}
