/** `porchlight link ...`: the links to other servers. */
import type { Command } from 'commander'
import type { LinkReport } from '../admin/link-commands.ts'
import type { World } from '../process/world.ts'
import { withServer } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'
import { span } from './span.ts'

interface LinkOptions {
  readonly local?: string
}

export function linkProgram(root: Command, world: World): void {
  const link = root.command('link').description('links to other servers; needs the running server')
  link
    .command('list')
    .description('list all known links and their states')
    .option('--json', 'write JSON, one link on each line')
    .action((_: unknown, command: Command) => listLinks(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
  const order = (name: 'down' | 'up', description: string): Command =>
    link
      .command(`${name} <domain>`)
      .description(description)
      .option('--local <domain>', 'only links of this local domain')
      .action((domain: string, _: unknown, command: Command) =>
        orderLink(world, domain, name, command.optsWithGlobals<ConfigOptions & LinkOptions>()),
      )
  order('down', 'take down the link to a domain: no traffic passes, and users are told')
  order('up', 'allow the link again; the server tries it at once')
}

async function listLinks(world: World, options: ConfigOptions & OutputOptions): Promise<void> {
  const { links, now } = await ask(world, options, 'link.list', {})
  for (const link of links) world.stdout.write(options.json === true ? `${JSON.stringify(link)}\n` : `${linkText(link, now)}\n`)
}

/** @param order 'down': no traffic may pass; 'up': traffic may pass again */
async function orderLink(
  world: World,
  remote: string,
  order: 'down' | 'up',
  options: ConfigOptions & LinkOptions,
): Promise<void> {
  const { links, now } = await ask(world, options, `link.${order}`, { remote, local: options.local ?? null })
  for (const link of links) world.stdout.write(`${linkText(link, now)}\n`)
}

async function ask(
  world: World,
  options: ConfigOptions,
  command: string,
  args: Readonly<Record<string, unknown>>,
): Promise<{ readonly links: readonly LinkReport[]; readonly now: number }> {
  return withServer(setupOf(world, options), async (server) => {
    const links = (await server.ask(command, args)) as readonly LinkReport[]
    const { startedAt, uptimeMs } = (await server.ask('status', {})) as { readonly startedAt: number; readonly uptimeMs: number }
    return { links, now: startedAt + uptimeMs }
  })
}

/** One line of text about a link. @param now the time on the server's clock */
export function linkText({ local, remote, state, since, streams, forced, announced }: LinkReport, now: number): string {
  const remarks = [
    ...(streams === 0 ? [] : [streams === 1 ? '1 stream' : `${streams} streams`]),
    ...(forced ? ['taken down by the operator'] : []),
    ...(announced ? ['users have been told'] : []),
  ]
  return `${local} - ${remote} ${state} for ${span(now - since)}${remarks.length === 0 ? '' : ` (${remarks.join(', ')})`}`
}
