/** XEP-0030 section 3: makes the answers about the server, its services and its accounts from their books. */
import type { LocalAccount } from '../../server/account/session.ts'
import type { AccountDiscoBook, DiscoBook, DiscoNode, Identity, ListedNode } from '../../server/routing/disco-book.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { el, type Element } from '../../xml/element.ts'
import { pageElement, pageOf, readPageAsk, RSM, type Page } from '../../xmpp/result-set.ts'

export const DISCO_INFO = 'http://jabber.org/protocol/disco#info'
export const DISCO_ITEMS = 'http://jabber.org/protocol/disco#items'

/** The same for all senders (section 6.3). */
export function selfInfo(book: DiscoBook, node?: string): Element {
  const forms = book.forms.map((form) => form())
  return info(node, book.identities, [...book.commonFeatures, ...book.features], forms)
}

/** DISCO-3: "account/registered" comes first. */
export function accountInfo(book: AccountDiscoBook, account: LocalAccount): Element {
  const features = [...book.features, ...book.featuresOf.flatMap((of) => of(account))]
  return info(undefined, book.identities, features, [])
}

/** Section 4.1: the items of this domain of ours. */
export function selfItems(book: DiscoBook, domain: string): Element {
  const here = book.items.filter(({ at, isThere }) => (at === null || at === domain) && isThere())
  return el('query', DISCO_ITEMS, {}, ...here.map(({ jid, name }) => el('item', DISCO_ITEMS, { jid, name: name ?? undefined })))
}

/** Section 3.2: about something that has a node. */
export const nodeInfo = (node: string, { identities, features, forms = [] }: DiscoNode): Element =>
  info(node, identities, features, forms)
/** @param domain of the items */
export function nodeItems(node: string, { items }: DiscoNode, domain: string, asker: Jid): Element {
  const there = items.filter(({ isFor = () => true }) => isFor(asker))
  return el(
    'query',
    DISCO_ITEMS,
    { node },
    ...there.map(({ node, name }) => el('item', DISCO_ITEMS, { jid: domain, node, name })),
  )
}

/** Nodes of an account, or what is in one, page by page (XEP-0059). */
export function listed(jid: string, query: Element, all: readonly ListedNode[]): Element {
  if (all.length === 0) return noItems(query)
  const { items, page } = pageOf(all, readPageAsk(query), ({ node, name }) => node ?? name ?? '', LIST_PAGE)
  return listedPage(jid, query, items, page)
}
/** A page of such a list. */
export function listedPage(jid: string, query: Element, items: readonly ListedNode[], page: Page): Element {
  const list = items.map(({ node, name }) => el('item', DISCO_ITEMS, { jid, node: node ?? undefined, name: name ?? undefined }))
  const isWhole = items.length === page.count && query.child('set', RSM) === undefined
  return el('query', DISCO_ITEMS, { node: query.attr('node') }, ...list, ...(isWhole ? [] : [pageElement(page)]))
}
export const LIST_PAGE = 100

/** Section 3.2: the answer has the node of the question. */
export const noItems = (query: Element): Element => el('query', DISCO_ITEMS, { node: query.attr('node') })

function info(
  node: string | undefined,
  identities: readonly Identity[],
  features: readonly string[],
  forms: readonly Element[],
): Element {
  return el(
    'query',
    DISCO_INFO,
    { node },
    ...identities.map(({ category, type, name }) => el('identity', DISCO_INFO, { category, type, name })),
    ...[...new Set(features)].map((feature) => el('feature', DISCO_INFO, { var: feature })), // 3.1: no feature twice
    ...forms,
  )
}
