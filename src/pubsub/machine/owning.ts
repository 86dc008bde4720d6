/** XEP-0060 8: owners make, configure and delete the node, and decide who belongs to it. */
import { refusalToOwn } from './access.ts'
import { isInsider, type Affiliation } from './affiliation.ts'
import { refusalToPlace } from './collecting.ts'
import type { Actor, AffiliationEntry, Circumstances, Command } from './commands.ts'
import { countOf, PARENTS_MAX, type NodeConfig } from './config.ts'
import { type Node, type Subscription } from './node.ts'
import { plan, type Change, type Plan, type Told } from './plan.ts'
import { refuse, type Refusal } from './refusals.ts'

type Of<D extends Command['do']> = Extract<Command, { readonly do: D }>
/** The longest name of a node, in characters. */
const NAME_MAX = 1023

/** 8.1. `node` is the one that will be there; it has the configuration that nodes of its name have by default. */
export function create(node: Node, actor: Actor, { config }: Of<'create'>, circumstances: Circumstances): Refusal | Plan {
  const { holdings, limits } = circumstances
  if (holdings.nodes >= limits.nodesMax || holdings.nodesInAll >= limits.nodesInAllMax) return refuse('too-many-nodes')
  const { name } = node.origin
  if (name === '' || name.length > NAME_MAX) return refuse('node-name')
  const refusal = refusalToPlace(node, actor, config, circumstances)
  if (refusal !== null) return refusal
  return plan([{ change: 'created' }, { change: 'config', config: { ...node.config, ...config } }, ...ofCreator(node)])
}
/** At a service the creator is the owner; an account owns its nodes in any case. */
const ofCreator = ({ origin: { owner, creator } }: Node): readonly Change[] =>
  owner.includes('@') ? [] : [{ change: 'affiliation', jid: creator, affiliation: 'owner' }]

/** XEP-0248 6.5, 6.6: a configuration of which all but one collection stays. */
export function place(node: Node, actor: Actor, { collection, isIn }: Of<'place'>, circumstances: Circumstances): Refusal | Plan {
  const others = node.config.collection.filter((name) => name !== collection)
  const changes = { collection: isIn ? [...others, collection] : others }
  const refusal = refusalToOwn(node, actor)
  if (refusal !== null) return refusal
  if (!isIn && others.length === node.config.collection.length) return refuse('not-in-collection')
  if (changes.collection.length > PARENTS_MAX) return refuse('too-many-collections')
  return configure(node, actor, { do: 'configure', changes }, circumstances)
}

/** 8.2 */
export function configure(node: Node, actor: Actor, { changes }: Of<'configure'>, circumstances: Circumstances): Refusal | Plan {
  const refusal = refusalToOwn(node, actor) ?? refusalToPlace(node, actor, changes, circumstances)
  if (refusal !== null) return refusal
  const before = node.config
  const after = { ...before, ...changes }
  const told: Told[] = [{ told: 'configured', before, after }]
  const gone = excess(node, after, circumstances.limits.itemsMax)
  return plan([...gone, { change: 'config', config: after }, ...storedFromNowOn(node, after)], told)
}
/** The item that was in memory alone, of a node that keeps its items from now on. */
function storedFromNowOn({ last, hasUnstored }: Node, after: NodeConfig): readonly Change[] {
  return hasUnstored && last !== null && after.persist_items && after.node_type === 'leaf' ? [{ change: 'item', item: last }] : []
}
/** Items that have no place any more. */
function excess({ items }: Node, after: NodeConfig, itemsMax: number): readonly Change[] {
  const max = after.persist_items && after.node_type === 'leaf' ? countOf(after.max_items, itemsMax) : 0
  const gone = [...items.keys()].slice(0, Math.max(0, items.size - max))
  return gone.map((id): Change => ({ change: 'no-item', id }))
}

/** 8.4 */
export function remove(node: Node, actor: Actor, { redirect }: Of<'delete'>): Refusal | Plan {
  const refusal = refusalToOwn(node, actor)
  if (refusal !== null) return refusal
  return plan([{ change: 'deleted' }], node.config.notify_delete ? [{ told: 'deleted', redirect }] : [])
}

/** 8.9: an entry that is not possible is left out, the others count. */
export function affiliate(node: Node, actor: Actor, { entries }: Of<'affiliate'>, { limits }: Circumstances): Refusal | Plan {
  const refusal = refusalToOwn(node, actor)
  if (refusal !== null) return refusal
  const after = new Map(node.affiliations)
  const refused: string[] = []
  const touched = new Map<string, Affiliation>()
  // New owners come first, so that one can take the place of another
  for (const { jid, affiliation } of [...entries].sort(byOwnership)) {
    const before = after.get(jid) ?? 'none'
    if (affiliation !== 'owner' && isLastOwner(node, after, jid)) refused.push(jid)
    else {
      if (affiliation === 'none' || jid === node.origin.owner) after.delete(jid)
      else after.set(jid, affiliation)
      if (before !== affiliation && jid !== node.origin.owner) touched.set(jid, affiliation)
    }
  }
  if (after.size > limits.affiliationsMax) return refuse('too-many-affiliations')
  const changes = Array.from(touched, ([jid, affiliation]): Change => ({ change: 'affiliation', jid, affiliation }))
  const told: Told[] = Array.from(touched, ([jid, now]): Told => ({
    told: 'affiliation',
    jid,
    before: node.affiliations.get(jid) ?? 'none',
    after: now,
  }))
  const approved = [...touched].filter(([, now]) => isInsider(now)).flatMap(([jid]) => node.subscriptionsOf(jid))
  for (const one of approved) if (one.state === 'pending') approve(one, changes, told)
  return { changes, told, refused }
}
function approve(before: Subscription, changes: Change[], told: Told[]): void {
  const subscription: Subscription = { ...before, state: 'subscribed' }
  changes.push({ change: 'subscription', subscription })
  told.push({ told: 'subscription', to: 'subscriber', subscription, state: 'subscribed' }, { told: 'welcome', jid: before.jid })
}
const byOwnership = (a: AffiliationEntry, b: AffiliationEntry): number =>
  Number(b.affiliation === 'owner') - Number(a.affiliation === 'owner')
/** PS-9. An account owns its nodes in any case; at a service somebody has to. */
function isLastOwner({ origin }: Node, now: ReadonlyMap<string, Affiliation>, jid: string): boolean {
  if (origin.owner.includes('@')) return jid === origin.owner
  return now.get(jid) === 'owner' && [...now.values()].filter((one) => one === 'owner').length === 1
}

/** 8.8, and the answer to a request (8.6). Nobody is subscribed who has not asked for it: such an entry is left out (8.8.2.4). */
export function arrange(node: Node, actor: Actor, { entries }: Of<'arrange'>): Refusal | Plan {
  const refusal = refusalToOwn(node, actor)
  if (refusal !== null) return refusal
  const changes: Change[] = []
  const told: Told[] = []
  const refused: string[] = []
  for (const { jid, state, isAnswer = false } of entries) {
    const all = node.subscriptionsAt(jid).filter((one) => !isAnswer || one.state === 'pending')
    if (all.length === 0 && state !== 'none') refused.push(jid)
    for (const before of all) {
      if (before.state === state) continue
      if (state === 'none') changes.push({ change: 'no-subscription', subid: before.subid })
      else changes.push({ change: 'subscription', subscription: { ...before, state } })
      told.push({ told: 'subscription', to: 'subscriber', subscription: before, state })
      if (state === 'subscribed') told.push({ told: 'welcome', jid })
    }
  }
  return { changes, told, refused }
}
