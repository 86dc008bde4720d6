/** XEP-0060 7: items come and go. */
import { Payload } from '../../xmpp/packet.ts'
import { refusalToOwn, refusalToPublish } from './access.ts'
import { isPublisher } from './affiliation.ts'
import { isCollection } from './collecting.ts'
import type { Actor, Circumstances, Command, NewItem } from './commands.ts'
import { countOf, disagreement, type NodeConfig } from './config.ts'
import { bareOf, type Item, type ItemHead, type Node } from './node.ts'
import { NOTHING, plan, type Change, type Plan, type Told } from './plan.ts'
import { refuse, type Refusal } from './refusals.ts'

type Of<D extends Command['do']> = Extract<Command, { readonly do: D }>
/** The longest id of an item, in characters. */
const ID_MAX = 1023

/** 7.1 */
export function publish(node: Node, actor: Actor, command: Of<'publish'>, circumstances: Circumstances): Refusal | Plan {
  if (isCollection(node)) return refuse('is-collection')
  const { conditions } = command
  const refusal = refusalToPublish(node, actor) ?? refusalOfItems(node.config, command.items, circumstances)
  if (refusal !== null) return refusal
  const unmet = conditions === null ? null : disagreement(node.config, conditions, circumstances.limits)
  if (unmet !== null) return refuse('precondition', unmet)
  // An event without an item: nothing is kept of it (4.3)
  if (!isWithItems(node.config)) return plan([], [{ told: 'item', item: eventOf(node, actor, circumstances.now) }])
  const added = lastOfEach(command.items).map(({ id, payload }, i): Item => {
    const octets = payload.text.length
    return { id, publisher: publisherOf(actor), at: circumstances.now, octets, seq: node.lastSeq + 1 + i, payload }
  })
  const dropped = crowdedOut(node, added, circumstances)
  return 'refuse' in dropped ? dropped : published(node, added, dropped)
}

/** A node has one item of each id: of those with the same id, the last one. */
const lastOfEach = (items: readonly NewItem[]): readonly NewItem[] =>
  items.filter((item, i) => !items.slice(i + 1).some(({ id }) => id === item.id))
const publisherOf = ({ full, isServer }: Actor): string | null => (isServer ? null : full)
/** 4.3: a node that neither keeps items nor notifies with them takes none. */
const isWithItems = ({ persist_items: isKept, deliver_payloads: hasPayloads }: NodeConfig): boolean => isKept || hasPayloads
const eventOf = (node: Node, actor: Actor, now: number): Item => ({
  id: '',
  publisher: publisherOf(actor),
  at: now,
  octets: 0,
  seq: node.lastSeq,
  payload: Payload.empty,
})

function refusalOfItems(config: NodeConfig, items: readonly NewItem[], { limits }: Circumstances): Refusal | null {
  if (!isWithItems(config)) return items.length > 0 ? refuse('item-forbidden') : null
  if (items.length === 0) return refuse('item-required')
  if (items.length > Math.min(limits.batchMax, countOf(config.max_items, limits.itemsMax))) return refuse('too-many-items')
  const payloadMax = Math.min(config.max_payload_size, limits.payloadMax)
  for (const { id, payload } of items) {
    if (payload.isEmpty && config.deliver_payloads) return refuse('payload-required')
    if (payload.text.length > payloadMax) return refuse('payload-too-big')
    if (id.length > ID_MAX) return refuse('item-name')
  }
  return null
}

/** 7.1.2.5: the oldest items, which have no place beside the new ones. */
function crowdedOut(node: Node, added: readonly Item[], { limits }: Circumstances): Refusal | readonly ItemHead[] {
  const max = node.config.persist_items ? countOf(node.config.max_items, limits.itemsMax) : 1
  const replaced = new Set(added.map(({ id }) => id))
  const others = [...node.items.values()].filter(({ id }) => !replaced.has(id))
  const excess = others.length + replaced.size - max
  if (excess <= 0) return []
  return node.config.publish_node_full === 'reject' && node.config.persist_items ? refuse('node-full') : others.slice(0, excess)
}
function published(node: Node, added: readonly Item[], dropped: readonly ItemHead[]): Plan {
  const { config } = node
  const gone = dropped.map(({ id }): Change => ({ change: 'no-item', id }))
  const told: Told[] = added.map((item) => ({ told: 'item', item }))
  // Of a node with one item everybody knows that the new one takes the place of the old one
  const isTold = config.notify_retract && config.publish_node_full === 'retract-oldest' && config.max_items !== 1
  if (isTold && config.persist_items && dropped.length > 0) told.push({ told: 'retracted', ids: dropped.map(({ id }) => id) })
  return plan([...gone, ...added.map((item): Change => ({ change: 'item', item }))], told)
}

/** 8.5.3.2. The last item of a node that keeps none is in memory: subscribers are sent it, and it can be taken back. */
const keepsNothing = (node: Node): boolean => isCollection(node) || (!node.config.persist_items && node.items.size === 0)

/** 7.2 */
export function retract(node: Node, actor: Actor, command: Of<'retract'>): Refusal | Plan {
  if (keepsNothing(node)) return refuse('nothing-kept')
  const affiliation = node.affiliationOf(actor.bare)
  if (affiliation === 'outcast') return refuse('outcast')
  const isOwner = refusalToOwn(node, actor) === null
  if (!isOwner && !isPublisher(affiliation) && refusalToPublish(node, actor) !== null) return refuse('rank')
  // An id that is named twice is one item: it goes once, and is told once
  const ids = [...new Set(command.ids)]
  for (const id of ids) {
    const head = node.items.get(id)
    if (head === undefined) return refuse('no-such-item')
    if (!isOwner && !isBy(head, actor)) return refuse('rank')
  }
  const isTold = command.notify || node.config.notify_retract
  const changes = ids.map((id): Change => ({ change: 'no-item', id }))
  return plan(changes, isTold ? [{ told: 'retracted', ids }] : [])
}
const isBy = ({ publisher }: ItemHead, { bare }: Actor): boolean => publisher !== null && bareOf(publisher) === bare

/** 8.5 */
export function purge(node: Node, actor: Actor): Refusal | Plan {
  const refusal = refusalToOwn(node, actor)
  if (refusal !== null) return refusal
  if (keepsNothing(node)) return refuse('nothing-kept')
  return plan([{ change: 'no-items' }], node.config.notify_retract ? [{ told: 'purged' }] : [])
}

/** `item_expire` */
export function expire(node: Node, now: number): Plan {
  const { item_expire: seconds } = node.config
  if (seconds === 'max') return NOTHING
  const over = [...node.items.values()].filter(({ at }) => at + seconds * 1000 <= now)
  return plan(over.map(({ id }): Change => ({ change: 'no-item', id })))
}
