/** Commands that report the state of a running server and the order of its stages. */
import type { ServedRooms } from '../rooms/rooms.ts'
import type { ComponentState } from '../server/routing/component-state.ts'
import type { Host } from '../server/feature.ts'
import type { AccountStore } from '../server/ports.ts'
import type { LinkState } from '../server/links/links.ts'
import type { Server } from '../server/server.ts'
import { isPaused } from '../server/account/clients.ts'
import { defineCommand, type Command } from './command.ts'
import { insideOf } from './room-list.ts'
import { linkReports, type LinkReport } from './link-commands.ts'

export interface Status {
  readonly version: string
  /** The version of the runtime. */
  readonly runtime: string
  readonly pid: number
  /** Start time in milliseconds since 1970, and milliseconds since the start. */
  readonly startedAt: number
  readonly uptimeMs: number
  readonly configFile: string | null
  readonly dataDirectory: string
  readonly inMemory: boolean
  readonly domains: readonly DomainStatus[]
  readonly listening: readonly { readonly what: string; readonly address: string }[]
  readonly components: readonly ComponentState[]
  readonly links: LinksStatus
  /** Null if this server has no rooms. */
  readonly rooms: RoomsStatus | null
  readonly sessions: number
  /** Sessions that have no connection and wait for their client. */
  readonly paused: number
  /** Matrix devices that contacts see as a resource. */
  readonly devices: number
  /** Accounts with an available resource. */
  readonly online: number
  readonly memoryBytes: number
  readonly certificates: readonly { readonly file: string; readonly expiresAt: number; readonly sha256: string }[]
}

export interface DomainStatus {
  readonly domain: string
  readonly accounts: number
  /** Accounts whose password has keys of some hashes only, so that not every mechanism can be offered. */
  readonly oldKeys: number
}

/** The number of links in each state, and the first of those that are lost. */
export interface LinksStatus extends Readonly<Record<LinkState, number>> {
  readonly total: number
  readonly lost: readonly LinkReport[]
}
const LOST_MAX = 20

export interface RoomsStatus {
  /** Where they are. */
  readonly domains: readonly string[]
  readonly total: number
  readonly occupants: number
  /** Occupants of whom it is not known whether they are still there. */
  readonly doubted: number
}

export async function roomsStatus(served: ServedRooms | null): Promise<RoomsStatus | null> {
  if (served === null) return null
  const { domains, rooms, store } = served
  const inside = Array.from(rooms.all(), ({ room }) => insideOf(room))
  const sum = (of: 'occupants' | 'doubted'): number => inside.reduce((n, one) => n + one[of], 0)
  return { domains, total: await store.count(), occupants: sum('occupants'), doubted: sum('doubted') }
}

export async function domainStatus(accounts: Pick<AccountStore, 'count' | 'lacking'>, domain: string): Promise<DomainStatus> {
  return { domain, accounts: await accounts.count(domain), oldKeys: accounts.lacking(domain).accounts }
}

export function linksStatus(host: Pick<Host, 'links'>): LinksStatus {
  const all = linkReports(host)
  const count = (state: LinkState): number => all.filter((link) => link.state === state).length
  const lost = all.filter(({ state }) => state === 'suspect' || state === 'down').slice(0, LOST_MAX)
  return { total: all.length, idle: count('idle'), up: count('up'), suspect: count('suspect'), down: count('down'), lost }
}

/** Of a server that waits until another one on its database has ended. */
export interface StandByStatus {
  readonly standby: {
    /** Where the server is that serves. */
    readonly serving: string
    readonly since: number
    readonly pid: number
  }
}
export const standByCommand = (of: { readonly place: string; readonly since: number; readonly pid: number }): Command =>
  defineCommand('status', {}, (): StandByStatus => ({ standby: { serving: of.place, since: of.since, pid: of.pid } }))
export const isStandBy = (status: Status | StandByStatus): status is StandByStatus => 'standby' in status

export const statusCommand = (status: () => Promise<Status>): Command => defineCommand('status', {}, status)

export const orderCommand = (order: Server['order']): Command =>
  defineCommand('explain.order', {}, () => ({
    fromClient: [...order.fromClient],
    toAccount: [...order.toAccount],
    toSession: [...order.toSession],
  }))

/** What is bound and is no session. */
export function boundDevices({ accounts }: Pick<Server, 'accounts'>): number {
  let devices = 0
  for (const { resources, sessions } of accounts.attended()) devices += resources.length - sessions.length
  return devices
}
export const pausedSessions = ({ sessions }: Pick<Server, 'sessions'>): number => [...sessions.all()].filter(isPaused).length
/** How many accounts have an available resource. */
export function onlineAccounts({ accounts }: Pick<Server, 'accounts'>): number {
  let online = 0
  for (const account of accounts.attended()) if (account.isAvailable) online += 1
  return online
}
