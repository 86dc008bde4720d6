/**
 * One command for a node: either it is refused, with the reason, or there is a plan of what becomes of the node and what is told.
 * Nothing is changed; the plan is applied when it is stored. Where a node is made by publishing, `create` is decided and applied
 * first, on a node that nobody else can see yet.
 */
import type { Actor, Circumstances, Command } from './commands.ts'
import { growthOf } from './growth.ts'
import type { Node } from './node.ts'
import { affiliate, arrange, configure, create, place, remove } from './owning.ts'
import type { Plan } from './plan.ts'
import { expire, publish, purge, retract } from './publishing.ts'
import { refuse, type Refusal } from './refusals.ts'
import { options, review, subscribe, unsubscribe } from './subscribing.ts'

export type Decision = Refusal | Plan
export const isRefused = (decision: object): decision is Refusal => 'refuse' in decision

export function decide(node: Node, actor: Actor, command: Command, circumstances: Circumstances): Decision {
  const decision = decided(node, actor, command, circumstances)
  return isRefused(decision) || isRoomFor(node, decision, circumstances) ? decision : refuse('no-room')
}
/** Whatever grows a node is held against what its creator may have in all. */
function isRoomFor(node: Node, { changes }: Plan, { holdings, limits }: Circumstances): boolean {
  const growth = growthOf(node, changes)
  return growth <= 0 || holdings.octets + growth <= limits.octetsMax
}
function decided(node: Node, actor: Actor, command: Command, circumstances: Circumstances): Decision {
  switch (command.do) {
    case 'create':
      return create(node, actor, command, circumstances)
    case 'publish':
      return publish(node, actor, command, circumstances)
    case 'retract':
      return retract(node, actor, command)
    case 'purge':
      return purge(node, actor)
    case 'delete':
      return remove(node, actor, command)
    case 'configure':
      return configure(node, actor, command, circumstances)
    case 'place':
      return place(node, actor, command, circumstances)
    case 'subscribe':
      return subscribe(node, actor, command, circumstances)
    case 'unsubscribe':
      return unsubscribe(node, actor, command)
    case 'options':
      return options(node, actor, command)
    case 'affiliate':
      return affiliate(node, actor, command, circumstances)
    case 'arrange':
      return arrange(node, actor, command)
    case 'expire':
      return expire(node, circumstances.now)
    case 'review':
      return review(node, command)
  }
}
