/** `porchlight user show` and `user contacts`: what is known of one account. */
import type { Command } from 'commander'
import type { ContactRow, UserReport } from '../admin/user-reports.ts'
import type { World } from '../process/world.ts'
import { formatDateTime } from '../xmpp/datetime.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'

export function oneUserProgram(user: Command, world: World): void {
  user
    .command('show <jid>')
    .description('show an account: last login, sessions, number of contacts')
    .option('--json', 'for programs')
    .action((jid: string, _: unknown, command: Command) =>
      showUser(world, jid, command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  user
    .command('contacts <jid>')
    .description('list the contacts in the roster of an account')
    .option('--json', 'write JSON, one contact on each line')
    .action((jid: string, _: unknown, command: Command) =>
      showContacts(world, jid, command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
}

async function showUser(world: World, jid: string, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const report = (await authority.ask('user.show', { jid })) as UserReport
    world.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : textOf(report))
  })
}

async function showContacts(world: World, jid: string, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    for (const row of (await authority.ask('user.roster', { jid })) as readonly ContactRow[])
      world.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : lineOf(row))
  })
}

function textOf({ jid, createdAt, disabled, lastLogin, contacts, sessions }: UserReport): string {
  const lines = [
    jid,
    `created ${formatDateTime(createdAt)}`,
    ...(disabled === null
      ? []
      : [`disabled since ${formatDateTime(disabled.at)}${disabled.reason === '' ? '' : `: ${disabled.reason}`}`]),
    `last login ${lastLogin === null ? 'unknown' : formatDateTime(lastLogin)}`,
    `contacts ${contacts}`,
    ...sessions.map(({ resource, activity, remote, boundAt, pausedAt }) => {
      const from = remote === null ? '' : ` from ${remote}`
      const since = pausedAt === null ? '' : ` since ${formatDateTime(pausedAt)}`
      return `session ${resource}: ${activity}${since}${from}, logged in ${formatDateTime(boundAt)}`
    }),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function lineOf({ jid, name, groups, subscription, ask }: ContactRow): string {
  const remarks = [subscription, ...(ask ? ['asked'] : []), ...(name === '' ? [] : [`"${name}"`]), ...groups]
  return `${jid}  ${remarks.join(', ')}\n`
}
