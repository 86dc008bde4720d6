/** Commands that create, change and delete accounts. */
import * as v from 'valibot'
import type { Millis } from '../base/clock.ts'
import { CREDENTIALS_CHANGED, SIGNED_OUT } from '../server/account/endings.ts'
import type { Host } from '../server/feature.ts'
import type { Disabled } from '../sasl/disabled.ts'
import { choosePolicy } from '../server/account/choose-policy.ts'
import { clientsOf, isPaused, revokeClient, type Client } from '../server/account/clients.ts'
import type { Session } from '../server/account/session.ts'
import { LAST_SEEN, SHARE_PAUSED, STRANGERS, type ChosenPolicy } from '../im/presence-policy.ts'
import { jid, JidError, type Jid } from '../xmpp/jid.ts'
import { PrecisError } from '../xmpp/precis.ts'
import { CommandError, defineCommand, limit, type Command } from './command.ts'
import { reasonFrom } from './reason.ts'

const LIST = { domain: v.string(), after: v.string(), limit: v.optional(limit, Number.MAX_SAFE_INTEGER) }
/** `spared`: the full JID of a session that whoever gives the order ends by themselves; '' for none. */
const PASSWD = { jid: v.string(), password: v.string(), spared: v.optional(v.string(), '') }

type Parts = Pick<Host, 'domains' | 'registrar' | 'stores' | 'accounts' | 'router' | 'tell'>

export interface UserRow {
  readonly jid: string
  readonly createdAt: Millis
  readonly sessions: number
  /** How many of them have no connection and wait for their client. */
  readonly paused: number
  /** Null if the account can be used. */
  readonly disabled: Disabled | null
}
/** One page of `user.list`. */
export interface UserPage {
  readonly users: readonly UserRow[]
  /** Where the next page begins; null if this is the last page. */
  readonly next: string | null
}

/** A device that has tokens, or a client that has sessions only. */
export interface DeviceRow extends Omit<Client, 'sessions'> {
  /** The resources of its sessions. */
  readonly sessions: readonly string[]
  /** Those of them that have no connection and wait for their client. */
  readonly paused: readonly string[]
}

export function userCommands(host: Parts, pageSize: number): readonly Command[] {
  const { registrar, stores, accounts, router, domains } = host
  const existing = (text: string): Promise<Jid> => existingAccount(host, text)
  return [
    defineCommand('user.add', { jid: v.string(), password: v.string() }, async ({ jid: text, password }) => {
      const bare = accountAddress(text, domains)
      if ((await withPassword(() => registrar.create(bare, password))) === 'created') return { jid: bare.bare }
      throw new CommandError(
        `There is an account ${bare.bare} already. To give it another password: user passwd ${bare.bare}`,
        'exists',
      )
    }),
    defineCommand('user.passwd', PASSWD, async ({ jid: text, password, spared }) => {
      const bare = accountAddress(text, domains)
      if (!(await withPassword(() => registrar.changePassword(bare, password)))) throw unknown(bare)
      router.homeOf(bare)?.end(bare, CREDENTIALS_CHANGED, { spared })
      return { jid: bare.bare }
    }),
    defineCommand('user.disable', { jid: v.string(), reason: v.string() }, async ({ jid: text, reason }) => {
      const bare = accountAddress(text, domains)
      if (!(await registrar.disable(bare, reasonFrom(reason)))) throw unknown(bare)
      return { jid: bare.bare }
    }),
    defineCommand('user.enable', { jid: v.string() }, async ({ jid: text }) => {
      const bare = accountAddress(text, domains)
      if (!(await registrar.enable(bare))) throw unknown(bare)
      return { jid: bare.bare }
    }),
    defineCommand(
      'user.set',
      { jid: v.string(), settings: v.record(v.string(), v.string()) },
      async ({ jid: text, settings }) => {
        const bare = accountAddress(text, domains)
        if (!(await choosePolicy(host, bare.bare, policyFrom(settings)))) throw unknown(bare)
        return { jid: bare.bare }
      },
    ),
    defineCommand('user.delete', { jid: v.string() }, async ({ jid: text }) => {
      const bare = accountAddress(text, domains)
      if (!(await registrar.delete(bare))) throw unknown(bare)
      return { jid: bare.bare }
    }),
    defineCommand('user.devices', { jid: v.string() }, async ({ jid: text }): Promise<readonly DeviceRow[]> => {
      const bare = await existing(text)
      const clients = await clientsOf(host, bare.bare)
      const resources = (sessions: readonly Session[]): readonly string[] => sessions.map(({ jid }) => jid.resource)
      return clients.map(({ sessions, ...client }) => {
        return { ...client, sessions: resources(sessions), paused: resources(sessions.filter(isPaused)) }
      })
    }),
    defineCommand('user.sign-out', { jid: v.string(), device: v.nullable(v.string()) }, async ({ jid: text, device }) => {
      const bare = await existing(text)
      const { hadTokens, ended } = await revokeClient(host, bare, device, SIGNED_OUT)
      if (device !== null && !hadTokens && ended === 0)
        throw new CommandError(`${bare.bare} has no device ${device}. \`user devices ${bare.bare}\` shows those that there are.`)
      return { jid: bare.bare, ended }
    }),
    defineCommand('user.list', LIST, async ({ domain, after, limit }): Promise<UserPage> => {
      if (!domains.includes(domain)) throw notOurs(domain, domains)
      const size = Math.min(limit, pageSize)
      const rows = await stores.accounts.list(domain, after, size)
      const users = rows.map(({ bare: jid, createdAt, disabled }) => {
        const sessions = accounts.get(jid)?.sessions ?? []
        return { jid, createdAt, sessions: sessions.length, paused: sessions.filter(isPaused).length, disabled }
      })
      return { users, next: rows.length < size ? null : rows.at(-1)!.bare }
    }),
  ]
}

