/** What service discovery says of a node (XEP-0060 5.3, 5.4). */
import type { DiscoNode } from '../../server/routing/disco-book.ts'
import type { Node } from '../machine/node.ts'
import { metaForm } from './forms.ts'
import { META_DATA, PUBSUB } from './ns.ts'

/** @param isFriend may the asker subscribe? */
export function describedNode(node: Node, isFriend: boolean): DiscoNode {
  const { title } = node.config
  return {
    identities: [{ category: 'pubsub', type: node.config.node_type, ...(title === '' ? {} : { name: title }) }],
    features: [PUBSUB, META_DATA],
    items: [],
    forms: [metaForm(node, isFriend)],
  }
}
