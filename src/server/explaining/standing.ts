/**
 * How well a presence is known: when and how it was last confirmed, and what follows from that now. Nothing is recorded for
 * this while a presence is delivered: on request it is read from what sessions and links know about themselves. What is not
 * known is `unknown`, and never counts as offline.
 */
import type { Millis } from '../../base/clock.ts'
import type { Link } from '../links/links.ts'
import type { LocalEndpoint } from '../account/session.ts'
import type { Sign } from '../account/sign.ts'

export type Confidence =
  | 'live'
  /** Its connection is lost or silent, and its client may come back. */
  | 'paused'
  /** The link to its server is broken. */
  | 'link-lost'
  /** It was not confirmed since its link broke, or nothing was ever received. */
  | 'unknown'

export interface Standing {
  readonly confidence: Confidence
  /** Null if never. */
  readonly confirmedAt: Millis | null
  readonly confirmedBy: Sign | null
}

/** For a local endpoint. */
export function standingOf({ isAway, heardAt, signAt, sign }: LocalEndpoint): Standing {
  const confidence = isAway ? 'paused' : 'live'
  return heardAt > signAt
    ? { confidence, confirmedAt: heardAt, confirmedBy: 'octets' }
    : { confidence, confirmedAt: signAt, confirmedBy: sign }
}

/**
 * For a remote resource.
 * @param said when and how its server last confirmed it
 * @param isPaused its server says that its connection is paused (XEP-0310)
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
