/** Commands for the nodes of services (XEP-0060): list them, and delete one. */
import * as v from 'valibot'
import type { Millis } from '../base/clock.ts'
import { CommandError, defineCommand, limit, type Command } from './command.ts'
import { pageOf } from './places.ts'

export interface NodeRow {
  /** The domain of the service. */
  readonly service: string
  readonly node: string
  readonly title: string
  readonly owners: readonly string[]
  readonly createdAt: Millis
  /** The access model. */
  readonly access: string
  readonly items: number
  readonly subscriptions: number
}
/** One page of `node.list`. */
export interface NodePage {
  readonly nodes: readonly NodeRow[]
  /** Where the next page begins; null if this is the last page. */
  readonly next: string | null
}
/** The nodes of all services of this server. */
export interface ServedNodes {
  /** At least one. */
  readonly domains: readonly string[]
  all(): Promise<readonly NodeRow[]>
  /** @returns false if there is no such node */
  delete(service: string, node: string): Promise<boolean>
}

const LIST = { find: v.string(), after: v.string(), limit: v.optional(limit, Number.MAX_SAFE_INTEGER) }

/** @param nodes null: this server has no service with nodes */
export function nodeCommands(nodes: ServedNodes | null, pageSize: number): readonly Command[] {
  return [
    defineCommand('node.list', LIST, ({ find, after, limit }) =>
      nodePage(servedOf(nodes), find, after, Math.min(limit, pageSize)),
    ),
    // '': the only service
    defineCommand('node.delete', { node: v.string(), service: v.string() }, async ({ node, service: given }) => {
      const served = servedOf(nodes)
      const service = given === '' ? onlyService(served) : given
      if (!served.domains.includes(service))
        throw new CommandError(`${service} is no service of this server. Nodes are at ${served.domains.join(', ')}.`)
      if (await served.delete(service, node)) return { service, node }
      throw new CommandError(`There is no node "${node}" at ${service}. \`node list\` shows those that there are.`)
    }),
  ]
}
async function nodePage(served: ServedNodes, find: string, after: string, size: number): Promise<NodePage> {
  const part = find.toLowerCase()
  const wanted = (await served.all()).filter((row) =>
    [row.node, row.title, ...row.owners].some((text) => text.toLowerCase().includes(part)),
  )
  const nameOf = ({ service, node }: NodeRow): string => `${service} ${node}`
  const { page, next } = pageOf(
    wanted,
    (row) => ({ key: 0, name: nameOf(row) }),
    after === '' ? null : { key: 0, name: after },
    size,
  )
  return { nodes: page, next: next?.name ?? null }
}

function servedOf(nodes: ServedNodes | null): ServedNodes {
  if (nodes !== null) return nodes
  throw new CommandError(
    'This server has no service with nodes: the configuration switches it off, or a component has its domain ([publish-subscribe], [[component]]).',
  )
}
function onlyService({ domains }: ServedNodes): string {
  if (domains.length === 1) return domains[0]!
  throw new CommandError(`There are several services with nodes. Name one of ${domains.join(', ')} with --service.`)
}
