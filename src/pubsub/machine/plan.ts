/** What becomes of a node: changes in their order, and what is told when they are stored. Nothing has happened before. */
import type { Affiliation } from './affiliation.ts'
import type { NodeConfig } from './config.ts'
import type { Item, Node, Subscription } from './node.ts'

export type Change =
  | { readonly change: 'created' }
  | { readonly change: 'config'; readonly config: NodeConfig }
  | { readonly change: 'item'; readonly item: Item }
  | { readonly change: 'no-item'; readonly id: string }
  | { readonly change: 'no-items' }
  | { readonly change: 'affiliation'; readonly jid: string; readonly affiliation: Affiliation }
  | { readonly change: 'subscription'; readonly subscription: Subscription }
  | { readonly change: 'no-subscription'; readonly subid: string }
  | { readonly change: 'deleted' }

/** What is told of a node. A face decides who hears it, and makes the text. */
export type Told =
  | { readonly told: 'item'; readonly item: Item }
  | { readonly told: 'retracted'; readonly ids: readonly string[] }
  | { readonly told: 'purged' }
  | { readonly told: 'deleted'; readonly redirect: string }
  | { readonly told: 'configured'; readonly before: NodeConfig; readonly after: NodeConfig }
  /** Somebody was let in or out by an owner, or lost access. */
  | { readonly told: 'affiliation'; readonly jid: string; readonly before: Affiliation; readonly after: Affiliation }
  | {
      readonly told: 'subscription'
      readonly to: 'owners' | 'subscriber'
      readonly subscription: Subscription
      readonly state: Subscription['state'] | 'none'
    }
  /** Owners are asked to approve it (8.6). */
  | { readonly told: 'request'; readonly subscription: Subscription }
  /** The subscriber gets the last item (12.2). */
  | { readonly told: 'welcome'; readonly jid: string }

export interface Plan {
  readonly changes: readonly Change[]
  readonly told: readonly Told[]
  /** Entries that were not possible; the others were applied (8.8.2.4, 8.9.2.4). */
  readonly refused?: readonly string[]
}
export const plan = (changes: readonly Change[], told: readonly Told[] = []): Plan => ({ changes, told })
/** PUB-7: may somebody have lost access? However many are concerned, subscriptions are looked through once. */
export const mayEndAccess = ({ told }: Plan): boolean =>
  told.some((one) => one.told === 'configured' || one.told === 'affiliation')
export const NOTHING: Plan = plan([])

/** The largest payload of a last item that is kept in memory, in octets. */
export const LAST_OCTETS_MAX = 8192

/** Makes the node what was decided. */
export function apply(node: Node, changes: readonly Change[]): void {
  for (const change of changes) applyOne(node, change)
}
function applyOne(node: Node, change: Change): void {
  switch (change.change) {
    case 'config':
      node.config = change.config
      return
    case 'item': {
      const { payload, ...head } = change.item
      node.putItem(head)
      node.last = head.octets <= LAST_OCTETS_MAX || !node.config.persist_items ? { ...head, payload } : null
      node.last?.payload.keep()
      return
    }
    case 'no-item':
      return node.removeItem(change.id)
    case 'no-items':
      for (const id of [...node.items.keys()]) node.removeItem(id)
      return
    case 'affiliation':
      return node.affiliate(change.jid, change.affiliation)
    case 'subscription':
      return node.putSubscription(change.subscription)
    case 'no-subscription':
      return node.removeSubscription(change.subid)
    case 'created':
    case 'deleted':
  }
}
