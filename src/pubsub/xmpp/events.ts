/** What is told of a node, as the content of a message (XEP-0060 7 to 9). */
import { el, type Element } from '../../xml/element.ts'
import type { Node } from '../machine/node.ts'
import type { NodeConfig } from '../machine/config.ts'
import type { Item, Subscription } from '../machine/node.ts'
import { configResult } from './forms.ts'
import { PUBSUB_EVENT } from './ns.ts'

const SHIM = 'http://jabber.org/protocol/shim'
/** XEP-0131: what is said of an event beside it, once for each value. */
export const headers = (name: string, ...values: readonly string[]): Element =>
  el('headers', SHIM, {}, ...values.map((value) => el('header', SHIM, { name }, value)))

const event = (child: Element): Element => el('event', PUBSUB_EVENT, {}, child)

/** An item as it stands in events and answers. */
export const itemElement = (ns: string, { itemreply: reply }: NodeConfig, item: Item, isWhole = true): Element =>
  el(
    'item',
    ns,
    { id: item.id === '' ? undefined : item.id, publisher: reply === 'publisher' ? (item.publisher ?? undefined) : undefined },
    ...(isWhole ? item.payload.elements : []),
  )

export function itemEvent({ origin, config }: Node, item: Item): Element {
  const isEmpty = item.id === '' // of a node that takes no items
  const items = isEmpty ? [] : [itemElement(PUBSUB_EVENT, config, item, config.deliver_payloads)]
  return event(el('items', PUBSUB_EVENT, { node: origin.name }, ...items))
}
export const retractEvent = ({ origin }: Node, ids: readonly string[]): Element =>
  event(el('items', PUBSUB_EVENT, { node: origin.name }, ...ids.map((id) => el('retract', PUBSUB_EVENT, { id }))))
export const purgeEvent = ({ origin }: Node): Element => event(el('purge', PUBSUB_EVENT, { node: origin.name }))
export const deleteEvent = ({ origin }: Node, redirect: string): Element =>
  event(
    el(
      'delete',
      PUBSUB_EVENT,
      { node: origin.name },
      ...(redirect === '' ? [] : [el('redirect', PUBSUB_EVENT, { uri: redirect })]),
    ),
  )
export const configEvent = ({ origin, config }: Node): Element =>
  event(el('configuration', PUBSUB_EVENT, { node: origin.name }, ...(config.deliver_payloads ? [configResult(config)] : [])))
/** XEP-0248 4.3.1.2 */
export const createEvent = ({ origin }: Node): Element => event(el('create', PUBSUB_EVENT, { node: origin.name }))
/** XEP-0248 4.3.2 @param what has become of the node */
export const placedEvent = ({ origin }: Node, collection: string, what: 'associate' | 'dissociate'): Element =>
  event(el('collection', PUBSUB_EVENT, { node: collection }, el(what, PUBSUB_EVENT, { node: origin.name })))
export const subscriptionEvent = ({ origin }: Node, { jid, subid }: Subscription, state: string): Element =>
  event(el('subscription', PUBSUB_EVENT, { node: origin.name, jid, subid, subscription: state }))
