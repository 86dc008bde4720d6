/** Nodes of an account on their way to and from other servers (XEP-0227). */
import type { Clock, Millis } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import { timeId } from '../../base/time-id.ts'
import { AFFILIATIONS, type Affiliation } from '../../pubsub/machine/affiliation.ts'
import type { Limits } from '../../pubsub/machine/commands.ts'
import { countOf, FIELDS, readFields, valuesFor, type NodeConfig } from '../../pubsub/machine/config.ts'
import { growthOf } from '../../pubsub/machine/growth.ts'
import { Node, octetsOf, USUAL_OPTIONS, type Item } from '../../pubsub/machine/node.ts'
import type { Change } from '../../pubsub/machine/plan.ts'
import { isOfferedAfter, type Nodes } from '../../pubsub/nodes.ts'
import type { NodeStore } from '../../pubsub/store.ts'
import type { PublishedItem } from '../../server/account/facts.ts'
import type { Statement } from '../../server/database.ts'
import { addressOrNull } from '../../xmpp/jid.ts'
import { isBundleOfOld } from './known-nodes.ts'

export interface PortableItem extends PublishedItem {
  /** When it was published. */
  readonly at: Millis
}
export interface PortableNode {
  readonly name: string
  /** The fields of the configuration form: `pubsub#access_model`. What is missing is as by default. */
  readonly config: ReadonlyMap<string, readonly string[]>
  /** By address. */
  readonly affiliations: ReadonlyMap<string, string>
  /** By address: 'subscribed', or 'pending'. */
  readonly subscriptions: ReadonlyMap<string, string>
  /** In the order of publication. */
  readonly items: readonly PortableItem[]
}
/** What makes nodes for an account that is being made. */
export interface Brought {
  readonly statements: readonly Statement[]
  readonly nodes: number
  /** In words. */
  readonly leftOut: readonly string[]
}

export interface PortingParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly nodes: Nodes
  readonly store: NodeStore
  readonly limits: Limits
  readonly defaultsOf: (name: string) => NodeConfig
}

/** Items that are read together. */
const PORTION = 50

export class Porting {
  readonly #parts: PortingParts

  constructor(parts: PortingParts) {
    this.#parts = parts
  }
  /** The nodes of an account. @param owner a bare JID */
  async *of(owner: string): AsyncGenerator<PortableNode> {
    const { nodes } = this.#parts
    for await (const node of nodes.each(owner)) {
      const heads = [...node.items.values()]
      const items: PortableItem[] = []
      for (let i = 0; i < heads.length; i += PORTION) items.push(...(await nodes.items(node, heads.slice(i, i + PORTION))))
      const config = new Map(FIELDS.map((field) => [`pubsub#${field}`, valuesFor(node.config[field])]))
      const subscriptions = new Map(Array.from(node.subscriptions.values(), ({ jid, state }) => [jid, state]))
      yield { name: node.origin.name, config, affiliations: node.affiliations, subscriptions, items }
    }
  }
  /** As much as an account may have here. */
  bringing(owner: string, given: Iterable<PortableNode>): Brought {
    const { nodesMax } = this.#parts.limits
    const statements: Statement[] = []
    const leftOut: string[] = []
    let [nodes, beside, octets] = [0, 0, 0]
    for (const one of given) {
      if (one.name === '' || (nodes - beside >= nodesMax && !isBundleOfOld(one.name))) {
        leftOut.push(`the node "${one.name}": an account has ${nodesMax}`)
        continue
      }
      const made = this.#made(owner, one, octets, leftOut)
      statements.push(...made.statements)
      nodes += 1
      if (isBundleOfOld(one.name)) beside += 1
      octets += made.octets
    }
    return { statements, nodes, leftOut }
  }

  #made(
    owner: string,
    given: PortableNode,
    before: number,
    leftOut: string[],
  ): { statements: readonly Statement[]; octets: number } {
    const { clock, entropy, store, defaultsOf } = this.#parts
    const origin = { uid: timeId(clock.now(), entropy), owner, name: given.name, creator: owner, createdAt: clock.now() }
    const config = this.#config(given)
    const node = new Node(origin, defaultsOf(given.name))
    const items = this.#items(given, config, before)
    const lost = given.items.length - items.length
    if (lost > 0) leftOut.push(`${lost === 1 ? 'an item' : `${lost} items`} of the node "${given.name}": too large, or too many`)
    const changes: readonly Change[] = [
      { change: 'created' },
      { change: 'config', config },
      ...items.map((item): Change => ({ change: 'item', item })),
      ...affiliationsIn(given),
      ...this.#subscriptionsIn(given, leftOut),
    ]
    const octets = growthOf(node, changes)
    return { statements: store.saving(node, changes, { isOffered: isOfferedAfter(node, changes), octets }), octets }
  }
  #subscriptionsIn({ name, subscriptions }: PortableNode, leftOut: string[]): readonly Change[] {
    const { limits, entropy } = this.#parts
    const changes: Change[] = []
    for (const [address, state] of subscriptions) {
      const jid = addressOrNull(address)?.full
      if (jid === undefined || (state !== 'subscribed' && state !== 'pending')) continue
      if (changes.length < limits.subscriptionsMax)
        changes.push({ change: 'subscription', subscription: { ...USUAL_OPTIONS, subid: token(entropy), jid, state } })
    }
    const lost = subscriptions.size - changes.length
    if (lost > 0) leftOut.push(`${lost === 1 ? 'a subscription' : `${lost} subscriptions`} of the node "${name}"`)
    return changes
  }
  /** What cannot be read is as by default. */
  #config({ name, config }: PortableNode): NodeConfig {
    const { defaultsOf, limits } = this.#parts
    let made = defaultsOf(name)
    for (const field of config) {
      const read = readFields(new Map([field]), limits)
      if ('changes' in read) made = { ...made, ...read.changes }
    }
    return made
  }
  /** The newest ones that fit. */
  #items({ items }: PortableNode, config: NodeConfig, before: number): readonly Item[] {
    const { itemsMax, octetsMax, payloadMax } = this.#parts.limits
    const max = countOf(config.max_items, itemsMax)
    const taken: Item[] = []
    let octets = before
    for (const { id, at, payload } of [...new Map(items.map((item) => [item.id, item])).values()].toReversed()) {
      const item: Item = { id, at, payload, publisher: null, octets: payload.text.length, seq: items.length - taken.length }
      if (id === '' || item.octets > Math.min(config.max_payload_size, payloadMax)) continue
      if (taken.length === max || octets + octetsOf(item) > octetsMax) break
      octets += octetsOf(item)
      taken.push(item)
    }
    return taken.toReversed()
  }
}

function affiliationsIn({ affiliations }: PortableNode): readonly Change[] {
  const changes: Change[] = []
  for (const [address, affiliation] of affiliations) {
    const jid = addressOrNull(address)?.bare
    const isKnown = AFFILIATIONS.includes(affiliation as Affiliation) && affiliation !== 'none'
    if (jid !== undefined && isKnown) changes.push({ change: 'affiliation', jid, affiliation: affiliation as Affiliation })
  }
  return changes
}
