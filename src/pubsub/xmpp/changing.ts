/** What can be changed in nodes: a set becomes a command, and what comes of the command becomes the answer. */
import type { Entropy } from '../../base/entropy.ts'
import { token } from '../../base/entropy.ts'
import { el, type Element } from '../../xml/element.ts'
import { addressOrNull } from '../../xmpp/jid.ts'
import { Payload } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { refusalToOwn } from '../machine/access.ts'
import { AFFILIATIONS, type Affiliation } from '../machine/affiliation.ts'
import type { Command, Limits, NewItem } from '../machine/commands.ts'
import type { NodeConfig } from '../machine/config.ts'

import { isRefused } from '../machine/decide.ts'
import type { SubscriptionState } from '../machine/node.ts'
import { refuse } from '../machine/refusals.ts'
import type { Done, Making, Nodes } from '../nodes.ts'
import { nodeOf, type Asked } from './asked.ts'
import { childrenIn, conditionsIn, configIn, optionsIn } from './forms.ts'
import { PUBSUB, PUBSUB_OWNER } from './ns.ts'
import { optionsRefused, subscriptionElement } from './reading.ts'
import { badRequest, refused, unsupported } from './refused.ts'

/** The nodes that leave a collection, and those that come into it. */
interface Moves {
  readonly gone: readonly string[]
  readonly added: readonly string[]
}
const NO_MOVES: Moves = { gone: [], added: [] }

export class Changing {
  readonly #nodes: Nodes
  readonly #entropy: Entropy
  readonly #limits: Limits

