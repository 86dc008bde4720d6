/** `porchlight domain ...`: other domains that are blocked, and those that alone are allowed. */
import type { Command } from 'commander'
import type { DomainListReport } from '../admin/domain-commands.ts'
import type { World } from '../process/world.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'

export function domainProgram(root: Command, world: World): void {
  const domain = root
    .command('domain')
    .description('lists of other domains, which hold at once; works with and without a running server')
  domain
    .command('list')
    .description('list the domains that are blocked, and those that alone are allowed')
    .option('--json', 'for programs')
    .action((_: unknown, command: Command) => list(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
  const change = (name: string, of: 'blocked' | 'allowed', how: 'add' | 'remove', description: string): Command =>
    domain
      .command(`${name} <domains...>`)
      .description(description)
      .action((domains: string[], _: unknown, command: Command) =>
        order(world, { list: of, add: [], remove: [], [how]: domains }, command.optsWithGlobals<ConfigOptions>()),
      )
  change('block', 'blocked', 'add', 'exchange nothing with domains; "*.example.org" for all below one')
  change('unblock', 'blocked', 'remove', 'take domains off the list of those that are blocked')
  change('allow', 'allowed', 'add', 'exchange stanzas with these domains, and with no others that are not in the list')
  change('disallow', 'allowed', 'remove', 'take domains off that list; if it is empty, all are allowed')
}

async function list(world: World, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const report = (await authority.ask('domain.list', {})) as DomainListReport
    world.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : textOf(report))
  })
}

async function order(world: World, args: object, options: ConfigOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    world.stdout.write(textOf((await authority.ask('domain.change', { ...args })) as DomainListReport))
  })
}

function textOf({ blocked, allowed }: DomainListReport): string {
  const words = [...blocked.map((domain) => `${domain}  blocked\n`), ...allowed.map((domain) => `${domain}  allowed\n`)]
  return words.length === 0 ? 'No domain is blocked, and all are allowed.\n' : words.join('')
}
