/** How much more a node takes up after a change, of what its creator is held to account for. */
import type { NodeConfig } from './config.ts'
import { octetsOf, octetsOfConfig, octetsOfPerson, type Node } from './node.ts'
import type { Change } from './plan.ts'

/** In octets, about; negative: it takes up less. */
export function growthOf(node: Node, changes: readonly Change[]): number {
  const after = changes.findLast((one) => one.change === 'config')?.config ?? node.config
  return changes.reduce((sum, change) => sum + growthBy(node, change, after), 0)
}
function growthBy(node: Node, change: Change, after: NodeConfig): number {
  switch (change.change) {
    case 'created':
      return node.octets
    case 'config':
      return octetsOfConfig(change.config) - octetsOfConfig(node.config)
    case 'item':
      return (after.persist_items ? octetsOf(change.item) : 0) - octetsOfItem(node, change.item.id)
    case 'no-item':
      return -octetsOfItem(node, change.id)
    case 'no-items':
      return -[...node.items.keys()].reduce((sum, id) => sum + octetsOfItem(node, id), 0)
    case 'affiliation': {
      const before = node.affiliations.has(change.jid) ? octetsOfPerson(change.jid) : 0
      return (change.affiliation === 'none' ? 0 : octetsOfPerson(change.jid)) - before
    }
    case 'deleted':
      return -node.octets
    case 'subscription':
    case 'no-subscription':
      return 0
  }
}
/** An item that is not stored counts for nothing. */
function octetsOfItem({ items, config }: Node, id: string): number {
  const head = items.get(id)
  return head === undefined || !config.persist_items ? 0 : octetsOf(head)
}