export const unknown = (bare: Jid): CommandError =>
  new CommandError(`There is no account ${bare.bare}. \`user list\` shows those that there are.`, 'missing')
export const notOurs = (domain: string, domains: readonly string[]): CommandError =>
  new CommandError(`${domain} is not a domain of this server. It serves ${domains.join(', ')}; section [server] has the list.`)

const SETTINGS = { 'last-seen': LAST_SEEN, 'share-paused': SHARE_PAUSED, 'strangers': STRANGERS } as const
const CHOICES = { 'last-seen': 'lastSeen', 'share-paused': 'sharePaused', 'strangers': 'strangers' } as const

/** Reads settings such as `last-seen=coarse`; `default` resets a choice. */
function policyFrom(settings: Readonly<Record<string, string>>): Partial<ChosenPolicy> {
  const change: Record<string, string | null> = {}
  for (const [name, value] of Object.entries(settings)) {
    const options: readonly string[] | undefined = Object.hasOwn(SETTINGS, name)
      ? SETTINGS[name as keyof typeof SETTINGS]
      : undefined
    if (options === undefined)
      throw new CommandError(`There is no setting "${name}". There are: ${Object.keys(SETTINGS).join(', ')}.`)
    if (value !== 'default' && !options.includes(value))
      throw new CommandError(`${name} cannot be "${value}". It is one of: ${options.join(', ')}, default.`)
    change[CHOICES[name as keyof typeof SETTINGS]] = value === 'default' ? null : value
  }
  return change as Partial<ChosenPolicy>
}

/** The bare JID of the account that the operator means. @throws CommandError */
export async function existingAccount({ stores, domains }: Pick<Parts, 'stores' | 'domains'>, text: string): Promise<Jid> {
  const bare = accountAddress(text, domains)
  if (!(await stores.accounts.exists(bare.bare))) throw unknown(bare)
  return bare
}

/** The bare JID that the operator means, at one of our domains. */
function accountAddress(text: string, domains: readonly string[]): Jid {
  let address: Jid
  try {
    address = jid(text)
  } catch (error) {
    if (error instanceof JidError)
      throw new CommandError(`"${text}" is not an address (${error.message}). Write it like romeo@${domains[0]}.`)
    throw error
  }
  if (address.local === '' || address.resource !== '')
    throw new CommandError(`"${text}" is not the address of an account. Write it like romeo@${domains[0]}.`)
  if (!domains.includes(address.domain)) throw notOurs(address.domain, domains)
  return address
}

async function withPassword<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PrecisError) throw new CommandError(`This cannot be a password (${error.message}). Choose another one.`)
    throw error
  }
}
