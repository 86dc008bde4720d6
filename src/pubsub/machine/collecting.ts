/** XEP-0248: nodes in collections. A node can be in several, and collections never run in a circle. */
import { refusalToOwn } from './access.ts'
import type { Actor, Circumstances, Limits, Placing } from './commands.ts'
import type { NodeConfig } from './config.ts'
import type { Node } from './node.ts'
import { refuse, type Refusal } from './refusals.ts'

export const isCollection = ({ config }: Node): boolean => config.node_type === 'collection'

/** May the node become a collection, or be put into others? Only by somebody who owns all of them (6.2). */
export function refusalToPlace(
  node: Node,
  actor: Actor,
  changes: Partial<NodeConfig>,
  { limits, places }: Circumstances,
): Refusal | null {
  const kind = changes.node_type ?? node.config.node_type
  // Nobody could read or delete its items any more. One that is in memory alone goes with the change
  const hasStored = node.items.size > 0 && !node.hasUnstored
  if (isCollection(node) ? kind === 'leaf' : kind === 'collection' && hasStored) return refuse('kind')
  for (const place of places) {
    const refusal = refusalToPut(actor, place, limits)
    if (refusal !== null) return refusal
  }
  return null
}
function refusalToPut(actor: Actor, { collection, children, isBelow }: Placing, limits: Limits): Refusal | null {
  if (collection === null) return refuse('no-such-node')
  if (!isCollection(collection) || isBelow) return refuse('collection-options')
  return refusalToOwn(collection, actor) ?? (children >= limits.childrenMax ? refuse('too-many-children') : null)
}
