/** What can be asked of a node, by whom, and under which circumstances. */
import type { Millis } from '../../base/clock.ts'
import type { Payload } from '../../xmpp/packet.ts'
import type { Affiliation } from './affiliation.ts'
import { ACCESS_MODELS, type ConfigLimits, type NodeConfig } from './config.ts'
import type { Node, SubscriptionOptions, SubscriptionState } from './node.ts'

/** How somebody stands to the owner of a node, as the face knows. */
export interface Relation {
  /** Has a subscription to the owner's presence (`from` or `both` in the owner's roster). */
  readonly seesPresence: boolean
  /** The groups of the owner's roster that they are in. */
  readonly groups: readonly string[]
}
export const NO_RELATION: Relation = { seesPresence: false, groups: [] }

export interface Actor {
  /** Bare JID. */
  readonly bare: string
  /** Full JID; the bare one if there is no resource. */
  readonly full: string
  readonly relation: Relation
  /** The server acts for the owner: rates and rights are not asked for. */
  readonly isServer: boolean
}

export interface NewItem {
  readonly id: string
  readonly payload: Payload
}
export interface AffiliationEntry {
  readonly jid: string
  readonly affiliation: Affiliation
}
export interface SubscriptionEntry {
  readonly jid: string
  readonly state: SubscriptionState | 'none'
  /** Only those that wait: the answer to a request says nothing of other subscriptions of the address. */
  readonly isAnswer?: boolean
}

export type Command =
  | { readonly do: 'create'; readonly config: Partial<NodeConfig> }
  /** @param conditions of the configuration; null: none */
  | { readonly do: 'publish'; readonly items: readonly NewItem[]; readonly conditions: Partial<NodeConfig> | null }
  /** @param notify false: nobody is told unless the configuration says so */
  | { readonly do: 'retract'; readonly ids: readonly string[]; readonly notify: boolean }
  | { readonly do: 'purge' }
  /** @param redirect a URI; '': nowhere */
  | { readonly do: 'delete'; readonly redirect: string }
  | { readonly do: 'configure'; readonly changes: Partial<NodeConfig> }
  /** The node comes into a collection, or leaves it (XEP-0248 6.5, 6.6). */
  | { readonly do: 'place'; readonly collection: string; readonly isIn: boolean }
  | { readonly do: 'subscribe'; readonly jid: string; readonly subid: string; readonly options: Partial<SubscriptionOptions> }
  | { readonly do: 'unsubscribe'; readonly jid: string; readonly subid: string | null }
  | {
      readonly do: 'options'
      readonly jid: string
      readonly subid: string | null
      readonly options: Partial<SubscriptionOptions>
    }
  | { readonly do: 'affiliate'; readonly entries: readonly AffiliationEntry[] }
  /** Owners decide who is subscribed. @param subid of each new subscription */
  | { readonly do: 'arrange'; readonly entries: readonly SubscriptionEntry[] }
  /** Items whose time is over go, without a word (`item_expire`). */
  | { readonly do: 'expire' }
  /** Subscriptions end of those for whom `relations` no longer gives access (PUB-7). */
  | { readonly do: 'review'; readonly relations: ReadonlyMap<string, Relation> }

export interface Limits extends ConfigLimits {
  /** Of one holder. */
  readonly nodesMax: number
  /** Of all creators together. */
  readonly nodesInAllMax: number
  /** All that one holder has, with the nodes themselves and the affiliations. */
  readonly octetsMax: number
  readonly batchMax: number
  readonly subscriptionsMax: number
  /** May an address have several at one node (6.1.6)? */
  readonly severalSubscriptions: boolean
  /** Of one person with one owner. */
  readonly subscriptionsOfOneMax: number
  readonly affiliationsMax: number
}
/** What is decided with beside the node: nothing of it is looked up later. */
export interface Circumstances {
  readonly now: Millis
  readonly limits: Limits
  readonly holdings: Holdings
  /** The collections that the node comes into, and is not in yet. */
  readonly places: readonly Placing[]
}
/** Where a node is to be. */
export interface Placing {
  /** Null: there is no such node. */
  readonly collection: Node | null
  /** Nodes in it. */
  readonly children: number
  /** Is it the node itself, or somewhere in it, or too deep? */
  readonly isBelow: boolean
}
/** What the holder of the node has: the account, or at a service its creator, or the other domain that the creator is of. */
export interface Holdings {
  readonly nodes: number
  readonly octets: number
  /** Nodes of everybody. */
  readonly nodesInAll: number
  /** Subscriptions of a person (bare) at nodes of this owner. */
  readonly subscriptionsOf: ReadonlyMap<string, number>
}
export const LIMITS: Limits = {
  itemsMax: 1000,
  payloadMax: 256 * 1024,
  accessModels: ACCESS_MODELS,
  childrenMax: 0,
  nodesMax: 200,
  nodesInAllMax: Infinity,
  octetsMax: 10 * 1024 * 1024,
  batchMax: 20,
  subscriptionsMax: 10_000,
  severalSubscriptions: false,
  subscriptionsOfOneMax: 200,
  affiliationsMax: 5000,
}
