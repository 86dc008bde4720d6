/** The nodes of services as the operator sees them. */
import { isRefused } from '../../pubsub/machine/decide.ts'
import type { Node } from '../../pubsub/machine/node.ts'
import { serverFor, type Nodes } from '../../pubsub/nodes.ts'

/** What the operator is told of a node. */
export interface NodeReport {
  readonly service: string
  readonly node: string
  readonly title: string
  readonly owners: readonly string[]
  readonly createdAt: number
  readonly access: string
  readonly items: number
  readonly subscriptions: number
}

export class ServedNodes {
  readonly domains: readonly string[]
  readonly #nodes: Nodes

  constructor(nodes: Nodes, domains: readonly string[]) {
    this.#nodes = nodes
    this.domains = domains
  }
  async all(): Promise<readonly NodeReport[]> {
    const found: NodeReport[] = []
    for (const domain of this.domains) for await (const node of this.#nodes.each(domain)) found.push(reportOf(node))
    return found
  }
  /** Subscribers are told. @returns false if there is no such node */
  async delete(owner: string, name: string): Promise<boolean> {
    const command = { do: 'delete', redirect: '' } as const
    const outcome = await this.#nodes.perform({ owner, name, actor: serverFor(owner), command, make: null })
    if (isRefused(outcome)) return false
    outcome.tell()
    return true
  }
}
const reportOf = (node: Node): NodeReport => ({
  service: node.origin.owner,
  node: node.origin.name,
  title: node.config.title,
  owners: node.owners,
  createdAt: node.origin.createdAt,
  access: node.config.access_model,
  items: node.items.size,
  subscriptions: node.subscriptions.size,
})
