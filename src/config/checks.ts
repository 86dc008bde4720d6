/** Checks that the kinds of options cannot express: meaningful values, and options that depend on each other. */
import { addressOf, isPrivate } from '../net/address.ts'
import { targetOf } from '../net/dns.ts'
import { isHostName } from '../net/http-host.ts'
import { isNetwork } from '../net/http-peer.ts'
import { isOrigin } from '../net/origins.ts'
import { SCRAM_AND_EXTERNAL } from '../sasl/settings.ts'
import { WINDOW_OCTETS } from '../xep/0198-stream-management/index.ts'
import { domainPattern } from '../xmpp/domain-pattern.ts'
import { addressOrNull, JidError, prepareDomain } from '../xmpp/jid.ts'
import type { Complaint } from './complaint.ts'
import { nthSection } from './lines.ts'
import { addresses } from './listening.ts'
import { contradictions } from './relations.ts'
import type { Config } from './sections.ts'
import { remedyFor } from './suggestion.ts'

/** The mistakes with which the server cannot start. */
export function complaintsAbout(config: Config): readonly Complaint[] {
  return [
    ...domains(config),
    ...addresses(config),
    ...certificates(config),
    ...mechanisms(config),
    ...contradictions(config),
    ...outputQueue(config),
    ...components(config),
    ...peers(config),
    ...web(config),
    ...monitoringHosts(config),
    ...labels(config),
    ...administrators(config),
  ]
}

function* domains({ server }: Config): Iterable<Complaint> {
  if (server.domains.length === 0) {
    yield {
      section: 'server',
      option: 'domains',
      what: 'the server has no domain',
      remedy: 'Name at least one, such as ["example.org"].',
    }
  }
  if (server['data-directory'].trim() === '')
    yield { section: 'server', option: 'data-directory', what: 'it is empty', remedy: 'Write a path such as "data".' }
  for (const [i, domain] of server.domains.entries()) {
    const reason = reasonAgainst(domain)
    if (reason === null && server.domains.slice(0, i).some((other) => reasonAgainst(other) === null && same(other, domain)))
      yield { section: 'server', option: 'domains', what: `"${domain}" is there twice`, remedy: 'Name it once.' }
    if (reason !== null)
      yield {
        section: 'server',
        option: 'domains',
        what: `"${domain}" cannot be a domain (${reason})`,
        remedy: 'Write a domain name such as "example.org".',
      }
  }
}

const same = (one: string, other: string): boolean => prepareDomain(one) === prepareDomain(other)

function reasonAgainst(domain: string, prepare = prepareDomain): string | null {
  try {
    prepare(domain)
    return null
  } catch (error) {
    if (error instanceof JidError) return error.message
    throw error
  }
}

function* certificates({ tls }: Config): Iterable<Complaint> {
  const [certificates, keys] = [tls.certificate.length, tls.key.length]
  if (certificates === keys) return
  yield {
    section: 'tls',
    option: certificates > keys ? 'certificate' : 'key',
    what: `there are ${certificates} certificates and ${keys} keys`,
    remedy: 'Name one key for each certificate, in the same order.',
  }
}

function* mechanisms({ sasl, tls }: Config): Iterable<Complaint> {
  for (const name of sasl.mechanisms) {
    if (SCRAM_AND_EXTERNAL.includes(name)) continue
    const remedy = name === 'PLAIN' ? 'Write plain = true instead.' : remedyFor(name, SCRAM_AND_EXTERNAL)
    yield { section: 'sasl', option: 'mechanisms', what: `the server has no mechanism "${name}"`, remedy }
  }
  if (sasl.mechanisms.length === 0 && !sasl.plain) {
    yield {
      section: 'sasl',
      option: 'mechanisms',
      what: 'nobody could log in',
      remedy: 'Leave the option out, or name a mechanism.',
    }
  }
  if (
    !sasl.plain &&
    sasl.mechanisms.length > 0 &&
    tls['client-authorities'] === '' &&
    sasl.mechanisms.every((m) => m === 'EXTERNAL')
  )
    yield {
      section: 'sasl',
      option: 'mechanisms',
      what: 'nobody could log in: EXTERNAL needs client certificates, and clients are asked for none',
      remedy: 'Name their authorities in section [tls], option client-authorities, or another mechanism here.',
    }
  if (sasl['plain-without-tls'] && !sasl.plain) {
    yield {
      section: 'sasl',
      option: 'plain-without-tls',
      what: 'it has no effect without plain',
      remedy: 'Write plain = true as well, or leave both out.',
    }
  }
}

function* outputQueue({ streams }: Config): Iterable<Complaint> {
  if (streams['output-queue'] < WINDOW_OCTETS + streams['stanza-size'])
    yield {
      section: 'streams',
      option: 'output-queue',
      what: 'a client that resumes its session can be sent more at once',
      remedy: `Write "${Math.ceil((WINDOW_OCTETS + streams['stanza-size']) / 1024)} KiB" or more.`,
    }
}

