/** `porchlight report ...`: what users say about people whom they block. */
import type { Command } from 'commander'
import type { BlockReport, BlockReportPage } from '../admin/block-report-commands.ts'
import type { World } from '../process/world.ts'
import { formatDateTime } from '../xmpp/datetime.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'
import { pagesOf } from './pages.ts'

export function reportProgram(root: Command, world: World): void {
  const report = root
    .command('report')
    .description('reports of users about people whom they block; works with and without a running server')
  report
    .command('list')
    .description('list the reports, the newest first')
    .option('--json', 'write JSON, one report on each line')
    .action((_: unknown, command: Command) => list(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
  report
    .command('dismiss <id>')
    .description('delete a report')
    .action((id: string, _: unknown, command: Command) => dismiss(world, id, command.optsWithGlobals<ConfigOptions>()))
}

async function list(world: World, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const rows = pagesOf(authority, 'report.list', {}, (page: BlockReportPage) => page.reports)
    for await (const row of rows) world.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : lineOf(row))
  })
}

async function dismiss(world: World, id: string, options: ConfigOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), (authority) => authority.ask('report.dismiss', { id }))
  world.stdout.write(`The report ${id} is deleted.\n`)
}

function lineOf({ id, at, reporter, jid, reason, text, messages }: BlockReport): string {
  const remarks = [
    reason.replace(/^urn:xmpp:reporting:/, ''),
    ...(messages.length === 0 ? [] : [messages.length === 1 ? '1 message' : `${messages.length} messages`]),
    ...(text === '' ? [] : [JSON.stringify(text)]),
  ]
  return `${id}  ${formatDateTime(at)}  ${reporter} about ${jid}: ${remarks.join(', ')}\n`
}
