/**
 * The login of a wall is kept in the browser, so that it is back after the machine was switched off: a token in place of the
 * password, which ends when somebody takes the access away.
 */
import { WALL_PLACE as PLACE } from './kept-places.ts'
import type { Login } from './sasl2.ts'

export type WallLogin = Pick<Login, 'jid' | 'device' | 'token'>

export function keepWall({ jid, device, token }: WallLogin): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify({ jid, device, token }))
  } catch {
    // A browser that keeps nothing: somebody signs in again
  }
}
export function keptWall(): WallLogin | null {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? 'null') as WallLogin | null
    return typeof kept?.token === 'string' ? kept : null
  } catch {
    return null
  }
}
