/** What speaks for nodes to the world: stanzas become commands, and what nodes tell becomes stanzas. */
import type { Node } from './machine/node.ts'
import type { Plan } from './machine/plan.ts'

export interface NodeFace {
  /** The plan is stored and applied. Called in the order of the changes of each owner; errors are logged. */
  happened(node: Node, plan: Plan): void
}
