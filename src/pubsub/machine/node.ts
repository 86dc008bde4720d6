/**
 * A node as it is in memory (XEP-0060 4): configuration, affiliations, subscriptions, and of each item what has to be known to
 * decide. Payloads are in the database, but for the last item. Records never change: a change puts a new record in the place of
 * the old one.
 */
import type { Millis } from '../../base/clock.ts'
import type { Payload } from '../../xmpp/packet.ts'
import type { Affiliation } from './affiliation.ts'
import type { NodeConfig } from './config.ts'

/** What identifies a node for ever. */
export interface NodeOrigin {
  readonly uid: string
  /** The bare JID of an account, or the domain of a service. */
  readonly owner: string
  readonly name: string
  /** Bare JID. */
  readonly creator: string
  readonly createdAt: Millis
}
/** An item without its payload. */
export interface ItemHead {
  readonly id: string
  /** The full JID that has published it; null if the server has done so for the account. */
  readonly publisher: string | null
  readonly at: Millis
  /** Of its payload. */
  readonly octets: number
  /** Grows with each publication in the node. */
  readonly seq: number
}
export interface Item extends ItemHead {
  /** One element, or nothing. */
  readonly payload: Payload
}
export type SubscriptionState = 'subscribed' | 'pending'
export interface Subscription {
  readonly subid: string
  /** Bare or full. */
  readonly jid: string
  readonly state: SubscriptionState
  /** False: the subscriber wants no notifications for now (`pubsub#deliver`). */
  readonly deliver: boolean
}

export class Node {
  readonly origin: NodeOrigin
  config: NodeConfig
  /** By id, in the order of publication: an item that is published again becomes the newest (12.1). */
  readonly items = new Map<string, ItemHead>()
  /** By bare JID; without 'none'. */
  readonly affiliations = new Map<string, Affiliation>()
  /** By the JID that is subscribed. */
  readonly subscriptions = new Map<string, Subscription>()
  /** The last item, if its payload is in memory. */
  last: Item | null = null
  lastSeq = 0
  /** Of the last item of which everybody was told. One that is newer is about to be told. */
  announcedSeq = 0
  /** Of all items. */
  octets = 0
  #newest: ItemHead | null = null

  constructor(origin: NodeOrigin, config: NodeConfig) {
    this.origin = origin
    this.config = config
  }
  /** The last item that was published and not removed. */
  get newest(): ItemHead | null {
    return this.#newest
  }
  putItem(head: ItemHead): void {
    this.removeItem(head.id)
    this.items.set(head.id, head)
    this.octets += octetsOf(head)
    this.lastSeq = Math.max(this.lastSeq, head.seq)
    this.#newest = head
  }
  removeItem(id: string): void {
    const head = this.items.get(id)
    if (head === undefined) return
    this.items.delete(id)
    this.octets -= octetsOf(head)
    if (this.last?.id === id) this.last = null
    if (head !== this.#newest) return
    this.#newest = null
    for (const one of this.items.values()) this.#newest = one
  }
  affiliationOf(bare: string): Affiliation {
    return bare === this.origin.owner ? 'owner' : (this.affiliations.get(bare) ?? 'none')
  }
  /** The subscriptions of one person, under whatever address. */
  subscriptionsOf(bare: string): readonly Subscription[] {
    if (this.subscriptions.size === 0) return NONE
    return [...this.subscriptions.values()].filter(({ jid }) => bareOf(jid) === bare)
  }
  isSubscribed(bare: string): boolean {
    return this.subscriptionsOf(bare).some(({ state }) => state === 'subscribed')
  }
}
const NONE: readonly Subscription[] = []

/** The bare form of an address as text. */
export function bareOf(jid: string): string {
  const slash = jid.indexOf('/')
  return slash < 0 ? jid : jid.slice(0, slash)
}

/** What an item takes up beside its payload, about. */
const ITEM_OCTETS = 200
export const octetsOf = ({ id, octets }: ItemHead): number => ITEM_OCTETS + id.length + octets
