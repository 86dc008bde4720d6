/** `porchlight invite ...`: links with which people make an account, or become a contact. */
import type { Command } from 'commander'
import { CommandError } from '../admin/command.ts'
import type { InvitationLinks, InvitationRow } from '../admin/invite-commands.ts'
import { spanOf } from '../base/settings.ts'
import type { World } from '../process/world.ts'
import { formatDateTime } from '../xmpp/datetime.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'

interface InviteOptions {
  readonly domain?: string
  readonly from?: string
  readonly name?: string
  readonly contactOnly?: true
  readonly uses: string
  readonly expires?: string
  readonly note: string
}

export function inviteProgram(root: Command, world: World): void {
  const invite = root
    .command('invite')
    .description('invitations: links with which people make an account; works with and without a running server')
  invite
    .command('create')
    .description('make an invitation and print its links; the token in them is shown only now')
    .option('--from <jid>', 'the user whose contact the person becomes')
    .option('--contact-only', 'the person becomes a contact and cannot make an account')
    .option('--domain <domain>', 'where the account is made (the domain of --from, or the first domain)')
    .option('--name <name>', 'the name of the account; it is reserved until the invitation expires')
    .option('--uses <number>', 'how many people may use it', '1')
    .option('--expires <span>', 'how long it can be used, such as "3 days"')
    .option('--note <text>', 'what it is for, shown in the list', '')
    .option('--json', 'for programs')
    .action((_: unknown, command: Command) =>
      createInvitation(world, command.optsWithGlobals<ConfigOptions & OutputOptions & InviteOptions>()),
    )
  invite
    .command('list')
    .description('list the invitations, without their tokens')
    .option('--json', 'write JSON, one invitation on each line')
    .action((_: unknown, command: Command) => listInvitations(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
  invite
    .command('revoke <id>')
    .description('make an invitation void; accounts that were made with it stay')
    .action((id: string, _: unknown, command: Command) => revokeInvitation(world, id, command.optsWithGlobals<ConfigOptions>()))
}

async function createInvitation(world: World, options: ConfigOptions & OutputOptions & InviteOptions): Promise<void> {
  const { domain = null, from: inviter = null, name = '', note } = options
  const uses = Number(options.uses)
  if (!Number.isInteger(uses) || uses < 1) throw new CommandError('--uses is a number of people, 1 at least.')
  const lifetime = options.expires === undefined ? null : spanOf(options.expires)
  if (options.expires !== undefined && (lifetime === null || lifetime === 0))
    throw new CommandError(`--expires is a span of time such as "3 days", not "${options.expires}".`)
  const args = { domain, inviter, name, account: options.contactOnly !== true, uses, lifetime, note }
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const made = (await authority.ask('invite.create', args)) as InvitationLinks
    world.stdout.write(options.json === true ? `${JSON.stringify(made)}\n` : linksText(made))
  })
}
const linksText = ({ id, uri, page, expiresAt }: InvitationLinks): string =>
  [
    ...(page === null ? [] : [page]),
    uri,
    `Invitation ${id}, until ${formatDateTime(expiresAt)}.`,
    ...(page === null ? ['There is no link for browsers: [invitations] url is not set.'] : []),
    '',
  ].join('\n')

async function listInvitations(world: World, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const rows = (await authority.ask('invite.list', {})) as readonly InvitationRow[]
    for (const row of rows) world.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : `${lineOf(row)}\n`)
  })
}
function lineOf({
  id,
  inviter,
  domain,
  name,
  makesAccount,
  makesContact,
  usesMax,
  uses,
  expiresAt,
  note,
}: InvitationRow): string {
  const remarks = [
    makesAccount ? `an account ${name === '' ? 'at' : `${name} at`} ${domain}` : 'no account',
    ...(makesContact && inviter !== null ? [`a contact of ${inviter}`] : []),
    `used ${uses} of ${usesMax}`,
    `until ${formatDateTime(expiresAt)}`,
    ...(note === '' ? [] : [`"${note}"`]),
  ]
  return `${id}  ${remarks.join(', ')}`
}

async function revokeInvitation(world: World, id: string, options: ConfigOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    await authority.ask('invite.revoke', { id })
    world.stdout.write(`The invitation ${id} is void.\n`)
  })
}
