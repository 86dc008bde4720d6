/** Commands that report about accounts: one of them, its contacts, how many there are of which kind, and which. */
import * as v from 'valibot'
import type { Millis } from '../base/clock.ts'
import type { Disabled } from '../sasl/disabled.ts'
import { Session, type LocalEndpoint } from '../server/account/session.ts'
import type { Host } from '../server/feature.ts'
import { ACTIVITIES, activityOf, mostActive, pausedAt, type Activity } from './activity.ts'
import { defineCommand, limit, type Command } from './command.ts'
import { existingAccount, notOurs, unknown } from './user-commands.ts'

type Parts = Pick<Host, 'domains' | 'stores' | 'accounts' | 'clock'>

export interface UserReport {
  readonly jid: string
  readonly createdAt: Millis
  /** Null if the account can be used. */
  readonly disabled: Disabled | null
  /** When a client last logged in; null if none has since this is written down. */
  readonly lastLogin: Millis | null
  readonly contacts: number
  /** Matrix devices that are there, too. */
  readonly sessions: readonly {
    readonly resource: string
    readonly boundAt: Millis
    /** Address and port; null if the connection is lost, or for a Matrix device, which has none. */
    readonly remote: string | null
    readonly activity: Activity
    /** When its client was lost, if it is paused; otherwise null. */
    readonly pausedAt: Millis | null
  }[]
}
export interface ContactRow {
  readonly jid: string
  readonly name: string
  readonly groups: readonly string[]
  readonly subscription: string
  readonly ask: boolean
}
/** The number of accounts of a domain: in all, those that may not be used, those with sessions or Matrix devices, and these by activity. */
export interface UserFigures extends Readonly<Record<Activity, number>> {
  readonly registered: number
  readonly disabled: number
  readonly online: number
}
export interface UsersOfKind {
  /** The first of them, bare JIDs in order. */
  readonly jids: readonly string[]
  readonly total: number
}
const KINDS = ['registered', 'disabled', 'online', ...ACTIVITIES] as const

/** @param isInactive whether the client of a session has said that its user does not look at it */
export function userReports(host: Parts, isInactive: (session: Session) => boolean): readonly Command[] {
  const { stores, accounts, clock } = host
  const activity = (endpoint: LocalEndpoint): Activity => activityOf(endpoint, isInactive, clock.now())
  const ours = (domain: string): string => {
    if (!host.domains.includes(domain)) throw notOurs(domain, host.domains)
    return domain
  }
  return [
    defineCommand('user.show', { jid: v.string() }, async ({ jid }): Promise<UserReport> => {
      const address = await existingAccount(host, jid)
      const { bare } = address
      const [row, account, lastLogin] = await Promise.all([
        stores.accounts.find(bare),
        accounts.load(bare),
        stores.lastPresence.lastLogin(bare),
      ])
      if (row === null || account === null) throw unknown(address) // deleted meanwhile
      const sessions = account.resources.map((endpoint) => ({
        resource: endpoint.jid.resource,
        boundAt: endpoint.boundAt,
        remote: endpoint instanceof Session ? (endpoint.connection?.info.remote ?? null) : null,
        activity: activity(endpoint),
        pausedAt: pausedAt(endpoint, clock.now()),
      }))
      const { createdAt, disabled } = row
      return { jid: bare, createdAt, disabled, lastLogin, contacts: account.roster.size, sessions }
    }),
    defineCommand('user.roster', { jid: v.string() }, async ({ jid }): Promise<readonly ContactRow[]> => {
      const address = await existingAccount(host, jid)
      const account = await accounts.load(address.bare)
      if (account === null) throw unknown(address)
      return [...account.roster.items()].map(({ jid, name, groups, subscription, ask }) => {
        return { jid: jid.full, name, groups, subscription, ask }
      })
    }),
    defineCommand('user.figures', { domain: v.string() }, async ({ domain }): Promise<UserFigures> => {
      const [registered, disabled] = await Promise.all([
        stores.accounts.count(ours(domain)),
        stores.accounts.countDisabled(domain),
      ])
      const present = [...presentAt(host, domain, activity).values()]
      const count = (one: Activity): number => present.filter((other) => other === one).length
      const [active, idle, paused] = [count('active'), count('idle'), count('paused')]
      return { registered, disabled, online: present.length, active, idle, paused }
    }),
    defineCommand(
      'user.kind',
      { domain: v.string(), kind: v.picklist(KINDS), limit },
      async ({ domain, kind, limit }): Promise<UsersOfKind> => {
        ours(domain)
        if (kind === 'registered') {
          const rows = await stores.accounts.list(domain, '', limit)
          return { jids: rows.map(({ bare }) => bare), total: await stores.accounts.count(domain) }
        }
        if (kind === 'disabled')
          return {
            jids: await stores.accounts.disabledOnes(domain, limit),
            total: await stores.accounts.countDisabled(domain),
          }
        const present = [...presentAt(host, domain, activity)]
        const wanted = present.filter(([, one]) => kind === 'online' || one === kind).map(([bare]) => bare)
        return { jids: wanted.sort().slice(0, limit), total: wanted.length }
      },
    ),
  ]
}

/** The accounts of a domain that have sessions or Matrix devices, each with its activity. */
function presentAt(
  { accounts }: Parts,
  domain: string,
  activity: (one: LocalEndpoint) => Activity,
): ReadonlyMap<string, Activity> {
  const present = new Map<string, Activity>()
  for (const { bare, resources } of accounts.attended())
    if (bare.domain === domain) present.set(bare.bare, mostActive(resources.map(activity))!)
  return present
}
