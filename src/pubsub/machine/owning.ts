/** XEP-0060 8: owners make, configure and delete the node, and decide who belongs to it. */
import { refusalToOwn } from './access.ts'
import type { Affiliation } from './affiliation.ts'
import type { Actor, Circumstances, Command } from './commands.ts'
import { countOf, type NodeConfig } from './config.ts'
import { type Node, type Subscription } from './node.ts'
import { plan, type Change, type Plan, type Told } from './plan.ts'
import { refuse, type Refusal } from './refusals.ts'

type Of<D extends Command['do']> = Extract<Command, { readonly do: D }>
/** The longest name of a node, in characters. */
const NAME_MAX = 1023

/** 8.1. `node` is the one that will be there; it has the configuration that nodes of its name have by default. */
export function create(node: Node, { config }: Of<'create'>, { holdings, limits }: Circumstances): Refusal | Plan {
  if (holdings.nodes >= limits.nodesMax) return refuse('too-many-nodes')
  const { name } = node.origin
  if (name === '' || name.length > NAME_MAX) return refuse('node-name')
  return plan([{ change: 'created' }, { change: 'config', config: { ...node.config, ...config } }, ...ofCreator(node)])
}
/** At a service the creator is the owner; an account owns its nodes in any case. */
const ofCreator = ({ origin: { owner, creator } }: Node): readonly Change[] =>
  owner.includes('@') ? [] : [{ change: 'affiliation', jid: creator, affiliation: 'owner' }]

/** 8.2 */
export function configure(node: Node, actor: Actor, { changes }: Of<'configure'>, { limits }: Circumstances): Refusal | Plan {
  const refusal = refusalToOwn(node, actor)
  if (refusal !== null) return refusal
  const before = node.config
  const after = { ...before, ...changes }
  const told: Told[] = [{ told: 'configured', before, after }]
  return plan([...excess(node, after, limits.itemsMax), { change: 'config', config: after }], told)
}
/** Items that have no place any more. */
function excess({ items }: Node, after: NodeConfig, itemsMax: number): readonly Change[] {
  const max = after.persist_items ? countOf(after.max_items, itemsMax) : 0
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
  for (const { jid, affiliation } of entries) {
    const before = after.get(jid) ?? 'none'
    // The owner of the place stays one, so a node is never without
    const isFixed = jid === node.origin.owner && affiliation !== 'owner'
    if (isFixed) refused.push(jid)
    else {
      if (affiliation === 'none' || jid === node.origin.owner) after.delete(jid)
      else after.set(jid, affiliation)
      if (before !== affiliation && jid !== node.origin.owner) touched.set(jid, affiliation)
    }
  }
  if (isOwnerless(node, after)) return refuse('last-owner')
  if (after.size > limits.affiliationsMax) return refuse('too-many-affiliations')
  const changes = Array.from(touched, ([jid, affiliation]): Change => ({ change: 'affiliation', jid, affiliation }))
  const told = Array.from(touched, ([jid, now]): Told => ({
    told: 'affiliation',
    jid,
    before: node.affiliations.get(jid) ?? 'none',
    after: now,
  }))
  return { changes, told, refused }
}
/** PS-9. An account owns its nodes in any case; at a service somebody has to. */
const isOwnerless = ({ origin }: Node, after: ReadonlyMap<string, Affiliation>): boolean =>
  !origin.owner.includes('@') && ![...after.values()].includes('owner')

/** 8.8, and the answer to a request (8.6). */
export function arrange(node: Node, actor: Actor, command: Of<'arrange'>, { limits }: Circumstances): Refusal | Plan {
  const refusal = refusalToOwn(node, actor)
  if (refusal !== null) return refusal
  const changes: Change[] = []
  const told: Told[] = []
  let size = node.subscriptions.size
  for (const [i, { jid, state }] of command.entries.entries()) {
    const before = node.subscriptions.get(jid)
    if (before?.state === state || (before === undefined && state === 'none')) continue
    if (before === undefined && (size += 1) > limits.subscriptionsMax) return refuse('too-many-subscriptions')
    const after: Subscription = before ?? { subid: command.subids[i]!, jid, state: 'pending', deliver: true }
    if (state === 'none') changes.push({ change: 'no-subscription', jid })
    else changes.push({ change: 'subscription', subscription: { ...after, state } })
    told.push({ told: 'subscription', to: 'subscriber', subscription: after, state })
    if (state === 'subscribed') told.push({ told: 'welcome', jid })
  }
  return plan(changes, told)
}
