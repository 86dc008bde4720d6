/** Presence as an application reads it: of a user, what each of his clients shows and how sure we are of it. */
import type { LocalAccount } from '../server/account/session.ts'
import type { Session } from '../server/account/session.ts'
import type { Payload } from '../xmpp/packet.ts'

/** RFC 6121 4.7.2.1; 'available' where a client names none. */
export type Show = 'available' | 'chat' | 'away' | 'xa' | 'dnd'

export interface ClientPresence {
  readonly resource: string
  readonly show: Show
  readonly status: string | null
  readonly priority: number
  /** Its connection is interrupted, or it has announced a silence: what it shows is what it last said. */
  readonly isPaused: boolean
  /** When anything was last heard of it. */
  readonly heardAt: Date
}

export interface Presence {
  /** Bare. */
  readonly address: string
  /** 'paused': no client that is available can be reached just now. */
  readonly state: 'online' | 'paused' | 'offline'
  /** Of the best client; null: offline. */
  readonly show: Show | null
  /** Of the best client, or what was said at last. */
  readonly status: string | null
  /** Those that are available, the best first: one that can be reached before one that cannot, then by priority. */
  readonly clients: readonly ClientPresence[]
  /** When the last client went; null: online, or never seen. */
  readonly lastSeen: Date | null
}

const SHOWS: ReadonlySet<string> = new Set(['chat', 'away', 'xa', 'dnd'])

/** As it is now. */
export function presenceOf(account: LocalAccount): Presence {
  const clients = account.sessions.filter((s) => s.presence !== null).map(clientOf)
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

function clientOf(session: Session): ClientPresence {
  const { payload } = session.presence!
  const show = textOf(payload, 'show') ?? ''
  return {
    resource: session.jid.resource,
    show: SHOWS.has(show) ? (show as Show) : 'available',
    status: textOf(payload, 'status'),
    priority: session.priority,
    isPaused: session.connection === null || session.isSilent,
    heardAt: new Date(session.heardAt),
  }
}

const textOf = (payload: Payload, name: string): string | null => payload.child(name)?.text ?? null
