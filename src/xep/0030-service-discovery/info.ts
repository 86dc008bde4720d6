/** XEP-0030 section 3: what the server says of itself and of its accounts, as elements, out of the DiscoBook. */
import type { LocalAccount } from '../../server/account/session.ts'
import type { DiscoBook, Identity, ServerNode } from '../../server/routing/disco-book.ts'
import { el, type Element } from '../../xml/element.ts'

export const DISCO_INFO = 'http://jabber.org/protocol/disco#info'
export const DISCO_ITEMS = 'http://jabber.org/protocol/disco#items'

/** The same for everybody who asks (section 6.3). */
export function serverInfo(book: DiscoBook, node?: string): Element {
  const forms = book.serverForms.map((form) => form())
  return info(node, book.serverIdentities, book.serverFeatures, forms)
}

/** DISCO-3: "account/registered" comes first. */
export function accountInfo(book: DiscoBook, account: LocalAccount): Element {
  const features = [...book.accountFeatures, ...book.accountFeaturesOf.flatMap((of) => of(account))]
  return info(undefined, book.accountIdentities, features, [])
}

/** Section 4.1: the services that belong to this domain of ours. */
export function serverItems(book: DiscoBook, domain: string): Element {
  const here = book.serverItems.filter(({ at, isThere }) => (at === null || at === domain) && isThere())
  return el('query', DISCO_ITEMS, {}, ...here.map(({ jid, name }) => el('item', DISCO_ITEMS, { jid, name: name ?? undefined })))
}

/** Section 3.2, of something that has a node of the server. */
export const nodeInfo = (node: string, { identities, features }: ServerNode): Element => info(node, identities, features, [])
/** @param domain where the items are */
export const nodeItems = (node: string, { items }: ServerNode, domain: string): Element =>
  el('query', DISCO_ITEMS, { node }, ...items.map((item) => el('item', DISCO_ITEMS, { jid: domain, ...item })))

/** Section 3.2: the node of the question is that of the answer. */
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
