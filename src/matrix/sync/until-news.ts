/** One request for news: looks, and waits until looking again may find something. */
import type { Millis } from '../../base/clock.ts'
import type { Listen, WhyAwake } from '../http/waiting.ts'
import type { Positions } from './positions.ts'

export interface UntilNews<T> {
  readonly positions: Pick<Positions, 'applied' | 'newest'>
  readonly now: () => Millis
  /** Calls `wake` when there is something for the user. */
  readonly listen: Listen
  /** The same, some time later, so that news of one moment are told together. */
  readonly gather: Listen
  /** Null: there is nothing new. */
  readonly look: () => Promise<T | null>
  readonly wait: (span: Millis, listen: Listen) => Promise<WhyAwake>
}

/**
 * What has come last is not told while something that began before it is still being stored (MXR-121). Nobody wakes the user when
 * that is done, because it may concern somebody else.
 */
const BEHIND_MS: Millis = 20

/** @param end when there is no more time @returns what was found, or why nothing will be */
export async function untilNews<T extends object>(of: UntilNews<T>, end: Millis): Promise<T | Exclude<WhyAwake, 'woken'>> {
  const { positions, now, listen, gather, look, wait } = of
  /** What has woken the request is not behind this number. */
  let target = 0
  for (;;) {
    let isNews = false
    const unlisten = listen(() => (isNews = true))
    let found: T | null
    try {
      found = await look()
    } finally {
      // From here to the wait nothing else runs
      unlisten()
    }
    if (found !== null) return found
    const left = end - now()
    if (left <= 0) return 'over'
    if (isNews) target = positions.newest
    const isBehind = positions.applied < target
    if (isNews && !isBehind) continue
    const why = await wait(isBehind ? Math.min(left, BEHIND_MS) : left, gather)
    if (why === 'woken') target = positions.newest
    else if (why !== 'over' || !isBehind) return why
  }
}
