/**
 * XEP-0060: nodes at a domain of their own, one service for each domain of ours. The nodes are those of `src/pubsub/`; this is their
 * face for everybody: who may make them, who has subscribed, and what subscribers are told.
 */
import { Portions } from '../../base/portions.ts'
import { between, choice, count, flag, section, size, text, type Settings } from '../../base/settings.ts'
import { LIMITS, type Limits } from '../../pubsub/machine/commands.ts'
import { DEFAULTS } from '../../pubsub/machine/config.ts'
import type { Node } from '../../pubsub/machine/node.ts'
import type { Place } from '../../pubsub/nodes.ts'
import { Paces } from '../../pubsub/paces.ts'
import { Answering } from '../../pubsub/xmpp/answering.ts'
import { Bouncing } from '../../pubsub/xmpp/bouncing.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { CommandForms, COMMANDS } from '../0050-ad-hoc-commands/index.ts'
import { nodesOf } from '../0163-personal-eventing/index.ts'
import { FEATURES, MULTI_SUBSCRIBE } from './features.ts'
import { Notices } from './notices.ts'
import { ServedNodes } from './served-nodes.ts'
import { NodeService } from './node-service.ts'

const settings = section({
  'enabled': flag(true, 'Offer nodes of publish-subscribe at a domain below each domain of the server.'),
  'prefix': text('pubsub', 'The name of the service in front of the domain: "pubsub" makes pubsub.example.org.'),
  'create': choice(['local', 'everybody', 'nobody'], 'local', 'Who can make nodes: users of this server, everybody, or nobody.'),
  'nodes': count(10_000, between(1, 10_000_000), 'Nodes of one service. One more is refused with not-allowed.'),
  'nodes-of-one': count(
    100,
    between(1, 100_000),
    'Nodes that one user of this server, or one other domain, has made. One more is refused with not-allowed.',
  ),
  'items': count(1000, between(1, 100_000), 'Items of one node, if its owner wants as many as possible. The oldest go.'),
  'payload': size('64 KiB', between('1 KB', '1 MiB'), 'Size of one item. A larger one is refused with payload-too-big.'),
  'children': count(1000, between(1, 100_000), 'Nodes in one collection. One more is refused with not-allowed.'),
  'size': size(
    '10 MiB',
    between('64 KiB', '1 GiB'),
    'Size of all nodes that one user of this server, or one other domain, has made, with their items and affiliations. More is refused with resource-constraint.',
  ),
  'publications': count(
    60,
    between(1, 100_000),
    'Items that one user of this server, or one other domain, can publish in a minute. More get policy-violation.',
  ),
  'subscriptions': count(
    10_000,
    between(1, 1_000_000),
    'Subscriptions of one node, a tenth of them from one other domain. One more is refused.',
  ),
  'subscriptions-of-one': count(200, between(1, 100_000), 'Subscriptions of one person. One more is refused.'),
  'multi-subscribe': flag(false, 'Whether an address can have several subscriptions at one node, each with its own options.'),
  'affiliations': count(5000, between(1, 1_000_000), 'People who have an affiliation with one node. One more is refused.'),
})

export type { ServedNodes } from './served-nodes.ts'
const served = new WeakMap<Host, ServedNodes>()
/** Null: this server has no service with nodes. */
export const servedNodesOf = (host: Host): ServedNodes | null => served.get(host) ?? null

export const publishSubscribe = defineFeature({
  name: 'publish-subscribe',
  specs: [
    xep(60, 'Publish-Subscribe', '1.30.0', 'complete', 'for accounts see XEP-0163'),
    xep(248, 'PubSub Collection Nodes', '0.5.0'),
  ],
  needs: ['service-discovery', 'ad-hoc-commands', 'personal-eventing'],
  settings,
  services: ({ enabled, prefix }) => (enabled ? [prefix] : []),
  install(host, config) {
    const domains = host.domains
      .map((domain) => `${config.prefix}.${domain}`)
      .filter((one) => !host.componentDomains.includes(one))
    if (config.enabled && domains.length > 0) serve(host, domains, config)
  },
})
type Config = Settings<typeof settings>

function serve(host: Host, domains: readonly string[], config: Config): void {
  const { clock, log, metrics, router } = host
  const nodes = nodesOf(host)
  served.set(host, new ServedNodes(nodes, domains))
  const isLocal = (bare: string): boolean => host.domains.includes(domainOf(bare))
  const limits = limitsIn(config)
  const place: Place = { limits, paces: new Paces(config.publications) }
  const failed = (error: unknown): void => log.error({ err: error }, 'Subscribers of a node could not be told of a change')
  const notices = new Notices({
    nodes,
    failed,
    portions: new Portions(clock, failed),
    isOurs: (owner) => domains.includes(owner),
    nextId: () => host.requestId(),
    send: (packet) => router.routeQuietly(packet),
    sent: metrics.counter('porchlight_pubsub_sent_total', 'Messages that services of pubsub have sent to subscribers'),
  })
  nodes.faces.push(notices)
  const bouncing = new Bouncing(nodes, clock)
  const answering = new Answering(nodes, host.entropy, limits)
  const mayCreate = (bare: string): boolean => config.create === 'everybody' || (config.create === 'local' && isLocal(bare))
  const usual = { ...DEFAULTS, max_payload_size: config.payload, max_items: Math.min(DEFAULTS.max_items as number, config.items) }
  const ask = (node: Node, to: Jid): void => notices.askAll(node, to)
  for (const domain of domains) {
    nodes.serve(domain, place)
    const own = new NodeService({
      domain,
      nodes,
      answering,
      bouncing,
      mayCreate,
      defaults: usual,
      forms: new CommandForms(host.entropy),
      ask,
    })
    const service = host.service({
      domain,
      identity: { category: 'pubsub', type: 'service', name: 'Nodes' },
      stanza: (packet) => own.take(packet),
    })
    service.disco.features.push(...FEATURES, COMMANDS, ...(config['multi-subscribe'] ? [MULTI_SUBSCRIBE] : []))
    own.install(service)
  }
  metrics.gauge('porchlight_pubsub_nodes', 'Nodes of services of pubsub', () =>
    domains.reduce((sum, domain) => sum + nodes.index.countOf(domain), 0),
  )
}
const domainOf = (bare: string): string => bare.slice(bare.indexOf('@') + 1)

const limitsIn = (config: Config): Limits => ({
  ...LIMITS,
  // What depends on the owner's roster is for accounts (decision 35)
  accessModels: ['open', 'authorize', 'whitelist'],
  childrenMax: config.children,
  itemsMax: config.items,
  payloadMax: config.payload,
  nodesMax: config['nodes-of-one'],
  nodesInAllMax: config.nodes,
  octetsMax: config.size,
  subscriptionsMax: config.subscriptions,
  severalSubscriptions: config['multi-subscribe'],
  subscriptionsOfOneMax: config['subscriptions-of-one'],
  affiliationsMax: config.affiliations,
})
