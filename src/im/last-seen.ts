/**
 * What others learn of the time when a user was last available. RFC 6121 4.3.2 rule 3 lets the server decide how much the
 * answer to a probe says; here the user decides: the exact time, only the day (UTC), or nothing.
 */
import type { LastPresence } from './account.ts'
import type { LastSeen } from './presence-policy.ts'

const DAY = 86_400_000

/** What others are told; null if nothing. */
export function asTold(last: LastPresence | null, policy: LastSeen): LastPresence | null {
  if (last === null || policy === 'none') return null
  return policy === 'exact' ? last : { at: Math.floor(last.at / DAY) * DAY, payload: last.payload }
}
