/** What can be read of nodes (XEP-0060 5.6, 5.7, 6.3.2, 6.5, 8.2.1, 8.3, 8.8.1, 8.9.1). */
import { el, type Element } from '../../xml/element.ts'
import { pageElement, pageOf, readPageAsk, type Page } from '../../xmpp/result-set.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { refusalToOwn, refusalToRead } from '../machine/access.ts'
import type { Affiliation } from '../machine/affiliation.ts'
import { isCollection } from '../machine/collecting.ts'
import type { Limits } from '../machine/commands.ts'
import type { ItemHead, Node, Subscription } from '../machine/node.ts'
import { refuse, type Refusal } from '../machine/refusals.ts'
import { meant } from '../machine/subscribing.ts'
import type { Nodes } from '../nodes.ts'
import { nodeOf, type Asked } from './asked.ts'
import type { NodeConfig } from '../machine/config.ts'
import { itemElement } from './events.ts'
import { configForm, optionsForm } from './forms.ts'
import { PUBSUB, PUBSUB_OWNER } from './ns.ts'
import { badRequest, refused, unsupported } from './refused.ts'

/** Items in one answer; the rest comes page by page. */
const PAGE = 100
/** Octets of the items of one answer, unless there is one item alone. */
const ANSWER_OCTETS_MAX = 512 * 1024

export class Reading {
  readonly #nodes: Nodes
  readonly #limits: Limits

