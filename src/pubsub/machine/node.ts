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
/** What a subscriber wants (6.3, XEP-0248 5.1). */
export interface SubscriptionOptions {
  /** False: no notifications for now (`pubsub#deliver`). */
  readonly deliver: boolean
  /** Of a collection: events of items, of the nodes themselves, or both. */
  readonly about: About
  /** Of a collection: of nodes that are in it, or also of those in collections in it. */
  readonly depth: '1' | 'all'
}
export const ABOUT = ['items', 'nodes', 'all'] as const
export type About = (typeof ABOUT)[number]
export const USUAL_OPTIONS: SubscriptionOptions = { deliver: true, about: 'nodes', depth: '1' }
export interface Subscription extends SubscriptionOptions {
  readonly subid: string
  /** Bare or full. */
  readonly jid: string
  readonly state: SubscriptionState
}

/** What a node takes up beside what is in it, about. */
const NODE_OCTETS = 1000
/** What a person who is named in a node takes up beside the address, about. */
const PERSON_OCTETS = 150

export class Node {
  readonly origin: NodeOrigin
  /** The last item, if its payload is in memory. */
  last: Item | null = null
  lastSeq = 0
  /** Of the last item of which everybody was told. One that is newer is about to be told. */
  announcedSeq = 0
  readonly #items = new Map<string, ItemHead>()
  readonly #affiliations = new Map<string, Affiliation>()
  readonly #subscriptions = new Map<string, Subscription>()
  #config: NodeConfig
  #newest: ItemHead | null = null
  #itemOctets = 0
  #payloadOctets = 0
  #affiliationOctets = 0
  #subscriptionOctets = 0
  #configOctets: number

  constructor(origin: NodeOrigin, config: NodeConfig) {
    this.origin = origin
    this.#config = config
    this.#configOctets = octetsOfConfig(config)
  }
  get config(): NodeConfig {
    return this.#config
  }
  set config(config: NodeConfig) {
    this.#config = config
    this.#configOctets = octetsOfConfig(config)
  }
  /** By id, in the order of publication: an item that is published again becomes the newest (12.1). */
  get items(): ReadonlyMap<string, ItemHead> {
    return this.#items
  }
  /** By bare JID; without 'none'. */
  get affiliations(): ReadonlyMap<string, Affiliation> {
    return this.#affiliations
  }
  /** By their ids. An address has several where the operator allows that (6.1.6). */
  get subscriptions(): ReadonlyMap<string, Subscription> {
    return this.#subscriptions
  }
  /**
   * What its creator is held to account for, about: all but the subscriptions, which are those of others, and an item that is in
   * memory alone.
   */
  get octets(): number {
    return this.#octetsBesideItems + (this.#config.persist_items ? this.#itemOctets : 0)
  }
  get #octetsBesideItems(): number {
    return NODE_OCTETS + this.origin.name.length + this.#configOctets + this.#affiliationOctets
  }
  /** What it takes up in memory, about. */
  get memory(): number {
    const items = this.#itemOctets - this.#payloadOctets + (this.last?.octets ?? 0)
    return this.#octetsBesideItems + items + this.#subscriptionOctets
  }
  /** Is there an item that is in memory alone? */
  get hasUnstored(): boolean {
    return !this.#config.persist_items && this.#items.size > 0
  }
  /** The last item that was published and not removed. */
  get newest(): ItemHead | null {
    return this.#newest
  }
  putItem(head: ItemHead): void {
    this.removeItem(head.id)
    this.#items.set(head.id, head)
    this.#itemOctets += octetsOf(head)
    this.#payloadOctets += head.octets
    this.lastSeq = Math.max(this.lastSeq, head.seq)
    this.#newest = head
  }
  removeItem(id: string): void {
    const head = this.#items.get(id)
    if (head === undefined) return
    this.#items.delete(id)
    this.#itemOctets -= octetsOf(head)
    this.#payloadOctets -= head.octets
    if (this.last?.id === id) this.last = null
    if (head !== this.#newest) return
    this.#newest = null
    for (const one of this.#items.values()) this.#newest = one
  }
  affiliate(jid: string, affiliation: Affiliation): void {
    if (this.#affiliations.delete(jid)) this.#affiliationOctets -= octetsOfPerson(jid)
    if (affiliation === 'none') return
    this.#affiliations.set(jid, affiliation)
    this.#affiliationOctets += octetsOfPerson(jid)
  }
  putSubscription(subscription: Subscription): void {
    this.removeSubscription(subscription.subid)
    this.#subscriptions.set(subscription.subid, subscription)
    this.#subscriptionOctets += octetsOfPerson(subscription.jid)
  }
  removeSubscription(subid: string): void {
    const before = this.#subscriptions.get(subid)
    if (before === undefined) return
    this.#subscriptions.delete(subid)
    this.#subscriptionOctets -= octetsOfPerson(before.jid)
  }
  /** The subscriptions of an address. */
  subscriptionsAt(address: string): readonly Subscription[] {
    return [...this.#subscriptions.values()].filter(({ jid }) => jid === address)
  }
  affiliationOf(bare: string): Affiliation {
    return bare === this.origin.owner ? 'owner' : (this.affiliations.get(bare) ?? 'none')
  }
  /** Bare JIDs. An account owns its nodes in any case. */
  get owners(): readonly string[] {
    const named = [...this.#affiliations].filter(([, affiliation]) => affiliation === 'owner').map(([jid]) => jid)
    return this.origin.owner.includes('@') ? [this.origin.owner, ...named] : named
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
export const octetsOf = ({ id, publisher, octets }: ItemHead): number =>
  ITEM_OCTETS + id.length + (publisher?.length ?? 0) + octets
export const octetsOfConfig = (config: NodeConfig): number => JSON.stringify(config).length
export const octetsOfPerson = (jid: string): number => PERSON_OCTETS + jid.length
