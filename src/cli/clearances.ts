/** `porchlight label`, `porchlight clearance` and `porchlight explain label|withheld`: security labels (XEP-0258). */
import type { Command } from 'commander'
import {
  wordsFor,
  type ClearancePage,
  type ClearanceReport,
  type GradeRow,
  type LabelExplanation,
  type LabelReport,
} from '../admin/clearance-commands.ts'
import type { World } from '../process/world.ts'
import type { WithheldAt } from '../server/labelling/audit.ts'
import { withAuthority, withServer } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'
import { pagesOf } from './pages.ts'

interface GroupOption {
  readonly group?: true
}
const GROUP = ['--group', 'the name is that of a group'] as const

export function clearanceProgram(root: Command, world: World): void {
  root
    .command('label')
    .description('security labels; works with and without a running server')
    .command('list')
    .description('list the labels and clearances of the security policy')
    .option('--json', 'for programs')
    .action((_: unknown, command: Command) => listLabels(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
  const clearance = root
    .command('clearance')
    .description('clearances of accounts, groups and domains; works with and without a running server')
  clearance
    .command('list [part]')
    .description('list all clearances that were given, or those of whom the name contains a text')
    .option('--json', 'write JSON, one clearance on each line')
    .action((part: string | undefined, _: unknown, command: Command) =>
      listClearances(world, part ?? '', command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  clearance
    .command('show <jid-or-domain>')
    .description('show the clearance of a user or domain in force, and where it comes from')
    .option('--json', 'for programs')
    .action((who: string, _: unknown, command: Command) =>
      showClearance(world, who, command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  clearance
    .command('set <name> <clearance>')
    .description('give a clearance of the policy to an account, to a domain (also "*.example.org"), or to a group')
    .option(...GROUP)
    .action((name: string, id: string, _: unknown, command: Command) =>
      setClearance(world, name, id, command.optsWithGlobals<ConfigOptions & GroupOption>()),
    )
  clearance
    .command('remove <name>')
    .description('take the clearance of an account, a domain or a group away; what remains is that of its groups, or the default')
    .option(...GROUP)
    .action((name: string, _: unknown, command: Command) =>
      removeClearance(world, name, command.optsWithGlobals<ConfigOptions & GroupOption>()),
    )
}

/** @param explain the command `explain` */
export function explainLabels(explain: Command, world: World): void {
  explain
    .command('label <jid-or-domain> [label]')
    .description('explain whether somebody may send and receive messages with a security label, or without one')
    .option('--json', 'for programs')
    .action((who: string, label: string | undefined, _: unknown, command: Command) =>
      explainLabel(world, who, label ?? '', command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  explain
    .command('withheld [part]')
    .description('list what security labels have withheld since the start of the server, and by which rule')
    .option('--json', 'write JSON, one decision on each line')
    .action((part: string | undefined, _: unknown, command: Command) =>
      explainWithheld(world, part ?? '', command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
}

async function listLabels(world: World, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const report = (await authority.ask('label.list', {})) as LabelReport
    if (options.json === true) return void world.stdout.write(`${JSON.stringify(report)}\n`)
    const line = (isDefault: boolean, { id, level, categories }: GradeRow): string =>
      `  ${id}  ${[`level ${level}`, ...categories, ...(isDefault ? ['the default'] : [])].join(', ')}\n`
    world.stdout.write(`${report.name} (${report.policy})\n\nLabels\n`)
    for (const row of report.labels) world.stdout.write(line(row.id === report.defaultLabel, row))
    world.stdout.write('\nClearances\n')
    for (const row of report.clearances) world.stdout.write(line(row.id === report.defaultClearance, row))
  })
}

async function listClearances(world: World, find: string, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const rows = pagesOf(authority, 'clearance.list', { find }, (page: ClearancePage) => page.clearances)
    for await (const row of rows)
      world.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : `${row.kind} ${row.subject}  ${row.clearance}\n`)
  })
}

async function showClearance(world: World, who: string, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const report = (await authority.ask('clearance.show', { who })) as ClearanceReport
    world.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : sourcesText(report))
  })
}
const sourcesText = ({ who, sources }: ClearanceReport): string =>
  sources.map(({ kind, subject, clearance }) => `${who}  ${clearance ?? 'none'}${fromText(kind, subject)}\n`).join('')
function fromText(kind: string, subject: string): string {
  if (kind === 'none') return ''
  return kind === 'default' ? ', the default of the policy' : `, of the ${kind} ${subject}`
}

const kindOf = (name: string, { group }: GroupOption): string =>
  group === true ? 'group' : name.includes('@') ? 'account' : 'domain'

async function setClearance(world: World, name: string, clearance: string, options: ConfigOptions & GroupOption): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const args = { kind: kindOf(name, options), subject: name, clearance }
    const { subject } = (await authority.ask('clearance.set', args)) as { subject: string }
    world.stdout.write(`${subject} has the clearance "${clearance}".\n`)
  })
}
async function removeClearance(world: World, name: string, options: ConfigOptions & GroupOption): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const args = { kind: kindOf(name, options), subject: name }
    const { subject } = (await authority.ask('clearance.remove', args)) as { subject: string }
    world.stdout.write(`The clearance of ${subject} is taken away.\n`)
  })
}

async function explainLabel(world: World, who: string, label: string, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const report = (await authority.ask('explain.label', { who, label })) as LabelExplanation
    world.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : `${report.verdict}\n${sourcesText(report)}`)
  })
}
async function explainWithheld(world: World, find: string, options: ConfigOptions & OutputOptions): Promise<void> {
  const rows = await withServer(setupOf(world, options), (server) => server.ask('explain.withheld', { find }))
  for (const row of rows as readonly WithheldAt[])
    world.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : `${withheldText(row)}\n`)
}
function withheldText({ at, point, from, subject, label, clearances, denial, count }: WithheldAt): string {
  const what = `${label ?? 'no label'}${count === 1 ? '' : ` (${count} times)`}`
  const which = clearances.length === 0 ? 'without a clearance' : `cleared for ${clearances.join(', ')}`
  return `${new Date(at).toISOString()}  ${point}: ${what} from ${from}, withheld from ${subject}, ${which}: ${wordsFor(denial)}`
}
