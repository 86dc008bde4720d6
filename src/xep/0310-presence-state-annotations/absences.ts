/**
 * False offline among local accounts: contacts that are available and should be shown to a session, but are not, according to
 * its ledger. For the audit and for `explain`.
 */
import { contactKey } from '../../im/account.ts'
import type { AvailableResource, HeardResource } from '../../im/heard-resource.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Receivers } from './receivers.ts'

export interface AbsencesParts {
  readonly host: Host
  readonly receivers: Receivers
}
const NOBODY: readonly Jid[] = []
/** The most addresses to which a session has sent directed unavailable presence that are remembered. */
const DENIED_MAX = 500

export class Absences {
  readonly #parts: AbsencesParts
  /** By full JID: the local addresses to which a session has sent directed unavailable presence (RFC 6121 4.6.3). */
  readonly #hides = new Map<string, Set<string>>()

  constructor(parts: AbsencesParts) {
    this.#parts = parts
    parts.host.on('session-ended', ({ session }) => void this.#hides.delete(session.jid.full))
  }
  /** The session sends that presence. */
  said(session: Session, { type, to }: Packet): void {
    if (type !== 'unavailable' || to === null || this.#parts.host.router.kindOf(to.domain) !== 'accounts') return
    const hides = this.#hides.get(session.jid.full)
    if (hides === undefined) this.#hides.set(session.jid.full, new Set([to.bare]))
    else if (hides.size < DENIED_MAX) hides.add(to.bare)
  }
  /** Is enough known about what this session is shown to judge it? */
  isJudged(session: Session): boolean {
    const { receivers } = this.#parts
    return session.presence !== null && receivers.asks(session) && receivers.isLooking(session) && receivers.isComplete(session)
  }
  /** One turn for each local contact, and for each remote resource. */
  *of(session: Session): Generator<readonly Jid[]> {
    const { account } = session
    const { host } = this.#parts
    for (const contact of account.reachable(account.roster.subscriptions))
      yield host.router.kindOf(contact.domain) === 'accounts' ? this.ofContact(session, contact) : NOBODY
    for (const heard of host.heard.all(account)) {
      const isContact = account.roster.isSubscribedTo(contactKey(heard.jid)) && !account.hidden(heard.jid)
      yield isContact && this.#isGiven(session, heard) ? this.#unseen(session, [heard.jid]) : NOBODY
    }
  }
  ofContact(session: Session, contact: Jid): readonly Jid[] {
    const { host } = this.#parts
    const isHere = host.router.kindOf(contact.domain) === 'accounts'
    const there = isHere ? this.#here(session, contact) : this.#elsewhere(session, contact)
    return this.#unseen(session, there)
  }
  #unseen(session: Session, there: readonly Jid[]): readonly Jid[] {
    return there.filter((jid) => !this.#parts.receivers.has(session, jid))
  }

  #here({ account }: Session, contact: Jid): readonly Jid[] {
    const all = [...this.#parts.host.heard.available(account, contact)]
    return all.filter((one) => one.isBySubscription && !this.#isHidden(account.bare, one)).map(({ jid }) => jid)
  }
  #isHidden({ bare }: Jid, { jid }: AvailableResource): boolean {
    return this.#hides.get(jid.full)?.has(bare) === true
  }
  #elsewhere(session: Session, contact: Jid): readonly Jid[] {
    const all = [...this.#parts.host.heard.ofAccount(session.account, contact)]
    return all.filter((heard) => this.#isGiven(session, heard)).map(({ jid }) => jid)
  }
  /** Was the presence sent to all resources when the session was one of them? */
  #isGiven(session: Session, { isForAll, givenAt }: HeardResource): boolean {
    return isForAll && this.#parts.receivers.wasThere(session, givenAt)
  }
}
