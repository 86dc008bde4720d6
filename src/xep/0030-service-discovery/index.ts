/**
 * XEP-0030: service discovery. The server answers for itself and on behalf of its accounts. Section 8 decides what strangers
 * learn: nothing that distinguishes an account from a missing one, and never who is online.
 */
import { section } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { DiscoBook, DiscoNode } from '../../server/routing/disco-book.ts'
import type { AccountRequest, Answer } from '../../server/routing/registry.ts'
import type { Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import {
  accountInfo,
  DISCO_INFO,
  DISCO_ITEMS,
  LIST_PAGE,
  listed,
  listedPage,
  nodeInfo,
  nodeItems,
  noItems,
  selfInfo,
  selfItems,
} from './info.ts'

export { DISCO_INFO, DISCO_ITEMS, LIST_PAGE, listed, listedPage, nodeInfo, nodeItems, noItems, selfInfo }

export const serviceDiscovery = defineFeature({
  name: 'service-discovery',
  specs: [xep(30, 'Service Discovery', '2.5.0'), xep(128, 'Service Discovery Extensions', '1.0.1')],
  settings: section({}),
  install(host) {
    const { disco } = host
    disco.server.identities.unshift({ category: 'server', type: 'im', name: host.software.name })
    disco.account.identities.unshift({ category: 'account', type: 'registered' })
    for (const features of [disco.server.features, disco.account.features, disco.serviceFeatures])
      features.push(DISCO_INFO, DISCO_ITEMS)
    const info = { type: 'get', ns: DISCO_INFO, name: 'query' } as const
    const items = { type: 'get', ns: DISCO_ITEMS, name: 'query' } as const
    host.iqToServer({ ...info, handle: ({ payload, from }) => infoOf(disco.server, payload, from) })
    host.iqToServer({ ...items, handle: ({ payload, domain, from }) => itemsOf(disco.server, payload, domain, from) })
    host.iqToServices({ ...info, handle: (request) => infoOf(request.disco, request.payload, request.from) })
    host.iqToServices({
      ...items,
      handle: ({ disco, payload, packet, from }) => itemsOf(disco, payload, packet.to!.domain, from),
    })
    host.iqToAccount({ ...info, access: 'subscribers', handle: (request) => infoOfAccount(host, request) })
    // Section 8 rule 2: a stranger gets the same answer as without an account: no items
    host.iqToAccount({ ...items, access: 'anyone', whenMissing: noItems, handle: (request) => itemsOfAccount(host, request) })
  },
})

function infoOf(book: DiscoBook, payload: Element, asker: Jid): Answer {
  const node = payload.attr('node')
  const other = node === undefined ? undefined : nodeFor(book, node, asker)
  if (other !== undefined) return nodeInfo(node!, other)
  if (node !== undefined && !book.aliases.some((isAlias) => isAlias(node))) throw new StanzaError('item-not-found')
  return selfInfo(book, node)
}

/** A node that is there for the asker. */
function nodeFor(book: DiscoBook, node: string, asker: Jid): DiscoNode | undefined {
  const found = book.nodes.get(node)
  return found?.isFor?.(asker) === false ? undefined : found
}

function itemsOf(book: DiscoBook, payload: Element, domain: string, asker: Jid): Answer {
  const node = payload.attr('node')
  if (node === undefined) return selfItems(book, domain)
  const other = nodeFor(book, node, asker)
  if (other === undefined) throw new StanzaError('item-not-found')
  return nodeItems(node, other, domain, asker)
}

async function nodeOfAccount({ disco }: Host, { account, from }: AccountRequest, node: string): Promise<Answer> {
  for (const nodes of disco.account.nodes) {
    const found = await nodes.info(account, from, node)
    if (found !== null) return nodeInfo(node, found)
  }
  throw new StanzaError('item-not-found')
}
function infoOfAccount(host: Host, request: AccountRequest): Answer | Promise<Answer> {
  const node = request.payload.attr('node')
  return node === undefined ? accountInfo(host.disco.account, request.account) : nodeOfAccount(host, request, node)
}

/** Connected resources could be listed for those who see the user's presence, but they know them from presence: DISCO-4. */
async function itemsOfAccount({ disco }: Host, { account, from, payload }: AccountRequest): Promise<Answer> {
  const node = payload.attr('node') ?? null
  const isTrusted = from.bare === account.bare.bare || account.roster.isSubscriber(from.bare)
  const found = await Promise.all(disco.account.nodes.map((nodes) => nodes.items(account, from, node)))
  const known = found.filter((some) => some !== null)
  if (isTrusted && node !== null && known.length === 0) throw new StanzaError('item-not-found')
  return listed(account.bare.bare, payload, known.flat())
}
