/**
 * How well a presence is known: when and through what it was last confirmed, and what that makes of it at this moment.
 * Nothing is noted for this on the way of a presence: it is read, when somebody asks, from what sessions and links know
 * of themselves. What is not known is `unknown`, and never taken for offline.
 */
import type { Millis } from '../../base/clock.ts'
import type { Link } from '../links/links.ts'
import type { Session } from '../account/session.ts'
import type { Sign } from '../account/sign.ts'

export type Confidence =
  | 'live'
  /** Its connection is lost or silent, and its client may come back. */
  | 'paused'
  /** The way to its server is broken. */
  | 'link-lost'
  /** Nothing has confirmed it since its link was broken; or nothing was ever said. */
  | 'unknown'

export interface Standing {
  readonly confidence: Confidence
  /** Null: never. */
  readonly confirmedAt: Millis | null
  readonly confirmedBy: Sign | null
}

/** Of a session here. */
export function standingOf({ connection, isSilent, heardAt, signAt, sign }: Session): Standing {
  const confidence = connection === null || isSilent ? 'paused' : 'live'
  return heardAt > signAt
    ? { confidence, confirmedAt: heardAt, confirmedBy: 'octets' }
    : { confidence, confirmedAt: signAt, confirmedBy: sign }
}

/**
 * Of somebody elsewhere.
 * @param said when and through what his server has last said so
 * @param isPaused his server says that his connection is paused (XEP-0310)
 */
export function standingElsewhere(
  link: Link | undefined,
  said: { readonly at: Millis; readonly sign: Sign },
  isPaused: boolean,
): Standing {
  const last = { confirmedAt: said.at, confirmedBy: said.sign }
  if (link === undefined) return { confidence: isPaused ? 'paused' : 'live', ...last }
  if (link.state === 'suspect' || link.state === 'down') return { confidence: 'link-lost', ...last }
  if (link.lostAt !== null && said.at < link.lostAt) return { confidence: 'unknown', ...last }
  const confidence = isPaused ? 'paused' : 'live'
  const heardAt = link.state === 'up' ? link.heardAt : null
  return heardAt !== null && heardAt > said.at
    ? { confidence, confirmedAt: heardAt, confirmedBy: 'link' }
    : { confidence, ...last }
}
