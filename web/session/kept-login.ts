/**
 * What a page leaves for itself when it is loaded anew: a token in place of the password, and the presence that the person
 * has chosen. It is in the tab's storage only while no page is there: a tab that is duplicated takes nothing along, and a
 * tab that is closed forgets it.
 */
import type { OwnPresence } from '../model/board.ts'

export interface KeptLogin {
  readonly jid: string
  readonly device: string
  readonly token: string
  readonly own: OwnPresence
}

const PLACE = 'porchlight-board'

export function keepLogin(login: KeptLogin): void {
  sessionStorage.setItem(PLACE, JSON.stringify(login))
}
/** Null: there is none. It can be taken once. */
export function takeLogin(): KeptLogin | null {
  const kept = sessionStorage.getItem(PLACE)
  sessionStorage.removeItem(PLACE)
  return kept === null ? null : (JSON.parse(kept) as KeptLogin)
}
