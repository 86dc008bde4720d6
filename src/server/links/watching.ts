/**
 * Which links are watched: those over which an available session sees the presence of contacts (RFC 6121 4.3), or has sent its
 * own, or was shown presence for another reason. Counted for all links together, at most once a second: when a whole network
 * fails, all links ask at the same time.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { pairKey } from '../../xmpp/domain-pair.ts'
import type { Session } from '../account/session.ts'
import type { Sessions } from '../account/sessions.ts'

const COUNTED_FOR: Millis = 1000

/** A domain of ours, and a remote domain that something there watches. */
export interface WatchedPair {
  readonly local: string
  readonly remote: string
}
/** The remote domains that a session watches. */
export type Watched = (session: Session) => Iterable<string>

export class Watching {
  readonly #sessions: Sessions
  readonly #clock: Clock
  readonly #also: Watched[] = []
  readonly #services: (() => Iterable<WatchedPair>)[] = []
  /** Pairs of domains. */
  #watched: ReadonlySet<string> = new Set()
  #countedAt: Millis | null = null

  constructor(sessions: Sessions, clock: Clock) {
    this.#sessions = sessions
    this.#clock = clock
  }
  /** Sessions watch these domains too. */
  also(watched: Watched): void {
    this.#also.push(watched)
  }
  /** A service, which has no sessions, watches these. */
  alsoPairs(pairs: () => Iterable<WatchedPair>): void {
    this.#services.push(pairs)
  }
  /** Does a user at `local` see presence from `remote`, or want to? */
  isWatched(local: string, remote: string): boolean {
    const now = this.#clock.now()
    if (this.#countedAt === null || Math.abs(now - this.#countedAt) >= COUNTED_FOR) {
      this.#countedAt = now
      this.#watched = this.#count()
    }
    return this.#watched.has(pairKey({ local, remote }))
  }

  #count(): Set<string> {
    const pairs = new Set<string>()
    for (const service of this.#services) for (const pair of service()) pairs.add(pairKey(pair))
    for (const session of this.#sessions.all()) {
      const { account, isPresent, directed } = session
      const { domain: local } = account.bare
      for (const also of this.#also) for (const remote of also(session)) pairs.add(pairKey({ local, remote }))
      if (isPresent) for (const contact of account.roster.subscriptions) pairs.add(pairKey({ local, remote: contact.domain }))
      if (directed !== null) for (const jid of directed.values()) pairs.add(pairKey({ local, remote: jid.domain }))
    }
    return pairs
  }
}
