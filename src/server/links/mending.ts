/**
 * After a link was broken, neither side knows what the other has missed: who is available here tells those there who may
 * see him (RFC 6121 4.4.2, once more), and asks about those whom he may see (4.3.1, "to refresh"). Nobody here notices
 * but by what has changed.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { LinkFact } from '../facts.ts'
import type { Probing } from '../probing.ts'
import type { Router } from '../router.ts'
import type { Session } from '../session.ts'
import type { Sessions } from '../sessions.ts'

export interface MendingParts {
  readonly clock: Clock
  readonly sessions: Sessions
  readonly router: Router
  readonly probing: Probing
}

/** Sessions looked at in one go; others have their turn before the next. */
const AT_ONCE = 500
const PAUSE: Millis = 5

/** What to do when a link is mended. */
export function mending(parts: MendingParts): (link: LinkFact) => void {
  return (link) => work(parts, [...parts.sessions.all()], link)
}

function work(parts: MendingParts, sessions: readonly Session[], link: LinkFact): void {
  for (const session of sessions.slice(0, AT_ONCE)) mend(parts, session, link)
  if (sessions.length > AT_ONCE) parts.clock.after(PAUSE, () => work(parts, sessions.slice(AT_ONCE), link))
}

function mend({ router, probing }: MendingParts, session: Session, { local, remote }: LinkFact): void {
  const { account, presence } = session
  if (!session.takesPart || account.bare.domain !== local) return
  const isThere = ({ domain }: Jid): boolean => domain === remote
  if (presence !== null) router.routeAll(presence, account.audience.filter(isThere))
  // The answer to one probe is for all resources
  if (account.sessions.find((s) => s.takesPart) !== session) return
  const contacts = account.reachable(account.roster.subscriptions).filter(isThere)
  if (contacts.length > 0) probing.ask(session, contacts)
}
