/** `porchlight node ...`: the nodes of services of publish-subscribe (XEP-0060). */
import type { Command } from 'commander'
import type { NodePage, NodeRow } from '../admin/node-commands.ts'
import type { World } from '../process/world.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'
import { pagesOf } from './pages.ts'

export function nodeCommands(root: Command, world: World): void {
  const node = root.command('node').description('nodes of publish-subscribe; works with and without a running server')
  node
    .command('list [part]')
    .description('list all nodes, or those whose name, title or owner contains a text')
    .option('--json', 'write JSON, one node on each line')
    .action((part: string | undefined, _: unknown, command: Command) =>
      listNodes(world, part ?? '', command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  node
    .command('delete <node>')
    .description('delete a node with its items; its subscribers are told')
    .option('--service <domain>', 'where the node is, if there are several services')
    .action((name: string, _: unknown, command: Command) =>
      deleteNode(world, name, command.optsWithGlobals<ConfigOptions & NodeOptions>()),
    )
}

/** @param find a part of the wanted names, titles or owners; '' for all */
async function listNodes(world: World, find: string, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const rows = pagesOf(authority, 'node.list', { find }, (page: NodePage) => page.nodes)
    for await (const row of rows) world.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : `${lineOf(row)}\n`)
  })
}
function lineOf({ service, node, title, owners, access, items, subscriptions }: NodeRow): string {
  const name = title === '' ? '' : `"${title}", `
  return `${node}  at ${service}: ${name}${access}, ${counted(items, 'item')}, ${counted(subscriptions, 'subscription')}, owned by ${owners.join(', ')}`
}
const counted = (n: number, what: string): string => `${n} ${n === 1 ? what : `${what}s`}`

interface NodeOptions {
  readonly service?: string
}
async function deleteNode(world: World, node: string, options: ConfigOptions & NodeOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const { service } = (await authority.ask('node.delete', { node, service: options.service ?? '' })) as { service: string }
    world.stdout.write(`${node} at ${service} is deleted.\n`)
  })
}
