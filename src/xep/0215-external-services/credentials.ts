/**
 * Short-lived credentials for a TURN server that knows the same secret (the "TURN REST API",
 * draft-uberti-behave-turn-rest-00; `use-auth-secret` in coturn): the name says until when they are good, the password proves
 * that this server has said so.
 */
import { createHmac } from 'node:crypto'
import type { Millis } from '../../base/clock.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** @param secret what both servers know @param token unpredictable: it tells nobody who asked */
export function credentialsUntil(expiresAt: Millis, secret: string, token: string): Credentials {
  const seconds = Math.floor(expiresAt / 1000)
  const username = `${seconds}:${token}`
  const password = createHmac('sha1', secret).update(username).digest('base64')
  return { username, password, expiresAt: seconds * 1000 }
}
