/**
 * What a page keeps for itself over a reload: a token in place of the password, the presence that the person chose, and the
 * contacts as they were last known, and the rooms. It is in the tab's storage only while no page is open, so that a duplicated tab gets no
 * copy, and a closed tab forgets it.
 */
import type { OwnPresence } from '../model/board.ts'
import { newRoom, type Room } from '../model/room.ts'
import type { Presences, Roster } from '../model/roster.ts'
import { BOARD_PLACE as PLACE } from './kept-places.ts'

/** A room that the person is in: enough to join it again, and to know what is new there. */
export interface KeptRoom {
  readonly jid: string
  readonly nick: string
  readonly name: string | null
  readonly read: string | null
  readonly isKept: boolean
}
export interface KeptLogin {
  readonly jid: string
  readonly device: string
  readonly token: string
  readonly own: OwnPresence
  readonly roster: Roster
  readonly presences: Presences
  readonly rooms: readonly KeptRoom[]
}

/** In characters: a tab can store about five million. Beyond this only the login itself is kept. */
const LENGTH_MAX = 1_000_000
/** JSON has no dates. */
const DATES: ReadonlySet<string> = new Set(['lastSeen', 'saidAt', 'idleSince', 'since'])

export function keepLogin(login: KeptLogin): void {
  const { roster, presences, ...rest } = login
  const all = JSON.stringify({ ...rest, roster: [...roster], presences: [...presences] })
  sessionStorage.setItem(PLACE, all.length <= LENGTH_MAX ? all : JSON.stringify({ ...rest, roster: [], presences: [] }))
}
/** Null if there is none. It can be taken only once. */
export function takeLogin(): KeptLogin | null {
  const kept = sessionStorage.getItem(PLACE)
  sessionStorage.removeItem(PLACE)
  if (kept === null) return null
  const revived = (key: string, value: unknown): unknown =>
    DATES.has(key) && typeof value === 'string' ? new Date(value) : value
  const login = JSON.parse(kept, revived) as KeptLogin
  // A page of an older version kept no rooms
  return { ...login, roster: new Map(login.roster), presences: new Map(login.presences), rooms: login.rooms ?? [] }
}

export const roomsToKeep = (rooms: ReadonlyMap<string, Room>): readonly KeptRoom[] =>
  [...rooms.values()]
    .filter(({ stay }) => stay !== 'out')
    .map(({ jid, nick, name, read, isKept }) => ({ jid, nick, name, read, isKept }))
export const roomsAgain = (kept: readonly KeptRoom[]): ReadonlyMap<string, Room> =>
  new Map(kept.map(({ jid, nick, name, read, isKept }) => [jid, { ...newRoom(jid, nick, name), wasIn: true, read, isKept }]))
