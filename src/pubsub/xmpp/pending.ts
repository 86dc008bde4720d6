/** XEP-0060 8.7: owners ask for the subscriptions that wait for them, node by node. What they get are the forms of 8.6. */
import type { Element } from '../../xml/element.ts'
import type { DiscoNode } from '../../server/routing/disco-book.ts'
import { dataForm, DATA_FORM } from '../../xmpp/data-form.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Node, Subscription } from '../machine/node.ts'
import type { Nodes } from '../nodes.ts'
import { PUBSUB, SUBSCRIBE_AUTHORIZATION } from './ns.ts'
import { existing } from './reading.ts'

/** The name of the command. */
export const GET_PENDING = `${PUBSUB}#get-pending`
export const GET_PENDING_TITLE = 'Subscriptions that wait for approval'

/** What service discovery says of it (XEP-0050 2). @param list the node with all commands, which is the namespace too */
export function commandNodes(list: string): ReadonlyMap<string, DiscoNode> {
  const identityOf = (type: string, name: string) => ({ category: 'automation', type, name })
  const items = [{ node: GET_PENDING, name: GET_PENDING_TITLE }]
  const one = { identities: [identityOf('command-node', GET_PENDING_TITLE)], features: [list, DATA_FORM], items: [] }
  return new Map<string, DiscoNode>([
    [list, { identities: [identityOf('command-list', 'Commands')], features: [list], items }],
    [GET_PENDING, one],
  ])
}

export const waitingAt = ({ subscriptions }: Node): readonly Subscription[] =>
  [...subscriptions.values()].filter(({ state }) => state === 'pending')

/** The nodes that have some for the person who asks. @param names of them */
export function pendingForm(names: readonly string[]): Element {
  const options = names.map((name) => [name, name] as const)
  return dataForm({
    type: 'form',
    formType: SUBSCRIBE_AUTHORIZATION,
    title: GET_PENDING_TITLE,
    instructions: 'Choose a node.',
    fields: [{ name: 'pubsub#node', type: 'list-single', label: 'Node', values: [], options }],
  })
}
/** The node that was chosen. @throws StanzaError */
export async function chosenNode(
  nodes: Nodes,
  owner: string,
  bare: string,
  values: ReadonlyMap<string, readonly string[]>,
): Promise<Node> {
  const name = values.get('pubsub#node')?.[0]
  if (name === undefined) throw new StanzaError('bad-request', { text: 'Choose a node' })
  const node = existing(await nodes.one(owner, name))
  if (!node.owners.includes(bare)) throw new StanzaError('forbidden', { type: 'cancel' })
  return node
}