  constructor(nodes: Nodes, entropy: Entropy, limits: Limits) {
    this.#nodes = nodes
    this.#entropy = entropy
    this.#limits = limits
  }
  /** A set in the namespace of everybody. @throws StanzaError */
  everybody(asked: Asked, operation: Element): Promise<Element | null> {
    switch (operation.name) {
      case 'create':
        return this.#create(asked, operation)
      case 'publish':
        return this.#publish(asked, operation)
      case 'retract':
        return this.#retract(asked, operation)
      case 'subscribe':
        return this.#subscribe(asked, operation)
      case 'unsubscribe':
        return this.#unsubscribe(asked, operation)
      case 'options':
        return this.#options(asked, operation)
      case 'configure':
        // It belongs behind what is created
        throw new StanzaError('bad-request')
      default:
        throw unsupported(operation.name)
    }
  }
  /** A set in the namespace of owners. @throws StanzaError */
  owners(asked: Asked, operation: Element): Promise<null> {
    const name = nodeOf(operation)
    switch (operation.name) {
      case 'configure': {
        const changes = configIn(operation, this.#limits)
        return this.#configure(asked, name, changes ?? {}, childrenIn(operation))
      }
      case 'collection':
        return this.#collect(asked, name, operation)
      case 'delete':
        return this.#simply(asked, name, { do: 'delete', redirect: operation.child('redirect')?.attr('uri') ?? '' })
      case 'purge':
        return this.#simply(asked, name, { do: 'purge' })
      case 'affiliations':
        return this.#affiliate(asked, name, operation)
      case 'subscriptions':
        return this.#arrange(asked, name, operation)
      default:
        throw unsupported(operation.name)
    }
  }

  /** 8.1 */
  async #create(asked: Asked, operation: Element): Promise<Element | null> {
    if (!asked.mayCreate) throw refused(refuse('may-not-create'))
    const given = operation.attr('node')
    const name = given === undefined || given === '' ? token(this.#entropy) : given
    const configure = asked.payload.child('configure')
    if (configure?.attr('node') !== undefined) throw new StanzaError('bad-request')
    const changes = (configure === undefined ? null : configIn(configure, this.#limits)) ?? {}
    const defaults = asked.defaultsOf(name)
    const children = configure === undefined ? null : childrenIn(configure)
    const moves = await this.#moves(asked, name, { ...defaults, ...changes }, children)
    await this.#perform(asked, name, { do: 'create', config: changes }, { defaults, changes })
    await this.#move(asked, name, moves)
    return name === given ? null : pubsub(el('create', PUBSUB, { node: name }))
  }
  /** 8.2, XEP-0248 6.2. @param children null: they stay as they are */
  async #configure(asked: Asked, name: string, changes: Partial<NodeConfig>, children: readonly string[] | null): Promise<null> {
    const node = children === null ? null : await this.#nodes.one(asked.owner, name)
    // Of a node that is missing, or of others, only that is said
    const isOwn = node !== null && refusalToOwn(node, asked.actor) === null
    const moves = isOwn ? await this.#moves(asked, name, { ...node.config, ...changes }, children) : NO_MOVES
    await this.#simply(asked, name, { do: 'configure', changes })
    return this.#move(asked, name, moves)
  }
  /** What has to be moved. It is looked at before anything is stored, so that a refusal changes nothing. @throws StanzaError */
  async #moves({ owner, actor }: Asked, name: string, after: NodeConfig, children: readonly string[] | null): Promise<Moves> {
    if (children === null) return NO_MOVES
    if (after.node_type === 'leaf') {
      if (children.length > 0) throw refused(refuse('collection-options'))
      return NO_MOVES
    }
    if (children.length > this.#limits.childrenMax) throw refused(refuse('too-many-children'))
    const before = await this.#nodes.store.children(owner, name)
    const gone = before.filter((child) => !children.includes(child))
    const added = [...new Set(children)].filter((child) => !before.includes(child))
    for (const child of [...gone, ...added]) {
      const node = await this.#nodes.one(owner, child)
      const refusal = node === null ? refuse('no-such-node') : refusalToOwn(node, actor)
      if (refusal !== null) throw refused(refusal)
    }
    return { gone, added }
  }
  /** Those that go make room for those that come. */
  async #move(asked: Asked, name: string, { gone, added }: Moves): Promise<null> {
    for (const child of gone) await this.#place(asked, child, name, false)
    for (const child of added) await this.#place(asked, child, name, true)
    return null
  }
  /** XEP-0248 6.5, 6.6 */
  async #collect(asked: Asked, name: string, operation: Element): Promise<null> {
    for (const { name: what, ns, attrs } of operation.elements) {
      const child = attrs['node'] ?? ''
      if (ns !== PUBSUB_OWNER || child === '') throw badRequest('nodeid-required')
      if (what !== 'associate' && what !== 'dissociate') throw unsupported(what)
      await this.#place(asked, child, name, what === 'associate')
    }
    return null
  }
  #place(asked: Asked, child: string, collection: string, isIn: boolean): Promise<null> {
    return this.#simply(asked, child, { do: 'place', collection, isIn })
  }
  /** 7.1 */
  async #publish(asked: Asked, operation: Element): Promise<Element> {
    const name = nodeOf(operation)
    const items = operation.elements.filter((e) => e.is('item', PUBSUB)).map((e) => this.#itemIn(e))
    const options = asked.payload.child('publish-options')
    const conditions = options === undefined ? null : conditionsIn(options, this.#limits)
    const make = asked.mayCreate && asked.makesMissing ? { defaults: asked.defaultsOf(name), changes: conditions ?? {} } : null
    await this.#perform(asked, name, { do: 'publish', items, conditions }, make)
    return pubsub(el('publish', PUBSUB, { node: name }, ...items.map(({ id }) => el('item', PUBSUB, { id }))))
  }
  #itemIn(item: Element): NewItem {
    if (item.elements.length > 1) throw badRequest('invalid-payload')
    return { id: item.attr('id') || token(this.#entropy), payload: Payload.of(...item.elements) }
  }
  /** 7.2 */
  #retract(asked: Asked, operation: Element): Promise<null> {
    const name = nodeOf(operation)
    const ids = operation.elements.filter((e) => e.is('item', PUBSUB)).map((e) => e.attr('id') ?? '')
    if (ids.length === 0 || ids.includes('')) throw badRequest('item-required')
    const notify = operation.attr('notify')
    return this.#simply(asked, name, { do: 'retract', ids, notify: notify === '1' || notify === 'true' })
  }
  /** 6.1 */
  async #subscribe(asked: Asked, operation: Element): Promise<Element> {
    const name = nodeOf(operation)
    const jid = addressIn(operation)
    const options = optionsIn(asked.payload.child('options'))
    const subid = token(this.#entropy)
    const { node } = await this.#perform(asked, name, { do: 'subscribe', jid, subid, options }, null)
    return pubsub(subscriptionElement(PUBSUB, name, node.subscriptions.get(subid) ?? node.subscriptionsAt(jid)[0]!))
  }
  /** 6.2 */
  #unsubscribe(asked: Asked, operation: Element): Promise<null> {
    const subid = operation.attr('subid') ?? null
    return this.#simply(asked, nodeOf(operation), { do: 'unsubscribe', jid: addressIn(operation), subid })
  }
  /** 6.3.5 */
  async #options(asked: Asked, operation: Element): Promise<null> {
    const name = nodeOf(operation)
    if (operation.attr('jid') === undefined) throw badRequest('jid-required')
    const options = optionsIn(operation)
    const subid = operation.attr('subid') ?? null
    const command: Command = { do: 'options', jid: addressIn(operation), subid, options }
    if (Object.keys(options).length === 0) return null
    const { actor, owner } = asked
    const outcome = await this.#nodes.perform({ owner, name, actor, command, make: null })
    if (isRefused(outcome)) throw optionsRefused(outcome)
    return null
  }
  /** 8.9.2 */
  async #affiliate(asked: Asked, name: string, operation: Element): Promise<null> {
    const given = operation.elements.filter((e) => e.is('affiliation', PUBSUB_OWNER))
    const entries = given.flatMap((e) => {
      const affiliation = e.attr('affiliation') as Affiliation
      const jid = addressOrNull(e.attr('jid') ?? '')?.bare
      return jid === undefined || !AFFILIATIONS.includes(affiliation) ? [] : [{ jid, affiliation }]
    })
    const { node, plan } = await this.#perform(asked, name, { do: 'affiliate', entries }, null)
    const refusedOnes = plan.refused ?? []
    if (entries.length === given.length && refusedOnes.length === 0) return null
    const unchanged = refusedOnes.map((jid) => el('affiliation', PUBSUB_OWNER, { jid, affiliation: node.affiliationOf(jid) }))
    throw partly(el('affiliations', PUBSUB_OWNER, { node: name }, ...unchanged))
  }
  /** 8.8.2 */
  async #arrange(asked: Asked, name: string, operation: Element): Promise<null> {
    const given = operation.elements.filter((e) => e.is('subscription', PUBSUB_OWNER))
    const entries = given.flatMap((e) => {
      const state = e.attr('subscription') as SubscriptionState | 'none'
      const jid = addressOrNull(e.attr('jid') ?? '')?.full
      return jid === undefined || !['none', 'pending', 'subscribed'].includes(state) ? [] : [{ jid, state }]
    })
    const { plan } = await this.#perform(asked, name, { do: 'arrange', entries }, null)
    const refusedOnes = plan.refused ?? []
    if (entries.length === given.length && refusedOnes.length === 0) return null
    const unchanged = refusedOnes.map((jid) => el('subscription', PUBSUB_OWNER, { jid, subscription: 'none' }))
    throw partly(el('subscriptions', PUBSUB_OWNER, { node: name }, ...unchanged))
  }

  async #simply(asked: Asked, name: string, command: Command): Promise<null> {
    await this.#perform(asked, name, command, null)
    return null
  }
  async #perform({ owner, actor, afterwards }: Asked, name: string, command: Command, make: Making | null): Promise<Done> {
    const outcome = await this.#nodes.perform({ owner, name, actor, command, make })
    if (isRefused(outcome)) throw refused(outcome)
    afterwards.push(outcome.tell)
    return outcome
  }
}

const pubsub = (child: Element): Element => el('pubsub', PUBSUB, {}, child)

/** 8.8.2.4, 8.9.2.4: the entries that are as they were. */
function partly(unchanged: Element): StanzaError {
  const { condition, detail } = refused(refuse('entries'))
  return new StanzaError(condition, { ...detail, specific: unchanged })
}
/** @throws StanzaError */
function addressIn(operation: Element): string {
  const text = operation.attr('jid')
  if (text === undefined) throw badRequest('jid-required')
  const address = addressOrNull(text)
  if (address === null) throw badRequest('invalid-jid')
  return address.full
}
