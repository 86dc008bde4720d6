/**
 * When somebody was last here, as others are told it: RFC 6121 4.3.2 rule 3 leaves to the server how much a probe learns,
 * and the user decides. Exactly; only the day (of UTC); or not at all.
 */
import type { LastPresence } from './account.ts'
import type { LastSeen } from './presence-policy.ts'

const DAY = 86_400_000

/** Null: nothing is told. */
export function asTold(last: LastPresence | null, policy: LastSeen): LastPresence | null {
  if (last === null || policy === 'none') return null
  return policy === 'exact' ? last : { at: Math.floor(last.at / DAY) * DAY, payload: last.payload }
}
