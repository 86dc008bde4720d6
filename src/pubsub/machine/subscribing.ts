/** XEP-0060 6.1 to 6.3: people subscribe, and say what they want. */
import { refusalToHear, refusalToSubscribe } from './access.ts'
import { isInsider } from './affiliation.ts'
import { NO_RELATION, type Actor, type Circumstances, type Command } from './commands.ts'
import { bareOf, USUAL_OPTIONS, type Node, type Subscription } from './node.ts'
import { plan, type Change, type Plan, type Told } from './plan.ts'
import { refuse, type Refusal } from './refusals.ts'

type Of<D extends Command['do']> = Extract<Command, { readonly do: D }>

/** 6.1 */
export function subscribe(node: Node, actor: Actor, command: Of<'subscribe'>, circumstances: Circumstances): Refusal | Plan {
  const { jid, subid, options: wanted } = command
  if (bareOf(jid) !== actor.bare) return refuse('other-jid')
  if (!node.config.subscribe) return refuse('no-subscriptions')
  const refusal = refusalToSubscribe(node, actor)
  if (refusal !== null) return refusal
  const before = node.subscriptionsAt(jid)
  if (before.some(({ state }) => state === 'pending')) return refuse('pending')
  if (before.length > 0 && !circumstances.limits.severalSubscriptions) return plan([])
  if (isFull(node, actor.bare, circumstances)) return refuse('too-many-subscriptions')
  const isAsked = node.config.access_model === 'authorize' && !isInsider(node.affiliationOf(actor.bare))
  const subscription: Subscription = { subid, jid, state: isAsked ? 'pending' : 'subscribed', ...USUAL_OPTIONS, ...wanted }
  const changes: Change[] = [{ change: 'subscription', subscription }]
  if (isAsked) return plan(changes, [{ told: 'request', subscription }])
  return plan(changes, [...ofSubscription(node, subscription), { told: 'welcome', jid }])
}
function isFull(node: Node, bare: string, { limits, holdings }: Circumstances): boolean {
  return (
    node.subscriptions.size >= limits.subscriptionsMax ||
    (holdings.subscriptionsOf.get(bare) ?? 0) >= limits.subscriptionsOfOneMax ||
    isFullFor(node, domainOf(bare), limits.subscriptionsMax)
  )
}
/** Another domain, which can make up any number of addresses, gets a tenth: it cannot shut out all others. */
function isFullFor({ origin, subscriptions }: Node, domain: string, max: number): boolean {
  const share = Math.ceil(max / 10)
  if (subscriptions.size < share || isAtHome(domain, domainOf(origin.owner))) return false
  let ofDomain = 0
  for (const { jid } of subscriptions.values()) if (domainOf(bareOf(jid)) === domain) ofDomain += 1
  return ofDomain >= share
}
/** A service is below the domain of its users. */
const isAtHome = (domain: string, place: string): boolean => domain === place || place.endsWith(`.${domain}`)
const domainOf = (bare: string): string => bare.slice(bare.indexOf('@') + 1)
const ofSubscription = (node: Node, subscription: Subscription): readonly Told[] =>
  node.config.notify_sub ? [{ told: 'subscription', to: 'owners', subscription, state: subscription.state }] : []

/** The subscription that a request means. */
export function meant(node: Node, actor: Actor, jid: string, subid: string | null): Refusal | Subscription {
  if (bareOf(jid) !== actor.bare) return refuse('not-your-subscription')
  const found = node.subscriptionsAt(jid)
  if (found.length === 0) return refuse('not-subscribed')
  if (subid === null) return found.length === 1 ? found[0]! : refuse('subid-required')
  return found.find((one) => one.subid === subid) ?? refuse('subid')
}

/** 6.2 */
export function unsubscribe(node: Node, actor: Actor, { jid, subid }: Of<'unsubscribe'>): Refusal | Plan {
  const found = meant(node, actor, jid, subid)
  if ('refuse' in found) return found
  const told: Told[] = node.config.notify_sub ? [{ told: 'subscription', to: 'owners', subscription: found, state: 'none' }] : []
  return plan([{ change: 'no-subscription', subid: found.subid }], told)
}

/** 6.3 */
export function options(node: Node, actor: Actor, { jid, subid, options: wanted }: Of<'options'>): Refusal | Plan {
  const found = meant(node, actor, jid, subid)
  return 'refuse' in found ? found : plan([{ change: 'subscription', subscription: { ...found, ...wanted } }])
}

/** PUB-7: subscriptions of those who have lost access end. */
export function review(node: Node, { relations }: Of<'review'>): Plan {
  const changes: Change[] = []
  const told: Told[] = []
  for (const subscription of node.subscriptions.values()) {
    const bare = bareOf(subscription.jid)
    const asker = { bare, relation: relations.get(bare) ?? NO_RELATION }
    const isOut = subscription.state === 'pending' ? refusalToSubscribe(node, asker) : refusalToHear(node, asker)
    if (isOut === null) continue
    changes.push({ change: 'no-subscription', subid: subscription.subid })
    told.push({ told: 'subscription', to: 'subscriber', subscription, state: 'none' })
  }
  return plan(changes, told)
}