/** XEP-0114: nothing is encrypted, and any program that knows the secret speaks for the whole domain. */
function* components({ component, server, listen }: Config): Iterable<Complaint> {
  const taken = new Set(server.domains.map((d) => d.toLowerCase()))
  for (const [i, { domain, secret }] of component.entries()) {
    const section = nthSection('component', i + 1)
    const reason = domain === '' ? 'it is missing' : reasonAgainst(domain)
    if (reason !== null)
      yield {
        section,
        option: 'domain',
        what: `"${domain}" cannot be a domain (${reason})`,
        remedy: 'Write a domain name such as "gateway.example.org".',
      }
    else if (taken.has(prepareDomain(domain)))
      yield {
        section,
        option: 'domain',
        what: `"${domain}" is served already`,
        remedy: 'Name a domain that neither [server] domains nor another component has.',
      }
    else taken.add(prepareDomain(domain))
    if (secret === '')
      yield {
        section,
        option: 'secret',
        what: 'the component has no secret',
        remedy: 'Write "file:PATH" with the path of a file that holds a long random text.',
      }
  }
  if (component.length > 0 && listen.components.length === 0) {
    yield {
      section: 'listen',
      option: 'components',
      what: 'there is a [[component]] and no address at which it could connect',
      remedy: 'Write "127.0.0.1:5347", or leave the option out.',
    }
  }
  for (const text of listen.components) {
    const address = addressOf(text)
    if (address === null || isPrivate(address.host)) continue
    yield {
      section: 'listen',
      option: 'components',
      what: `"${text}" can be reached from other machines, and components do not encrypt`,
      remedy: 'Write "127.0.0.1:5347", or the address of this machine in its own private network.',
    }
  }
}

function* peers({ peer, server, component }: Config): Iterable<Complaint> {
  const taken = new Set<string>()
  const ours = new Set([...server.domains, ...component.map((c) => c.domain)].map((d) => d.toLowerCase()))
  for (const [i, { domain, route }] of peer.entries()) {
    const section = nthSection('peer', i + 1)
    const reason = domain === '' ? 'it is missing' : reasonAgainst(domain, domainPattern)
    if (reason !== null)
      yield {
        section,
        option: 'domain',
        what: `"${domain}" cannot be a domain (${reason})`,
        remedy: 'Write a domain name such as "example.org", or "*.example.org" for all below it.',
      }
    else if (ours.has(domainPattern(domain)))
      yield { section, option: 'domain', what: `"${domain}" is served here`, remedy: 'Name a domain of another server.' }
    else if (taken.has(domainPattern(domain)))
      yield { section, option: 'domain', what: `there is another section for "${domain}"`, remedy: 'Make one of the two.' }
    else taken.add(domainPattern(domain))
    if (route === '' || targetOf(route) !== null) continue
    yield {
      section,
      option: 'route',
      what: `"${route}" is not an address and a port`,
      remedy: 'Write one such as "192.0.2.1:5269", or "tls://192.0.2.1:5270".',
    }
  }
}

function* web({ web: { origins, 'trusted-proxies': proxies, 'see-other-uri': elsewhere } }: Config): Iterable<Complaint> {
  const complaint = (option: string, what: string, remedy: string): Complaint => ({ section: 'web', option, what, remedy })
  for (const text of origins)
    if (text !== '*' && !isOrigin(text))
      yield complaint('origins', `"${text}" is not a web origin`, 'Write one such as "https://chat.example.org", or "*" for any.')
  for (const text of proxies)
    if (!isNetwork(text))
      yield complaint(
        'trusted-proxies',
        `"${text}" is no address`,
        'Write one such as "10.1.2.3", or a network such as "10.0.0.0/8".',
      )
  // RFC 7395 3.6.1: a client does not follow a redirection to a less secure endpoint.
  if (elsewhere !== '' && !/^(wss|https):\/\/[^\s]+$/.test(elsewhere))
    yield complaint(
      'see-other-uri',
      `"${elsewhere}" is no secure endpoint`,
      'Write one such as "wss://other.example.org/xmpp-websocket".',
    )
}

function* monitoringHosts({ admin }: Config): Iterable<Complaint> {
  for (const text of admin['monitoring-hosts'])
    if (!isHostName(text))
      yield {
        section: 'admin',
        option: 'monitoring-hosts',
        what: `"${text}" is not the name of a host`,
        remedy:
          'Write one such as "metrics.example.org", without "https://", port or path, and not in other letters than a to z.',
      }
}

/** XEP-0133: nobody but users of this server can administer it. */
function* administrators({ server, features }: Config): Iterable<Complaint> {
  const options = features['service-administration'] as Readonly<Record<'admins' | 'viewers', readonly string[]>>
  const ours = new Set(server.domains.filter((domain) => reasonAgainst(domain) === null).map((domain) => prepareDomain(domain)))
  for (const option of ['admins', 'viewers'] as const)
    for (const text of options[option]) {
      const address = addressOrNull(text)
      const isAccount = address !== null && address.local !== '' && address.resource === ''
      if (isAccount && ours.has(address.domain)) continue
      const what = isAccount ? `"${text}" is at no domain of this server` : `"${text}" is not the address of an account`
      yield { section: 'service-administration', option, what, remedy: `Write one such as "admin@${server.domains[0]}".` }
    }
}

/** What the API for Matrix clients carries is not judged by labels. */
function* labels({ features }: Config): Iterable<Complaint> {
  const { policy } = features['security-labels'] as { readonly policy: string }
  const { enabled } = features['matrix'] as { readonly enabled: boolean }
  if (policy !== '' && enabled)
    yield {
      section: 'security-labels',
      option: 'policy',
      what: 'Matrix clients neither send nor show security labels, so messages could pass them by',
      remedy: 'Write enabled = false in section [matrix], or leave the policy out.',
    }
}
