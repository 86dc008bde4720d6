/** One page of the list of sessions: the wanted ones, in the wanted order. A pure function of plain values. */
import type { Millis } from '../base/clock.ts'
import { CommandError } from './command.ts'

export interface SessionRow {
  readonly jid: string
  /** Milliseconds since 1970. */
  readonly boundAt: Millis
  /** 'paused': the session waits for its client to come back. */
  readonly state: 'connected' | 'paused'
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

/** The position of a row does not depend on other rows: if sessions end between two pages, no other session is left out. */
interface Place {
  readonly key: number
  readonly jid: string
}

export function pageOf(rows: readonly SessionRow[], { find, standing, order, after, size }: SessionQuery): SessionPage {
  const part = find.toLowerCase()
  const named = rows.filter(({ jid }) => jid.toLowerCase().includes(part))
  const from = after === '' ? null : placeFrom(after, order)
  const wanted = named
    .filter((row) => standing === null || standingOf(row) === standing)
    .map((row) => ({ row, key: KEYS[order](row), jid: row.jid }))
    .filter((place) => from === null || compare(place, from) > 0)
    .sort(compare)
  const page = wanted.slice(0, size)
  return {
    sessions: page.map(({ row }) => row),
    next: wanted.length > size ? textOf(page.at(-1)!, order) : null,
    counts: countsOf(named),
  }
}

function countsOf(rows: readonly SessionRow[]): Record<Standing, number> {
  const counts = { available: 0, connected: 0, paused: 0 }
  for (const row of rows) counts[standingOf(row)] += 1
  return counts
}

const compare = (a: Place, b: Place): number => a.key - b.key || (a.jid < b.jid ? -1 : a.jid === b.jid ? 0 : 1)

const textOf = ({ key, jid }: Place, order: SessionOrder): string => (order === 'address' ? jid : `${key} ${jid}`)

function placeFrom(text: string, order: SessionOrder): Place {
  if (order === 'address') return { key: 0, jid: text }
  const [, key, jid] = /^(-?\d+) (.+)$/su.exec(text) ?? []
  if (key === undefined) throw new CommandError(`No page begins at "${text}". Begin with the first page.`)
  return { key: Number(key), jid: jid! }
}
