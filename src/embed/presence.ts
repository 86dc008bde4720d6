/** Presence as an application reads it: what each client of a user shows, and how well it is known. */
import type { LocalAccount, LocalEndpoint } from '../server/account/session.ts'
import type { Payload } from '../xmpp/packet.ts'

/** RFC 6121 4.7.2.1; 'available' if the client names none. */
export type Show = 'available' | 'chat' | 'away' | 'xa' | 'dnd'

export interface ClientPresence {
  readonly resource: string
  readonly show: Show
  readonly status: string | null
  readonly priority: number
  /** The connection is interrupted, or the client announced a silence: its presence is the last one that it sent. */
  readonly isPaused: boolean
  /** When the server last received anything from the client. */
  readonly heardAt: Date
}

export interface Presence {
  /** The bare address. */
  readonly address: string
  /** 'paused': there are available clients, but none can be reached just now. */
  readonly state: 'online' | 'paused' | 'offline'
  /** The value of the best client; null if offline. */
  readonly show: Show | null
  /** The status of the best client, or the last status before the user went offline. */
  readonly status: string | null
  /** The available clients, the best first: reachable before unreachable, then by priority. */
  readonly clients: readonly ClientPresence[]
  /** When the last client became unavailable; null if online or never seen. */
  readonly lastSeen: Date | null
}

const SHOWS: ReadonlySet<string> = new Set(['chat', 'away', 'xa', 'dnd'])

/** The present state. */
export function presenceOf(account: LocalAccount): Presence {
  const clients = account.resources.filter((r) => r.presence !== null).map(clientOf)
  clients.sort((a, b) => Number(a.isPaused) - Number(b.isPaused) || b.priority - a.priority)
  const [best] = clients
  const address = account.bare.bare
  if (best !== undefined) {
    const { show, status, isPaused } = best
    return { address, state: isPaused ? 'paused' : 'online', show, status, clients, lastSeen: null }
  }
  const last = account.lastUnavailable
  const status = last === null ? null : textOf(last.payload, 'status')
  return { address, state: 'offline', show: null, status, clients, lastSeen: last === null ? null : new Date(last.at) }
}

function clientOf(endpoint: LocalEndpoint): ClientPresence {
  const { payload } = endpoint.presence!
  const show = textOf(payload, 'show') ?? ''
  return {
    resource: endpoint.jid.resource,
    show: SHOWS.has(show) ? (show as Show) : 'available',
    status: textOf(payload, 'status'),
    priority: endpoint.priority,
    isPaused: endpoint.isAway,
    heardAt: new Date(endpoint.heardAt),
  }
}

const textOf = (payload: Payload, name: string): string | null => payload.child(name)?.text ?? null
