/** `porchlight user ...`: commands for accounts, and the ways to give a password. */
import { CommandError } from '../admin/command.ts'
import type { UserPage, UserRow } from '../admin/user-commands.ts'
import { systemEntropy } from '../base/entropy.ts'
import type { World } from '../process/world.ts'
import { formatDateTime } from '../xmpp/datetime.ts'
import { prepareDomain } from '../xmpp/jid.ts'
import { withAuthority } from './authority.ts'
import { pairsFrom } from './pairs.ts'
import { firstLine } from './password-file.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'

export interface PasswordOptions {
  readonly passwordFile?: string
  readonly generate?: true
}

/** The octets of a generated password: 20 characters of base64url, 120 bits. */
const GENERATED_OCTETS = 15

export const generatedPassword = (): string => systemEntropy.bytes(GENERATED_OCTETS).toString('base64url')

export async function addUser(world: World, jid: string, options: ConfigOptions & PasswordOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const password = await passwordFrom(world, jid, options)
    const { jid: made } = (await authority.ask('user.add', { jid, password })) as { jid: string }
    world.stdout.write(`${made} can log in now.${told(password, options)}\n`)
  })
}

export async function changePassword(world: World, jid: string, options: ConfigOptions & PasswordOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const password = await passwordFrom(world, jid, options)
    const { jid: changed } = (await authority.ask('user.passwd', { jid, password })) as { jid: string }
    world.stdout.write(`${changed} has another password, and its sessions are ended.${told(password, options)}\n`)
  })
}

export async function deleteUser(world: World, jid: string, options: ConfigOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const { jid: deleted } = (await authority.ask('user.delete', { jid })) as { jid: string }
    world.stdout.write(`${deleted} is deleted.\n`)
  })
}

export interface DisableOptions {
  readonly reason?: string
}

export async function disableUser(world: World, jid: string, options: ConfigOptions & DisableOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const { jid: disabled } = (await authority.ask('user.disable', { jid, reason: options.reason ?? '' })) as { jid: string }
    world.stdout.write(`${disabled} is disabled, and its sessions are ended. Its data is kept.\n`)
  })
}

export async function enableUser(world: World, jid: string, options: ConfigOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const { jid: enabled } = (await authority.ask('user.enable', { jid })) as { jid: string }
    world.stdout.write(`${enabled} can log in again.\n`)
  })
}

/** @param settings each in the form `name=value` */
export async function setUser(world: World, jid: string, settings: readonly string[], options: ConfigOptions): Promise<void> {
  const pairs = pairsFrom(settings, 'last-seen=coarse')
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const { jid: set } = (await authority.ask('user.set', { jid, settings: pairs })) as { jid: string }
    world.stdout.write(`${set} is set.\n`)
  })
}

/** @param domain null for all domains */
export async function listUsers(world: World, domain: string | null, options: ConfigOptions & OutputOptions): Promise<void> {
  const setup = setupOf(world, options)
  await withAuthority(world, setup, async (authority) => {
    for (const one of domain === null ? setup.config.server.domains.map(prepareDomain) : [domain]) {
      for (let after: string | null = ''; after !== null;) {
        const page = (await authority.ask('user.list', { domain: one, after })) as UserPage
        for (const user of page.users) world.stdout.write(options.json === true ? `${JSON.stringify(user)}\n` : lineOf(user))
        after = page.next
      }
    }
  })
}

function lineOf({ jid, disabled }: UserRow): string {
  if (disabled === null) return `${jid}\n`
  const { at, reason } = disabled
  return `${jid}  disabled since ${formatDateTime(at)}${reason === '' ? '' : `: ${reason}`}\n`
}

/** A password is shown only if it was generated, because the user does not know it yet. */
const told = (password: string, { generate }: PasswordOptions): string => (generate === true ? ` Its password: ${password}` : '')

async function passwordFrom(world: World, jid: string, { passwordFile, generate }: PasswordOptions): Promise<string> {
  if (generate === true) return generatedPassword()
  if (passwordFile !== undefined) return firstLine(world, passwordFile)
  if (!world.stdin.isTTY) return world.stdin.readLine()
  const password = await world.stdin.readSecret(`Password of ${jid}: `)
  if (password === null || (await world.stdin.readSecret('Once more: ')) !== password)
    throw new CommandError('The two passwords differ; nothing was changed. Try again.')
  return password
}
