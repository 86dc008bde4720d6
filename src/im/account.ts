/**
 * The state of one local account for the rules of RFC 6121: its roster (section 2.1), the subscription
 * requests that wait for an answer (3.1.3), its bound resources and what each has broadcast (section 4).
 * The rules that change this state are in roster.ts, subscribing.ts and presence.ts.
 *
 * The key of a contact is the text of its address: the bare JID, or domain/resource if there is no
 * localpart (a gateway's `gateway.example/registered`); see `contactOf`.
 */
import type { Millis } from '../base/clock.ts'
import type { Jid } from '../xmpp/jid.ts'
import type { Packet, Payload } from '../xmpp/packet.ts'
import type { PresencePolicy } from './presence-policy.ts'
import { stateOf, type Subscription, type SubscriptionState } from './subscription.ts'

/** One contact as the client sees it (2.1.2). */
export interface RosterItem {
  readonly jid: Jid
  /** '' when the user gave none. */
  readonly name: string
  readonly groups: readonly string[]
  readonly subscription: Subscription
  /** The user has asked to see the contact and waits for an answer (2.1.2.2). */
  readonly ask: boolean
  /** The contact's next request is approved in advance (3.4). */
  readonly approved: boolean
}

/** A request to see the user's presence that the user has not answered yet (3.1.3). It is never part of the roster. */
export interface PendingRequest {
  /** The bare JID of the contact. */
  readonly from: Jid
  /** The complete stanza, from the contact's bare JID to the user's. */
  readonly stanza: Packet
  readonly receivedAt: Millis
}

/** A request of the user that the contact has not answered yet (3.1.2). */
export interface SentRequest {
  /** From the user's bare JID to the contact. */
  readonly stanza: Packet
  /** When it was last sent. */
  readonly sentAt: Millis
}

/** The change that one step makes to one contact. It is decided first, then stored, then applied. */
export interface RosterChange {
  readonly contact: Jid
  /** The contact's item afterwards; null if the roster has none. */
  readonly item: RosterItem | null
  /** The contact's unanswered request afterwards; null if there is none. */
  readonly pending: PendingRequest | null
  /** The version of the roster afterwards. */
  readonly version: number
  /** The client can see the change: the version grew, and a push follows. */
  readonly pushed: boolean
}

/** How many of each thing one account can have. Beyond a limit a request is refused, or dropped where the RFC wants silence. */
export interface ImLimits {
  readonly rosterItems: number
  /** All items together, in octets, estimated. */
  readonly rosterBytes: number
  readonly groupsPerItem: number
  /** The name of a contact or of a group, in octets of UTF-8. */
  readonly nameBytes: number
  /** Unanswered subscription requests of one account. */
  readonly pendingRequests: number
  /** One such request, in octets. */
  readonly pendingBytes: number
  /** All such requests together, in octets. */
  readonly pendingBytesInAll: number
  /** Entities outside the roster to which one resource can send presence directly. */
  readonly directedPerResource: number
  /** The addresses of these entities together, in octets. */
  readonly directedBytes: number
  /** A presence that is broadcast, in octets, because it is kept. */
  readonly presenceBytes: number
  /** The party behind a domain: all domains of one party share one limit. */
  readonly partyOf: (domain: string) => string
}

export const defaultLimits: ImLimits = {
  rosterItems: 2000,
  rosterBytes: 1024 * 1024,
  groupsPerItem: 50,
  nameBytes: 1023,
  pendingRequests: 200,
  pendingBytes: 8192,
  pendingBytesInAll: 512 * 1024,
  directedPerResource: 500,
  directedBytes: 64 * 1024,
  presenceBytes: 32 * 1024,
  partyOf: (domain) => domain,
}

/** The estimated memory of an item or a request in addition to its texts. */
const RECORD_OCTETS = 200

/** The estimated memory of an item. */
export function octetsOfItem({ jid, name, groups }: Pick<RosterItem, 'jid' | 'name' | 'groups'>): number {
  let octets = RECORD_OCTETS + jid.full.length + Buffer.byteLength(name)
  for (const group of groups) octets += Buffer.byteLength(group)
  return octets
}
/** The estimated memory of a waiting request. */
export const octetsOfRequest = (stanza: Packet): number => RECORD_OCTETS + stanza.from.full.length + stanza.payload.text.length

/** The groups of an item without groups: one shared array. */
export const NO_GROUPS: readonly string[] = []

/** The address under which a contact is kept: the bare JID, but a JID without localpart keeps its resource. */
export const contactOf = (address: Jid): Jid => (address.local === '' ? address : address.asBare)

/** The text of `contactOf(address)`: the key of the roster. */
export const contactKey = (address: Jid): string => (address.local === '' ? address.full : address.bare)

