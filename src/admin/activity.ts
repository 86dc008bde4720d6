/** Whether users are active: what the operator counts, apart from what is only believed (ADM-3). */
import type { Millis } from '../base/clock.ts'
import { Session, type LocalEndpoint } from '../server/account/session.ts'

/**
 * 'active': the client is connected, and its user has done something lately. 'idle': it is connected, and its user does not look
 * at it or has done nothing for a while. 'paused': it has lost its connection, and may come back.
 */
export const ACTIVITIES = ['active', 'idle', 'paused'] as const
export type Activity = (typeof ACTIVITIES)[number]

/** After this time without a stanza a client is idle. */
export const IDLE_MS: Millis = 600_000

/** A Matrix device asks again and again: for so long there may be no request of it. */
const BETWEEN_REQUESTS_MS: Millis = 30_000

/** @param isInactive whether the client of a session has said that its user does not look at it (XEP-0352) */
export function activityOf(endpoint: LocalEndpoint, isInactive: (session: Session) => boolean, now: Millis): Activity {
  if (isLost(endpoint, now)) return 'paused'
  const isIdle = now - endpoint.actedAt >= IDLE_MS || (endpoint instanceof Session && isInactive(endpoint))
  return isIdle ? 'idle' : 'active'
}
const isLost = (endpoint: LocalEndpoint, now: Millis): boolean =>
  endpoint.isAway && (endpoint instanceof Session || now - endpoint.heardAt >= BETWEEN_REQUESTS_MS)

/** Since when its client is away; null if it is not 'paused'. */
export function pausedAt(endpoint: LocalEndpoint, now: Millis): Millis | null {
  if (!isLost(endpoint, now)) return null
  return endpoint instanceof Session && endpoint.pause !== null ? endpoint.pause.since : endpoint.heardAt
}

/** Of an account: that of its most active endpoint. */
export function mostActive(endpoints: Iterable<Activity>): Activity | null {
  const all = new Set(endpoints)
  return ACTIVITIES.find((one) => all.has(one)) ?? null
}
