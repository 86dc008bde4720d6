/**
 * What a page leaves for itself when it is loaded anew: a token in place of the password, and the presence that the person
 * has chosen, and the contacts as they were last known. It is in the tab's storage only while no page is there: a tab that is duplicated takes nothing along, and a
 * tab that is closed forgets it.
 */
import type { OwnPresence } from '../model/board.ts'
import type { Presences, Roster } from '../model/roster.ts'

export interface KeptLogin {
  readonly jid: string
  readonly device: string
  readonly token: string
  readonly own: OwnPresence
  readonly roster: Roster
  readonly presences: Presences
}

/** In characters: a tab may keep some five million. What is more is not kept, but for the login itself. */
const LENGTH_MAX = 1_000_000
/** JSON has no dates. */
const DATES: ReadonlySet<string> = new Set(['lastSeen', 'saidAt', 'idleSince', 'since'])

const PLACE = 'porchlight-board'

export function keepLogin(login: KeptLogin): void {
  const { roster, presences, ...rest } = login
  const all = JSON.stringify({ ...rest, roster: [...roster], presences: [...presences] })
  sessionStorage.setItem(PLACE, all.length <= LENGTH_MAX ? all : JSON.stringify({ ...rest, roster: [], presences: [] }))
}
/** Null: there is none. It can be taken once. */
export function takeLogin(): KeptLogin | null {
  const kept = sessionStorage.getItem(PLACE)
  sessionStorage.removeItem(PLACE)
  if (kept === null) return null
  const revived = (key: string, value: unknown): unknown =>
    DATES.has(key) && typeof value === 'string' ? new Date(value) : value
  const login = JSON.parse(kept, revived) as KeptLogin
  return { ...login, roster: new Map(login.roster), presences: new Map(login.presences) }
}