/** The roster of one account, in memory. */
export class Roster {
  #version: number
  #epoch: string
  readonly #items = new Map<string, RosterItem>()
  #pending: Map<string, PendingRequest> | null = null
  /** The memory of all items; null if not counted yet. */
  #octets: number | null = null
  #subscribers: readonly Jid[] | null = null
  #subscriptions: readonly Jid[] | null = null

  /** @param epoch see `Roster.epoch` */
  constructor(version: number, items: Iterable<RosterItem>, pending: Iterable<PendingRequest>, epoch = '') {
    this.#version = version
    this.#epoch = epoch
    for (const item of items) this.#items.set(item.jid.full, item)
    for (const request of pending) (this.#pending ??= new Map()).set(request.from.full, request)
  }

  /** Grows with every change that a client can see (2.6.2). */
  get version(): number {
    return this.#version
  }
  /**
   * Identifies the run of the server in which the roster got its version. A number alone is ambiguous: after the storage
   * was restored from a backup, the same numbers are used again.
   */
  get epoch(): string {
    return this.#epoch
  }
  /** @param key the full text of the item's JID */
  item(key: string): RosterItem | undefined {
    return this.#items.get(key)
  }
  items(): Iterable<RosterItem> {
    return this.#items.values()
  }
  get size(): number {
    return this.#items.size
  }
  /** The estimated memory of the items. */
  get octets(): number {
    if (this.#octets === null) {
      this.#octets = 0
      for (const item of this.#items.values()) this.#octets += octetsOfItem(item)
    }
    return this.#octets
  }
  /** The estimated memory of the unanswered requests. */
  get pendingOctets(): number {
    let octets = 0
    for (const { stanza } of this.pending()) octets += octetsOfRequest(stanza)
    return octets
  }
  has(contact: string): boolean {
    return this.#items.has(contact)
  }
  /** The unanswered requests, in the order in which their senders first asked. */
  pending(): Iterable<PendingRequest> {
    return this.#pending === null ? [] : this.#pending.values()
  }
  pendingFrom(contact: string): PendingRequest | undefined {
    return this.#pending?.get(contact)
  }
  get pendingCount(): number {
    return this.#pending === null ? 0 : this.#pending.size
  }

  /** The contacts that see the user: 'from' or 'both'. The same array until something changes. */
  get subscribers(): readonly Jid[] {
    return (this.#subscribers ??= this.#contacts('from'))
  }
  /** The contacts that the user sees: 'to' or 'both'. The same array until something changes. */
  get subscriptions(): readonly Jid[] {
    return (this.#subscriptions ??= this.#contacts('to'))
  }
  /** Does this contact see the user? */
  isSubscriber(contact: string): boolean {
    const item = this.#items.get(contact)
    return item !== undefined && (item.subscription === 'from' || item.subscription === 'both')
  }
  /** Does the user see this contact? */
  isSubscribedTo(contact: string): boolean {
    const item = this.#items.get(contact)
    return item !== undefined && (item.subscription === 'to' || item.subscription === 'both')
  }
  /** The subscription state between the user and this contact (A.1). */
  stateOf(contact: string): SubscriptionState {
    const item = this.#items.get(contact)
    return stateOf(
      item === undefined ? 'none' : item.subscription,
      item !== undefined && item.ask,
      this.pendingFrom(contact) !== undefined,
    )
  }

  /** @param epoch the epoch of this run of the server */
  apply(change: RosterChange, epoch = this.#epoch): void {
    const key = change.contact.full
    const before = this.#items.get(key)
    if (this.#octets !== null) {
      if (before !== undefined) this.#octets -= octetsOfItem(before)
      if (change.item !== null) this.#octets += octetsOfItem(change.item)
    }
    this.#version = change.version
    if (change.pushed) this.#epoch = epoch
    if (change.item === null) this.#items.delete(key)
    else this.#items.set(key, change.item)
    if (change.pending !== null) (this.#pending ??= new Map()).set(key, change.pending)
    else if (this.#pending?.delete(key) === true && this.#pending.size === 0) this.#pending = null
    this.#subscribers = null
    this.#subscriptions = null
  }

  /** It is stored with this version, whatever has been applied. */
  standAt(version: number, epoch: string): void {
    this.#version = version
    this.#epoch = epoch
  }

  #contacts(direction: 'from' | 'to'): readonly Jid[] {
    const jids: Jid[] = []
    for (const { subscription, jid } of this.#items.values()) {
      if (subscription === 'both' || subscription === direction) jids.push(jid)
    }
    return jids
  }
}

/** One bound resource. A session of the server is a resource. */
export class Resource {
  /** The full JID. */
  readonly jid: Jid
  /** The last available presence that the resource broadcast, from the full JID, without `to`; null if it is not available. */
  presence: Packet | null
  /** The priority of that presence (4.7.2.3). */
  priority: number
  /** The entities to which the resource sent presence directly, by full address; null if there are none (4.6.3). */
  directed: Map<string, Jid> | null
  /** The resource has asked for the roster, so it gets roster pushes (2.2). */
  interested: boolean
  /** The resource is present, but is seen only by entities to which it sends presence directly (XEP-0186). */
  invisible: boolean
  /** No client will come back for it: it stands for its presence until that ends, and receives nothing. */
  vacant: boolean

  constructor(jid: Jid) {
    this.jid = jid
    this.presence = null
    this.priority = 0
    this.directed = null
    this.interested = false
    this.invisible = false
    this.vacant = false
  }
  /** Is it available or invisible? */
  get isPresent(): boolean {
    return this.presence !== null || this.invisible
  }
  /** Does the resource receive what is sent to the account? */
  get takesPart(): boolean {
    return this.isPresent && !this.vacant
  }
  /** Did the resource send presence directly to this address, or to its bare JID, and not withdraw it (4.6.6)? */
  hasTold(address: Jid): boolean {
    return this.directed !== null && (this.directed.has(address.full) || this.directed.has(address.bare))
  }
  /**
   * Did the resource send presence directly to any address of this entity? A user who shares presence with
   * `room@service/nick` allows all of `room@service` to send IQ requests (8.5.3.1).
   */
  sharesWith(entity: Jid): boolean {
    if (this.directed === null) return false
    for (const to of this.directed.values()) if (to.bare === entity.bare) return true
    return false
  }
}

/** The last time at which an account became unavailable. */
export interface LastPresence {
  readonly at: Millis
  /** The payload of that last unavailable presence, such as its `<status/>`. */
  readonly payload: Payload
}

const everything: PresencePolicy = { lastSeen: 'exact', sharePaused: 'contacts', strangers: 'all' }

/** A set of entities: accounts, resources and domains. */
export interface Entities {
  matches(entity: Jid): boolean
}

/** @typeParam R the type of the account's resources */
export class Account<R extends Resource = Resource> {
  readonly bare: Jid
  readonly roster: Roster
  /** The bound resources, in the order of binding. */
  readonly resources: R[]
  /** Null if the account never became unavailable. */
  lastUnavailable: LastPresence | null
  /** What other users may know of this user's presence. */
  policy: PresencePolicy
  /** Null if nobody was hidden since the account was loaded. */
  #hidden: Entities | null
  #audience: readonly Jid[] | null
  /** The subscribers from which `#audience` was made. */
  #audienceOf: readonly Jid[] | null

  constructor(bare: Jid, roster: Roster) {
    this.bare = bare
    this.roster = roster
    this.resources = []
    this.lastUnavailable = null
    this.policy = everything
    this.#hidden = null
    this.#audience = null
    this.#audienceOf = null
  }
  /** The contacts that receive a broadcast: subscribers that are not hidden. The same array until something changes. */
  get audience(): readonly Jid[] {
    const { subscribers } = this.roster
    if (this.#audience === null || this.#audienceOf !== subscribers) {
      this.#audience = this.reachable(subscribers)
      this.#audienceOf = subscribers
    }
    return this.#audience
  }
  /** From now on broadcasts and probes skip these entities and no others. Probes of these entities get no answer (XEP-0191). */
  hide(entities: Entities): void {
    this.#hidden = entities
    this.#audience = null
    this.#audienceOf = null
  }
  /** Is this entity (a JID of any form) hidden? */
  hidden(entity: Jid): boolean {
    return this.#hidden !== null && this.#hidden.matches(entity)
  }
  /** Is any entity hidden, or was any hidden since the account was loaded? */
  get isHiding(): boolean {
    return this.#hidden !== null
  }
  /** The contacts that are not hidden; `contacts` itself if none is. */
  reachable(contacts: readonly Jid[]): readonly Jid[] {
    return this.isHiding && contacts.some((c) => this.hidden(c)) ? contacts.filter((c) => !this.hidden(c)) : contacts
  }
  /** Does any resource receive what is sent to the account? */
  get isAttended(): boolean {
    for (const r of this.resources) if (r.takesPart) return true
    return false
  }
  /** Is any resource available or invisible? */
  get isPresent(): boolean {
    for (const r of this.resources) if (r.isPresent) return true
    return false
  }
  /** Is any resource available? */
  get isAvailable(): boolean {
    return this.resources.some((r) => r.presence !== null)
  }
  /** The bound resource with this full JID. */
  resource(full: string): R | undefined {
    for (const r of this.resources) if (r.jid.full === full) return r
    return undefined
  }
}