  constructor(nodes: Nodes, limits: Limits) {
    this.#nodes = nodes
    this.#limits = limits
  }
  /** A get in the namespace of everybody. @throws StanzaError */
  async everybody(asked: Asked, operation: Element): Promise<Element> {
    switch (operation.name) {
      case 'items':
        return this.#items(asked, operation)
      case 'subscriptions':
        return pubsub(PUBSUB, await this.#subscriptions(asked, operation))
      case 'affiliations':
        return pubsub(PUBSUB, await this.#affiliations(asked, operation))
      case 'options':
        return pubsub(PUBSUB, await this.#options(asked, operation))
      case 'default':
        throw unsupported('retrieve-default-sub')
      default:
        throw unsupported(operation.name)
    }
  }
  /** A get in the namespace of owners. @throws StanzaError */
  async owners(asked: Asked, operation: Element): Promise<Element> {
    if (operation.name === 'default') return pubsub(PUBSUB_OWNER, this.#default(asked, operation))
    const node = ownNode(await this.#named(asked, operation), asked)
    const { name } = node.origin
    switch (operation.name) {
      case 'configure':
        return pubsub(PUBSUB_OWNER, el('configure', PUBSUB_OWNER, { node: name }, await this.#configForm(node)))
      case 'affiliations':
        return pubsub(PUBSUB_OWNER, el('affiliations', PUBSUB_OWNER, { node: name }, ...affiliationsOf(node)))
      case 'subscriptions': {
        const all = [...node.subscriptions.values()].map((one) => subscriptionElement(PUBSUB_OWNER, null, one))
        return pubsub(PUBSUB_OWNER, el('subscriptions', PUBSUB_OWNER, { node: name }, ...all))
      }
      default:
        throw unsupported(operation.name)
    }
  }

  /** 8.3 */
  #default({ defaultsOf }: Asked, operation: Element): Element {
    const usual = defaultsOf('')
    const isForCollection = operation.attr('type') === 'collection'
    if (isForCollection && this.#limits.childrenMax === 0) throw unsupported('collections')
    const config: NodeConfig = isForCollection ? { ...usual, node_type: 'collection' } : usual
    return el('default', PUBSUB_OWNER, {}, configForm(config, this.#limits))
  }
  async #configForm(node: Node): Promise<Element> {
    const { owner, name } = node.origin
    const children = isCollection(node) ? await this.#nodes.store.children(owner, name) : []
    return configForm(node.config, this.#limits, children)
  }
  /** @throws StanzaError nodeid-required, item-not-found */
  async #named({ owner }: Asked, operation: Element): Promise<Node> {
    return existing(await this.#nodes.one(owner, nodeOf(operation)))
  }

  /** 6.5 */
  async #items(asked: Asked, operation: Element): Promise<Element> {
    const node = readable(await this.#named(asked, operation), asked)
    if (isCollection(node)) return this.#itemsIn(asked, operation, node)
    if (!node.config.persist_items && node.items.size === 0) throw refused(refuse('nothing-kept'))
    const isOwn = asked.actor.bare === asked.owner
    const { heads, page } = headsFor(node, asked.payload, operation, isOwn)
    const items = await this.#nodes.items(node, heads)
    const config: NodeConfig = asked.isVeiled ? { ...node.config, itemreply: 'none' } : node.config
    const list = items.map((item) => itemElement(PUBSUB, config, item))
    const set = page === null ? [] : [pageElement(page)]
    return pubsub(PUBSUB, el('items', PUBSUB, { node: node.origin.name }, ...list), ...set)
  }
  /** XEP-0248 5.2: the items of the nodes in a collection, as far as the asker may read them; max_items of each. @throws StanzaError: they are too many */
  async #itemsIn(asked: Asked, operation: Element, { origin: { owner, name } }: Node): Promise<Element> {
    const newest = numberIn(operation.attr('max_items'))
    const children = await this.#nodes.store.children(owner, name)
    if (children.length > PAGE) throw tooManyItems()
    const leaves = (await this.#nodes.some(owner, children)).filter(
      (child) => !isCollection(child) && child.items.size > 0 && refusalToRead(child, asked.actor) === null,
    )
    const wanted = leaves.map((leaf) => ({ leaf, heads: [...leaf.items.values()].slice(-(newest ?? PAGE + 1) || undefined) }))
    const all = wanted.flatMap(({ heads }) => heads)
    if (all.length > PAGE || all.reduce((sum, { octets }) => sum + octets, 0) > ANSWER_OCTETS_MAX) throw tooManyItems()
    const lists: Element[] = []
    for (const { leaf, heads } of wanted) {
      const config: NodeConfig = asked.isVeiled ? { ...leaf.config, itemreply: 'none' } : leaf.config
      const items = (await this.#nodes.items(leaf, heads)).map((item) => itemElement(PUBSUB, config, item))
      lists.push(el('items', PUBSUB, { node: leaf.origin.name }, ...items))
    }
    return pubsub(PUBSUB, ...lists)
  }
  /** 5.6 */
  async #subscriptions({ owner, actor: { bare } }: Asked, operation: Element): Promise<Element> {
    const name = operation.attr('node')
    const all =
      name === undefined
        ? await this.#nodes.store.subscriptionsAt(owner, bare)
        : existing(await this.#nodes.one(owner, name))
            .subscriptionsOf(bare)
            .map((subscription) => ({ name, subscription }))
    return el(
      'subscriptions',
      PUBSUB,
      { node: name },
      ...all.map(({ name: its, subscription }) => subscriptionElement(PUBSUB, its, subscription)),
    )
  }
  /** 5.7 */
  async #affiliations(asked: Asked, operation: Element): Promise<Element> {
    const name = operation.attr('node')
    const all =
      name === undefined
        ? await this.#affiliationsOf(asked)
        : [{ name, affiliation: existing(await this.#nodes.one(asked.owner, name)).affiliationOf(asked.actor.bare) }]
    const told = all.filter(({ affiliation }) => affiliation !== 'none')
    return el(
      'affiliations',
      PUBSUB,
      { node: name },
      ...told.map(({ name: node, affiliation }) => el('affiliation', PUBSUB, { node, affiliation })),
    )
  }
  async #affiliationsOf({ owner, actor: { bare } }: Asked): Promise<readonly { name: string; affiliation: Affiliation }[]> {
    if (bare !== owner) return this.#nodes.store.affiliationsAt(owner, bare)
    // An account owns all of its nodes
    const names = await this.#nodes.store.names(owner, '', Number.MAX_SAFE_INTEGER)
    return names.map((name) => ({ name, affiliation: 'owner' }))
  }
  /** 6.3.2 */
  async #options(asked: Asked, operation: Element): Promise<Element> {
    const { actor } = asked
    const node = await this.#named(asked, operation)
    const jid = operation.attr('jid')
    if (jid === undefined) throw badRequest('jid-required')
    const found = meant(node, actor, jid, operation.attr('subid') ?? null)
    if ('refuse' in found) throw optionsRefused(found)
    return el('options', PUBSUB, { node: node.origin.name, jid, subid: found.subid }, optionsForm(found, isCollection(node)))
  }
}

const pubsub = (ns: string, ...children: readonly Element[]): Element => el('pubsub', ns, {}, ...children)

const tooManyItems = (): StanzaError =>
  unsupported('retrieve-items', 'There are too many items in this collection: read its nodes')

/** 6.3.4.2 has another type of the same condition than 6.2.3.2. */
export const optionsRefused = (refusal: Refusal): StanzaError => {
  const error = refused(refusal)
  return refusal.refuse === 'not-subscribed' ? new StanzaError(error.condition, { ...error.detail, type: 'modify' }) : error
}

/** @throws StanzaError item-not-found */
export function existing(node: Node | null): Node {
  if (node === null) throw refused(refuse('no-such-node'))
  return node
}
function readable(node: Node, { actor }: Asked): Node {
  const refusal = refusalToRead(node, actor)
  if (refusal !== null) throw refused(refusal)
  return node
}
function ownNode(node: Node, { actor }: Asked): Node {
  const refusal = refusalToOwn(node, actor)
  if (refusal !== null) throw refused(refusal)
  return node
}

function headsFor(
  node: Node,
  payload: Element,
  operation: Element,
  isOwn: boolean,
): { readonly heads: readonly ItemHead[]; readonly page: Page | null } {
  const named = operation.elements.filter((e) => e.is('item', PUBSUB)).map((e) => e.attr('id') ?? '')
  // Unknown ids are left out, and are no error (6.5.9.5)
  if (named.length > 0) {
    const found = [...new Set(named)].map((id) => node.items.get(id)).filter((head) => head !== undefined)
    return { heads: fitting(found, false), page: null }
  }
  const ask = readPageAsk(payload)
  const newest = numberIn(operation.attr('max_items'))
  const all = newest === null ? [...node.items.values()] : [...node.items.values()].slice(-newest || undefined)
  const isPaged = ask.max !== null || ask.after !== null || ask.before !== null || ask.index !== null
  // Older clients know no pages, and bookmarks are worth little in part: an owner who asks for all gets all
  const most = isOwn && !isPaged ? Math.max(PAGE, all.length) : PAGE
  const { items, page } = pageOf(all, ask, ({ id }) => id, most)
  const heads = fitting(items, ask.before !== null)
  if (!isPaged && heads.length === all.length) return { heads, page: null }
  const [first, last] = [heads[0]?.id ?? null, heads.at(-1)?.id ?? null]
  return { heads, page: { ...page, first, last, index: (page.index ?? 0) + items.indexOf(heads[0]!) } }
}
/** @throws StanzaError */
function numberIn(text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^\d{1,9}$/.test(text)) throw new StanzaError('bad-request', { text: 'max_items is not a number' })
  return Number(text)
}
/** As many as one answer can have. @param isFromEnd the last of them are wanted */
function fitting(heads: readonly ItemHead[], isFromEnd: boolean): readonly ItemHead[] {
  const order = isFromEnd ? heads.toReversed() : heads
  let octets = 0
  const fit = order.filter((head, i) => {
    octets += head.octets
    return i === 0 || octets <= ANSWER_OCTETS_MAX
  })
  return isFromEnd ? fit.toReversed() : fit
}

const affiliationsOf = ({ origin, affiliations }: Node): readonly Element[] => {
  const all = new Map(affiliations)
  if (origin.owner.includes('@')) all.set(origin.owner, 'owner')
  return Array.from(all, ([jid, affiliation]) => el('affiliation', PUBSUB_OWNER, { jid, affiliation }))
}
/** @param node null: it is named around it */
export const subscriptionElement = (ns: string, node: string | null, { jid, subid, state }: Subscription): Element =>
  el('subscription', ns, { node: node ?? undefined, jid, subid, subscription: state })
