/** One page of the list of sessions: the wanted ones, in the wanted order. A pure function of plain values. */
import type { Millis } from '../base/clock.ts'
import { pageOf, placeFrom, textOfPlace } from './places.ts'

export interface SessionRow {
  readonly jid: string
  /** Milliseconds since 1970. */
  readonly boundAt: Millis
  /** 'paused': the session waits for its client to come back. */
  readonly state: 'connected' | 'paused'
  /** When it lost its connection; null if it has one. */
  readonly pausedAt: Millis | null
  /** Null if the session has no connection at present. */
  readonly transport: string | null
  readonly encryption: string | null
  readonly remote: string | null
  readonly mechanism: string | null
  readonly heardAt: Millis | null
  /** Has the client sent available presence? */
  readonly available: boolean
  /** Stanzas that the client has sent and that wait to be processed. */
  readonly waiting: number
  /** Stanzas that wait for the client to acknowledge them, or to come back. */
  readonly unacknowledged: number
}

/** The states that an operator distinguishes. 'connected': the session has a connection and is not available. */
export const STANDINGS = ['available', 'connected', 'paused'] as const
export type Standing = (typeof STANDINGS)[number]

export const standingOf = ({ state, available }: SessionRow): Standing =>
  state === 'paused' ? 'paused' : available ? 'available' : 'connected'

/** Sort keys: the lowest key comes first. */
const KEYS = {
  address: () => 0,
  newest: ({ boundAt }) => -boundAt,
  oldest: ({ boundAt }) => boundAt,
  waiting: ({ waiting }) => -waiting,
  unacknowledged: ({ unacknowledged }) => -unacknowledged,
  /** Paused sessions first, then those with the most waiting stanzas. */
  troubles: ({ state, waiting, unacknowledged }) => (state === 'paused' ? -PAUSED : 0) - waiting - unacknowledged,
} satisfies Record<string, (row: SessionRow) => number>
/** More stanzas than can wait for any session. */
const PAUSED = 1e9

export type SessionOrder = keyof typeof KEYS
export const SESSION_ORDERS = Object.keys(KEYS) as [SessionOrder, ...SessionOrder[]]

export interface SessionQuery {
  /** A part of the address, in upper or lower case; '' for all. */
  readonly find: string
  /** Null for all. */
  readonly standing: Standing | null
  readonly order: SessionOrder
  /** The `next` of the previous page; '' for the first page. */
  readonly after: string
  readonly size: number
}
/** One page of `session.list`. */
export interface SessionPage {
  readonly sessions: readonly SessionRow[]
  /** Where the next page begins; null if this is the last page. */
  readonly next: string | null
  /** The number of sessions in each state, on all pages, whichever state is wanted. */
  readonly counts: Readonly<Record<Standing, number>>
}

export function sessionPage(rows: readonly SessionRow[], { find, standing, order, after, size }: SessionQuery): SessionPage {
  const part = find.toLowerCase()
  const named = rows.filter(({ jid }) => jid.toLowerCase().includes(part))
  const wanted = named.filter((row) => standing === null || standingOf(row) === standing)
  const place = (row: SessionRow) => ({ key: KEYS[order](row), name: row.jid })
  const { page, next } = pageOf(wanted, place, placeFrom(after, order), size)
  return { sessions: page, next: next === null ? null : textOfPlace(next, order), counts: countsOf(named) }
}

function countsOf(rows: readonly SessionRow[]): Record<Standing, number> {
  const counts = { available: 0, connected: 0, paused: 0 }
  for (const row of rows) counts[standingOf(row)] += 1
  return counts
}
