/**
 * XEP-0248 4.3: those who have subscribed to a collection hear of what happens in it. They hear only of nodes that they may see, and of
 * nothing twice (PEP-3): neither through two collections, nor where they have subscribed to the node too.
 */
import { Turns } from '../../base/turns.ts'
import { refusalToHear, refusalToRead } from '../../pubsub/machine/access.ts'
import { NO_RELATION } from '../../pubsub/machine/commands.ts'
import { bareOf, type Node, type Subscription } from '../../pubsub/machine/node.ts'
import type { Plan, Told } from '../../pubsub/machine/plan.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import {
  configEvent,
  createEvent,
  deleteEvent,
  headers,
  itemEvent,
  placedEvent,
  purgeEvent,
  retractEvent,
} from '../../pubsub/xmpp/events.ts'
import type { Element } from '../../xml/element.ts'

export interface CollectionsParts {
  readonly nodes: Pick<Nodes, 'one' | 'above'>
  /** Sends a message of the node. */
  readonly send: (node: Node, payload: readonly Element[], to: readonly string[]) => void
  readonly failed: (error: unknown) => void
}
/** An event, and of what kind. */
interface Event {
  readonly about: 'items' | 'nodes'
  readonly event: Element
}

export class Collections {
  readonly #parts: CollectionsParts
  readonly #turns = new Turns<() => Promise<void>>((work) => work())

  constructor(parts: CollectionsParts) {
    this.#parts = parts
  }
  /** A node that is in no collection, and was in none, costs two looks. */
  happened(node: Node, plan: Plan): void {
    const moved = plan.told.find((one) => one.told === 'configured')
    const before = moved?.before.collection ?? node.config.collection
    // When its turn to be told comes, it may be in others
    const after = moved?.after.collection ?? node.config.collection
    if (before.length === 0 && after.length === 0) return
    const events = eventsOf(node, plan)
    // Collections are looked up: meanwhile other things happen, which are told afterwards
    void this.#turns.take(node.origin.owner, () => this.#tell(node, before, after, events).catch(this.#parts.failed))
  }

  async #tell(node: Node, before: readonly string[], after: readonly string[], events: readonly Event[]): Promise<void> {
    for (const name of before) if (!after.includes(name)) await this.#placed(node, name, 'dissociate')
    for (const name of after) if (!before.includes(name)) await this.#placed(node, name, 'associate')
    const above = events.length === 0 ? [] : await this.#parts.nodes.above(node, after)
    for (const { about, event } of events) {
      const told = new Set(Array.from(node.subscriptions.values(), ({ jid }) => bareOf(jid)))
      for (const { node: one, level } of above)
        this.#through(node, one, (subscription) => isAbout(subscription, about) && isDeepEnough(subscription, level), told, event)
    }
  }
  async #placed(node: Node, name: string, what: 'associate' | 'dissociate'): Promise<void> {
    const one = await this.#parts.nodes.one(node.origin.owner, name)
    if (one === null) return
    const to = [...one.subscriptions.values()].filter(
      (subscription) => isAbout(subscription, 'nodes') && maySee(one, node, subscription),
    )
    this.#parts.send(one, [placedEvent(node, name, what)], jidsOf(to))
  }
  /** @param told bare addresses of those who have been told */
  #through(
    node: Node,
    collection: Node,
    isWanted: (subscription: Subscription) => boolean,
    told: Set<string>,
    event: Element,
  ): void {
    const some = [...collection.subscriptions.values()].filter(
      (one) => isWanted(one) && !told.has(bareOf(one.jid)) && maySee(collection, node, one),
    )
    for (const { jid } of some) told.add(bareOf(jid))
    this.#parts.send(node, [event, headers('Collection', collection.origin.name)], jidsOf(some))
  }
}

/** An address with several subscriptions hears once. */
const jidsOf = (some: readonly Subscription[]): readonly string[] => [...new Set(some.map(({ jid }) => jid))]
const isAbout = ({ state, deliver, about }: Subscription, what: 'items' | 'nodes'): boolean =>
  state === 'subscribed' && deliver && (about === 'all' || about === what)
/** @param level 0: the node is in the collection itself */
const isDeepEnough = ({ depth }: Subscription, level: number): boolean => depth === 'all' || level === 0
function maySee(collection: Node, node: Node, { jid }: Subscription): boolean {
  const asker = { bare: bareOf(jid), relation: NO_RELATION }
  return refusalToHear(collection, asker) === null && refusalToRead(node, asker) === null
}

function eventsOf(node: Node, { changes, told }: Plan): readonly Event[] {
  const isNew = changes.some(({ change }) => change === 'created')
  const made: Event[] = isNew ? [{ about: 'nodes', event: createEvent(node) }] : []
  // As the node itself would tell of it: its own options hold (4.3.1)
  return node.config.deliver_notifications ? [...made, ...told.flatMap((one) => eventOf(node, one) ?? [])] : []
}
function eventOf(node: Node, told: Told): Event | null {
  switch (told.told) {
    case 'item':
      return { about: 'items', event: itemEvent(node, told.item) }
    case 'retracted':
      return { about: 'items', event: retractEvent(node, told.ids) }
    case 'purged':
      return { about: 'items', event: purgeEvent(node) }
    case 'deleted':
      return { about: 'nodes', event: deleteEvent(node, told.redirect) }
    case 'configured':
      return told.after.notify_config ? { about: 'nodes', event: configEvent(node) } : null
    default:
      return null
  }
}
