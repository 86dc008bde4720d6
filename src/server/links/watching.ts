/**
 * Which links somebody watches: those over which an available session has contacts whose presence it sees (RFC 6121
 * 4.3), or to whom it has sent its own, or whose presence it was shown all the same. Counted for all links at once, at most once a second: when a whole
 * network goes, all links ask at the same time.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Session } from '../account/session.ts'
import type { Sessions } from '../account/sessions.ts'

const COUNTED_FOR: Millis = 1000

/** Does anybody at `local` see presence from `remote`, or want to? */
export function watching(
  sessions: Sessions,
  clock: Clock,
  shownTo: (session: Session) => Iterable<string>,
): (local: string, remote: string) => boolean {
  let watched: Set<string> = new Set()
  let countedAt: Millis | null = null
  return (local, remote) => {
    const now = clock.now()
    if (countedAt === null || Math.abs(now - countedAt) >= COUNTED_FOR) {
      countedAt = now
      watched = count(sessions, shownTo)
    }
    return watched.has(`${local} ${remote}`)
  }
}

function count(sessions: Sessions, shownTo: (session: Session) => Iterable<string>): Set<string> {
  const pairs = new Set<string>()
  for (const session of sessions.all()) {
    const { account, takesPart, directed } = session
    const { domain } = account.bare
    for (const remote of shownTo(session)) pairs.add(`${domain} ${remote}`)
    if (takesPart) for (const contact of account.roster.subscriptions) pairs.add(`${domain} ${contact.domain}`)
    if (directed !== null) for (const jid of directed.values()) pairs.add(`${domain} ${jid.domain}`)
  }
  return pairs
}
