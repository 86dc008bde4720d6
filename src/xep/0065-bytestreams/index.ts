/** XEP-0065: a proxy for bytestreams, for two clients that cannot connect to each other. Each connects to it by SOCKS5. */
import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { between, count, duration, flag, list, section, size, text, zeroOr, type Settings } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Answer, ServiceRequest } from '../../server/routing/registry.ts'
import { holderOf } from '../../server/routing/strangers.ts'
import { el } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { Proxy } from './proxy.ts'

export type { Proxy } from './proxy.ts'

const BYTESTREAMS = 'http://jabber.org/protocol/bytestreams'

const settings = section({
  'enabled': flag(
    true,
    'Offer a proxy for file transfers at a domain below each domain of the server, if [listen] bytestreams has an address.',
  ),
  'prefix': text('proxy', 'The name of the service in front of the domain: "proxy" makes proxy.example.org.'),
  'host': text('', 'The name or IP address at which clients reach the port. Empty: the domain of the user.'),
  'port': count(
    0,
    zeroOr(1, 65_535),
    'The port at which clients reach it, if that is not the one of [listen] bytestreams. 0: it is.',
  ),
  'domains': list([], 'Other domains whose users may use the proxy. All others are refused with forbidden.'),
  'streams': count(
    100,
    between(1, 100_000),
    'Transfers at a time. One user of this server, or one other domain with all domains of the same certificate or address, has at most half of those that others do not use. One more is refused with resource-constraint. Beyond twice as many waiting connections the oldest is closed of the address that has the most.',
  ),
  'wait': duration(
    '60 seconds',
    between('1 s', '10 minutes'),
    'How long a connection may wait for the other party and for the activation. Then it is closed.',
  ),
  'idle': duration('5 minutes', between('1 s', '1 day'), 'How long nothing may pass through a transfer. Then it is closed.'),
  'stream-size': size('1 GiB', zeroOr('1 MiB', '1024 GiB'), 'Octets of one transfer. One more closes it. "0 B": no limit.'),
  'bytes-per-second': size(
    '8 MiB',
    zeroOr('16 KiB', '16 GiB'),
    'Octets that all transfers together pass on in a second. Then they wait. "0 B": no limit.',
  ),
})

const proxies = new WeakMap<Host, Proxy>()
/** The proxy of this server, to which its port hands connections; null if it has none. */
export const proxyOf = (host: Host): Proxy | null => proxies.get(host) ?? null

export const bytestreams = defineFeature({
  name: 'bytestreams',
  specs: [xep(65, 'SOCKS5 Bytestreams', '1.8.2', 'complete', 'the proxy, for TCP')],
  settings,
  /** Users of this server reach it without a certificate of its own. */
  services: ({ enabled, prefix, domains }) => (enabled && domains.length > 0 ? [prefix] : []),
  install(host, config) {
    if (!config.enabled) return
    const limits = {
      streamsMax: config.streams,
      waitMs: config.wait,
      idleMs: config.idle,
      octetsMax: config['stream-size'],
      octetsPerSecond: config['bytes-per-second'],
    }
    const proxy = new Proxy({ limits, clock: host.clock, metrics: host.metrics })
    proxies.set(host, proxy)
    for (const domain of host.domains) serve(host, domain, proxy, config)
  },
})

function serve(host: Host, home: string, proxy: Proxy, config: Settings<typeof settings>): void {
  const domain = `${config.prefix}.${home}`
  if (host.componentDomains.includes(domain)) return
  const service = host.service({
    domain,
    identity: { category: 'proxy', type: 'bytestreams', name: 'File transfer proxy' },
    isListed: () => proxy.port !== null,
    stanza({ kind, type }) {
      if (kind !== 'presence' && type !== 'error') throw new StanzaError('service-unavailable')
    },
  })
  service.disco.features.push(BYTESTREAMS)
  /** S5B-20 @throws StanzaError */
  const admit = ({ domain: asking }: Jid): number => {
    if (host.router.kindOf(asking) !== 'accounts' && !config.domains.includes(asking)) throw new StanzaError('forbidden')
    if (proxy.port === null) throw new StanzaError('not-allowed')
    return config.port === 0 ? proxy.port : config.port
  }
  service.iq({
    type: 'get',
    ns: BYTESTREAMS,
    name: 'query',
    handle: ({ from }) => {
      const port = String(admit(from))
      const streamhost = el('streamhost', BYTESTREAMS, { jid: domain, host: hostName(config.host || home), port })
      return el('query', BYTESTREAMS, {}, streamhost)
    },
  })
  service.iq({
    type: 'set',
    ns: BYTESTREAMS,
    name: 'query',
    handle: (request) => (admit(request.from), activate(proxy, request, holderOf(host.router, host.parties, request.from))),
  })
}

/** S5B-22 @throws StanzaError */
function activate(proxy: Proxy, { from, payload }: ServiceRequest, holder: string): Answer {
  const sid = payload.attr('sid')
  const target = payload.child('activate')?.text.trim()
  if (sid === undefined || target === undefined) throw new StanzaError('bad-request')
  // As the parties wrote it: if they met in a room it is the address of an occupant (7).
  const hash = createHash('sha1').update(`${sid}${from.full}${target}`).digest('hex')
  switch (proxy.activate(hash, holder)) {
    case 'activated':
      return null
    case 'unknown':
      throw new StanzaError('item-not-found')
    case 'half':
      throw new StanzaError('not-allowed')
    case 'full':
      throw new StanzaError('resource-constraint', { text: 'Too many transfers' })
  }
}

/** As clients look it up: A-labels, and an IPv6 address in the form of RFC 5952. */
function hostName(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '')
  if (isIPv6(bare)) return URL.parse(`http://[${bare}]`)!.hostname.replace(/^\[|\]$/g, '')
  return domainToASCII(host) || host
}
