/**
 * What can use an account: the devices with tokens, and the clients with sessions. The command line, the operator's view and
 * XEP-0494 show the same list, and end access in the same way.
 */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Device, DeviceStore } from '../ports.ts'
import type { Accounts } from './accounts.ts'
import type { Ending } from './endings.ts'
import type { Facts } from './facts.ts'
import type { LocalEndpoint, Session } from './session.ts'

export interface ClientsParts {
  readonly accounts: Accounts
  readonly stores: { readonly devices: DeviceStore }
  readonly tell: (kind: 'access-ended', fact: Facts['access-ended']) => void
  readonly router: {
    homeOf(account: Jid): { end(account: Jid, ending: Ending, only: { readonly client: string | null }): void } | null
  }
}

/** A device that has tokens, or a client that has sessions only. */
export interface Client {
  /** See `clientIdOf`. */
  readonly id: string
  /** For people; null: it has not said one. */
  readonly name: string | null
  readonly kinds: Device['kinds']
  readonly firstAt: Millis
  /** The last login that is known. */
  readonly usedAt: Millis
  /** When its last token expires; null: it has no token. */
  readonly expiresAt: Millis | null
  readonly sessions: readonly Session[]
}

/** The id of the client of an endpoint: of its device, or of the session if its client names no device. */
export const clientIdOf = ({ device, jid }: Pick<LocalEndpoint, 'device' | 'jid'>): string => device ?? `session:${jid.resource}`

/** It has no connection, and waits for its client. */
export const isPaused = ({ connection }: Pick<Session, 'connection'>): boolean => connection === null

/** The devices with tokens, in the order of their ids, then the other clients. */
export async function clientsOf({ accounts, stores }: ClientsParts, bare: string): Promise<readonly Client[]> {
  const stored = await stores.devices.list(bare)
  const sessions = Map.groupBy(accounts.get(bare)?.sessions ?? [], clientIdOf)
  const devices = stored.map((device) => ({ ...device, sessions: sessions.get(device.id) ?? [] }))
  for (const { id } of stored) sessions.delete(id)
  return [...devices, ...[...sessions].map(([id, of]) => withoutTokens(id, of))]
}

function withoutTokens(id: string, sessions: readonly Session[]): Client {
  const times = sessions.map(({ boundAt }) => boundAt)
  return { id, name: null, kinds: [], firstAt: Math.min(...times), usedAt: Math.max(...times), expiresAt: null, sessions }
}

/** What was taken away. */
export interface Revoked {
  readonly hadTokens: boolean
  /** How many sessions have ended. */
  readonly ended: number
}

/**
 * The tokens of the client are void, and its sessions end. It can log in with the password only.
 * @param client null: all of them
 * @param revoked called when the tokens are void, and the sessions can still be told
 */
export async function revokeClient(
  parts: ClientsParts,
  account: Jid,
  client: string | null,
  ending: Ending,
  revoked?: () => void,
): Promise<Revoked> {
  const { devices } = parts.stores
  const hadTokens = await (client === null ? devices.revokeAll(account.bare) : devices.revoke(account.bare, client))
  const sessions = parts.accounts.get(account.bare)?.sessions ?? []
  const ended = sessions.filter((session) => client === null || clientIdOf(session) === client).length
  revoked?.()
  parts.router.homeOf(account)?.end(account, ending, { client })
  parts.tell('access-ended', { account, client })
  return { hadTokens, ended }
}
