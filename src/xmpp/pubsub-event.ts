/** XEP-0060 events that wait for a client: of those that tell of one item, only the newest matters. */
import type { Element } from '../xml/element.ts'
import { DELAY } from './delay.ts'
import type { Packet } from './packet.ts'

const EVENT = 'http://jabber.org/protocol/pubsub#event'
const ADDRESSES = 'http://jabber.org/protocol/address'

export interface ItemEvent {
  readonly node: string
  /** What it replaces: an earlier event with the same key. */
  readonly key: string
}
/** The item that a message tells of: that it was published, or retracted. Null if it tells of anything else. */
export function itemEventIn({ kind, type, from, payload }: Packet): ItemEvent | null {
  if (kind !== 'message' || type === 'error' || !payload.text.includes(EVENT)) return null
  const [event, ...others] = payload.elements
  if (event?.is('event', EVENT) !== true || !others.every(isBeside)) return null
  const [items, ...more] = event.elements
  const node = items?.attr('node')
  if (items?.is('items', EVENT) !== true || node === undefined || more.length > 0 || items.elements.length !== 1) return null
  const id = items.elements[0]!.attr('id')
  return id === undefined ? null : { node, key: `event ${from.bare} ${node} ${id}` }
}
/** What may stand beside an event, and is about the event. */
const isBeside = ({ ns }: Element): boolean => ns === DELAY || ns === ADDRESSES
