/**
 * XEP-0163: each account is a service of pubsub for its contacts. The nodes are those of `src/pubsub/`; this is their face for
 * accounts: who may ask, who hears of what, and when.
 */
import { between, count, flag, list, section, size, type Settings } from '../../base/settings.ts'
import { LIMITS, type Limits } from '../../pubsub/machine/commands.ts'
import type { NodeConfig } from '../../pubsub/machine/config.ts'
import { Nodes } from '../../pubsub/nodes.ts'
import { Paces } from '../../pubsub/paces.ts'
import { NodeStore } from '../../pubsub/store.ts'
import { NodeListing } from '../../pubsub/store-listing.ts'
import { Answering } from '../../pubsub/xmpp/answering.ts'
import { Bouncing } from '../../pubsub/xmpp/bouncing.ts'
import { PUBSUB, PUBSUB_OWNER } from '../../pubsub/xmpp/ns.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { CommandForms, COMMANDS } from '../0050-ad-hoc-commands/index.ts'
import { capsOf } from '../0115-entity-capabilities/index.ts'
import { AccountsOf } from './accounts-of.ts'
import { Approvals } from './approvals.ts'
import { arrivals } from './arrivals.ts'
import { Bounced } from './bounced.ts'
import { clearWhenGone } from './clearing.ts'
import { DirectSenders } from './direct-senders.ts'
import { NodesInDisco } from './disco.ts'
import { FEATURES } from './features.ts'
import { Interests } from './interests.ts'
import { defaultsOf, isBundleOfOld } from './known-nodes.ts'
import { Notices } from './notices.ts'
import { Offers } from './offers.ts'
import { Pep } from './pep.ts'
import { Porting } from './porting.ts'
import { Receivers } from './receivers.ts'
import { Requests } from './requests.ts'
import { Texts } from './texts.ts'
import { UnderWay } from './under-way.ts'
import { Watching } from './watching.ts'
import { wantContacts } from './wanting.ts'

export type { Pep } from './pep.ts'
export type { Porting, PortableItem, PortableNode } from './porting.ts'

const settings = section({
  'nodes': count(200, between(1, 100_000), 'Nodes of one account. One more is refused with not-allowed.'),
  'items': count(1000, between(1, 100_000), 'Items of one node, if its owner wants as many as possible. The oldest go.'),
  'payload': size('64 KiB', between('1 KB', '1 MiB'), 'Size of one item. A larger one is refused with payload-too-big.'),
  'avatar': size('256 KiB', between('1 KB', '1 MiB'), 'Size of the picture of a user as an item. A larger one is refused.'),
  'size': size(
    '10 MiB',
    between('64 KiB', '1 GiB'),
    'Size of all nodes of one account, with their items and affiliations. More is refused with resource-constraint.',
  ),
  'publications': count(
    60,
    between(1, 100_000),
    'Items that one user of this server, or one other domain, can publish in a minute. More get policy-violation.',
  ),
  'flighty-publications': count(
    6,
    between(1, 10_000),
    'Items that one user can publish in a minute to a node of activities or tunes. More get policy-violation.',
  ),
  'subscriptions': count(
    10_000,
    between(1, 1_000_000),
    'Subscriptions of one node, a tenth of them from one other domain. One more is refused.',
  ),
  'subscriptions-of-one': count(200, between(1, 100_000), 'Subscriptions of one person. One more is refused.'),
  'affiliations': count(5000, between(1, 1_000_000), 'People who have an affiliation with one node. One more is refused.'),
  'reply-to': flag(
    false,
    'Whether events tell the full address of the client that has published, to contacts who see its presence (XEP-0163 4.3.1).',
  ),
  'clear': list(
    [],
    'Nodes whose item is replaced by an empty one when the client that has published it goes offline: their names, or "activity", "geoloc", "mood", "tune".',
  ),
  'memory': size(
    '64 MiB',
    between('1 MB', '64 GiB'),
    'Memory for nodes in use, of accounts and of services. Beyond it, those unused for longest are read again when needed.',
  ),
})
/** Nodes that a client makes for each device and that do not count. */
const BUNDLES_MAX = 100

const faces = new WeakMap<Host, { readonly nodes: Nodes; readonly pep: Pep; readonly porting: Porting }>()
/** The nodes of accounts, for features that need 'personal-eventing'. */
export const pepOf = (host: Host): Pep => faces.get(host)!.pep
/** All nodes of this server, for the services that have some. */
export const nodesOf = (host: Host): Nodes => faces.get(host)!.nodes
/** The same for those who bring accounts here or take them away. */
export const portingOf = (host: Host): Porting => faces.get(host)!.porting

