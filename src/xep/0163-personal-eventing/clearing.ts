/** PEP-39: what a client has published of its user's doings is over when the client goes, where the operator wants that. */
import type { Node } from '../../pubsub/machine/node.ts'
import { isRefused } from '../../pubsub/machine/decide.ts'
import { serverFor, type Nodes } from '../../pubsub/nodes.ts'
import type { Host } from '../../server/feature.ts'
import { el } from '../../xml/element.ts'
import { Payload } from '../../xmpp/packet.ts'

const SHORT: ReadonlyMap<string, string> = new Map(
  ['activity', 'geoloc', 'mood', 'tune'].map((name) => [name, `http://jabber.org/protocol/${name}`]),
)

/** @param names of nodes; some have a short name */
export function clearWhenGone(host: Host, nodes: Nodes, names: readonly string[]): void {
  const meant = names.map((name) => SHORT.get(name) ?? name)
  if (meant.length === 0) return
  const failed = (error: unknown): void => host.log.error({ err: error }, 'What a client has published could not be cleared')
  host.on('presence-changed', ({ session, after }) => {
    const owner = session.account.bare.bare
    if (after === null && nodes.index.has(owner)) clear(nodes, owner, session.jid.full, meant).catch(failed)
  })
}
async function clear(nodes: Nodes, owner: string, publisher: string, names: readonly string[]): Promise<void> {
  for (const node of await nodes.some(owner, names)) if (node.newest?.publisher === publisher) await empty(nodes, node)
}
/** An element of the same name without content says that it is over (XEP-0107, XEP-0108, XEP-0118). */
async function empty(nodes: Nodes, node: Node): Promise<void> {
  const [item] = await nodes.items(node, [node.newest!])
  const element = item?.payload.elements[0]
  if (item === undefined || element === undefined || element.children.length === 0) return
  const { owner, name } = node.origin
  const items = [{ id: item.id, payload: Payload.of(el(element.name, element.ns)) }]
  const command = { do: 'publish', items, conditions: null } as const
  const outcome = await nodes.perform({ owner, name, actor: serverFor(owner), command, make: null })
  if (!isRefused(outcome)) outcome.tell()
}
