/** `porchlight group ...`: accounts that see each other without asking. */
import type { Command } from 'commander'
import type { GroupChange, GroupReport, GroupRow } from '../admin/group-commands.ts'
import type { World } from '../process/world.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'

export function groupProgram(root: Command, world: World): void {
  const group = root
    .command('group')
    .description('groups of accounts that see each other without asking; works with and without a running server')
  group
    .command('list')
    .description('list the groups')
    .option('--json', 'write JSON, one group on each line')
    .action((_: unknown, command: Command) => list(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
  group
    .command('show <name>')
    .description('list the members of a group')
    .option('--json', 'for programs')
    .action((name: string, _: unknown, command: Command) =>
      show(world, name, command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  const change = (name: string, args: string, description: string): Command =>
    group
      .command(`${name} <name> ${args}`)
      .description(description)
      .action((of: string, jids: string[], _: unknown, command: Command) =>
        changeMembers(world, name, of, jids, command.optsWithGlobals<ConfigOptions>()),
      )
  change('create', '[jids...]', 'make a group; its name is that of the group in the rosters of its members')
  change('add', '<jids...>', 'put accounts into a group')
  change('remove', '<jids...>', 'take accounts out of a group; contacts that they had before stay')
  group
    .command('delete <name>')
    .description('delete a group; its members no longer see each other, unless they did before')
    .action((name: string, _: unknown, command: Command) => remove(world, name, command.optsWithGlobals<ConfigOptions>()))
}

async function list(world: World, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    for (const row of (await authority.ask('group.list', {})) as readonly GroupRow[])
      world.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : `${row.name}  ${membersText(row.members)}\n`)
  })
}
const membersText = (members: number): string => (members === 1 ? '1 member' : `${members} members`)

async function show(world: World, name: string, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const report = (await authority.ask('group.show', { name })) as GroupReport
    world.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : report.members.map((jid) => `${jid}\n`).join(''))
  })
}

async function changeMembers(
  world: World,
  how: string,
  name: string,
  jids: readonly string[],
  options: ConfigOptions,
): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const { name: of, members, full } = (await authority.ask(`group.${how}`, { name, jids })) as GroupChange
    world.stdout.write(`The group "${of}" has ${membersText(members)}.\n`)
    for (const jid of full) world.stdout.write(`The roster of ${jid} is full: it lacks members of the group.\n`)
  })
}

async function remove(world: World, name: string, options: ConfigOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    await authority.ask('group.delete', { name })
    world.stdout.write(`The group "${name}" is deleted.\n`)
  })
}