export const personalEventing = defineFeature({
  name: 'personal-eventing',
  specs: [
    xep(163, 'Personal Eventing Protocol', '1.2.2'),
    xep(222, 'Persistent Storage of Public Data via PubSub', '1.0.1'),
    xep(223, 'Persistent Storage of Private Data via PubSub', '1.1.1'),
    xep(384, 'OMEMO Encryption', '0.9.0', 'complete', 'its nodes, for clients'),
  ],
  needs: ['service-discovery', 'ad-hoc-commands', 'entity-capabilities'],
  settings,
  async install(host, settings) {
    const { clock, entropy, log } = host
    const store = await NodeStore.open(host.database)
    const limits = limitsIn(settings)
    const paces = new Paces(settings.publications)
    const nodes = new Nodes({
      clock,
      entropy,
      log,
      store,
      listing: new NodeListing(host.database),
      accounts: { limits, paces },
      isBeside: isBundleOfOld,
      besideMax: BUNDLES_MAX,
      isLocal: (bare) => host.domains.includes(bare.slice(bare.indexOf('@') + 1)),
      octetsMax: settings.memory,
    })
    await nodes.start()
    const usual = (name: string): NodeConfig => defaultsOf(name, settings.payload, settings.avatar)
    const porting = new Porting({ clock, entropy, nodes, store, limits, defaultsOf: usual })
    faces.set(host, { nodes, pep: new Pep(nodes, usual, limits.itemsMax), porting })
    answer(
      host,
      new Requests({
        clock,
        nodes,
        answering: new Answering(nodes, entropy, limits),
        isVeiled: (domain) => host.router.kindOf(domain) === 'service',
        defaultsOf: usual,
        flightyMax: settings['flighty-publications'],
      }),
    )
    tell(host, nodes, settings['reply-to'])
    clearWhenGone(host, nodes, settings.clear)
    for (const change of ['account-created', 'account-deleted'] as const)
      host.on(change, ({ jid }) => forget(host, nodes, jid.bare))
    host.metrics.gauge('porchlight_pubsub_owners', 'Accounts that have nodes', () => nodes.index.size)
    host.metrics.gauge(
      'porchlight_pubsub_octets',
      'Memory that the nodes in use take up, of accounts and of services, in octets',
      () => nodes.octets,
    )
  },
})

const limitsIn = (given: Settings<typeof settings>): Limits => ({
  ...LIMITS,
  itemsMax: given.items,
  payloadMax: Math.max(given.payload, given.avatar),
  nodesMax: given.nodes,
  octetsMax: given.size,
  subscriptionsMax: given.subscriptions,
  subscriptionsOfOneMax: given['subscriptions-of-one'],
  affiliationsMax: given.affiliations,
})

function answer(host: Host, requests: Requests): void {
  for (const ns of [PUBSUB, PUBSUB_OWNER])
    for (const type of ['get', 'set'] as const)
      host.iqToAccount({
        type,
        ns,
        name: 'pubsub',
        access: 'anyone',
        refusal: 'item-not-found',
        handle: (request) => requests.answer(request),
      })
  const { account } = host.disco
  account.identities.push({ category: 'pubsub', type: 'pep' })
  account.features.push(...FEATURES)
}

function tell(host: Host, nodes: Nodes, tellsReplyTo: boolean): void {
  const caps = capsOf(host)
  const accounts = new AccountsOf(host)
  const interests = new Interests(host, caps)
  const bounced = new Bounced()
  const directSenders = new DirectSenders(host)
  const underWay = new UnderWay()
  const texts = new Texts(() => host.requestId(), tellsReplyTo)
  const receivers = new Receivers({ router: host.router, heard: host.heard, interests, directSenders, bounced, underWay })
  const approvals = new Approvals(nodes, texts, accounts, new CommandForms(host.entropy))
  host.iqToAccount({
    type: 'set',
    ns: COMMANDS,
    name: 'command',
    access: 'owner',
    handle: (request) => approvals.answer(request),
  })
  const offers = new Offers({ host, nodes, accounts, interests, texts, bounced, underWay })
  nodes.faces.push(
    new Notices({ host, nodes, accounts, interests, receivers, offers, texts, approvals }),
    wantContacts(host, nodes),
  )
  new Watching({ host, caps, nodes, accounts, interests, offers, receivers, bounced, approvals })
  const bouncing = new Bouncing(nodes, host.clock)
  const hasNodes = host.toAccount('eventing', arrivals({ accounts, directSenders, offers, bounced, bouncing, approvals }), {
    kinds: ['message', 'presence'],
    isFor: ({ bare }) => nodes.index.has(bare.bare),
  })
  nodes.faces.push({ happened: ({ origin: { owner } }) => accounts.inMemory(storedJid(owner), hasNodes) })
  host.disco.account.nodes.push(new NodesInDisco(nodes))
}

function forget({ log, router }: Host, nodes: Nodes, bare: string): void {
  const failed = (error: unknown): void => log.error({ err: error }, 'The nodes of a deleted account could not be removed')
  router.busyWith(nodes.forget(bare).catch(failed))
}
