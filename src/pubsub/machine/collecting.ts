/** XEP-0248: nodes in collections. A node is in one collection at most, and collections never run in a circle. */
import { refusalToOwn } from './access.ts'
import type { Actor, Circumstances } from './commands.ts'
import type { NodeConfig } from './config.ts'
import type { Node } from './node.ts'
import { refuse, type Refusal } from './refusals.ts'

export const isCollection = ({ config }: Node): boolean => config.node_type === 'collection'

/** May the node become a collection, or be put into another one? Only by somebody who owns both (6.2). */
export function refusalToPlace(
  node: Node,
  actor: Actor,
  changes: Partial<NodeConfig>,
  { limits, place }: Circumstances,
): Refusal | null {
  const kind = changes.node_type ?? node.config.node_type
  // Nobody could read or delete its items any more
  if (isCollection(node) ? kind === 'leaf' : kind === 'collection' && node.items.size > 0) return refuse('kind')
  if (place === null || changes.collection === node.config.collection) return null
  const { collection, children, isBelow } = place
  if (collection === null) return refuse('no-such-node')
  if (!isCollection(collection) || isBelow) return refuse('collection-options')
  return refusalToOwn(collection, actor) ?? (children >= limits.childrenMax ? refuse('too-many-children') : null)
}
