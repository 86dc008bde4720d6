/**
 * False offline here: who is available, and has to be shown to a session, and is not, as far as its ledger says. For the audit
 * and for `explain`.
 */
import { contactKey } from '../../im/account.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Heard, Hearing } from './hearing.ts'
import type { Receivers } from './receivers.ts'

export interface AbsencesParts {
  readonly host: Host
  readonly receivers: Receivers
  readonly hearing: Hearing
}
const NOBODY: readonly Jid[] = []
/** Addresses that a session has told that it has gone. */
const DENIED_MAX = 500

export class Absences {
  readonly #parts: AbsencesParts
  /** Whom here it has told directly that it has gone, though it has not (RFC 6121 4.6.3). Null: nobody. */
  readonly #hides: Slot<Session, Set<string> | null>

  constructor(parts: AbsencesParts) {
    this.#parts = parts
    this.#hides = parts.host.sessionSlot<Set<string> | null>('told-gone', 'forgotten', () => null)
  }
  /** The session sends that presence. */
  said(session: Session, { type, to }: Packet): void {
    if (type !== 'unavailable' || to === null || this.#parts.host.router.kindOf(to.domain) !== 'accounts') return
    const hides = session.get(this.#hides)
    if (hides === null) session.set(this.#hides, new Set([to.bare]))
    else if (hides.size < DENIED_MAX) hides.add(to.bare)
  }
  /** Can anything be said of what this session is shown? */
  isJudged(session: Session): boolean {
    const { receivers } = this.#parts
    return session.presence !== null && receivers.asks(session) && receivers.isLooking(session) && receivers.isComplete(session)
  }
  /** A turn for each contact here, and for each resource elsewhere. */
  *of(session: Session): Generator<readonly Jid[]> {
    const { account } = session
    const { host, hearing } = this.#parts
    for (const contact of account.reachable(account.roster.subscriptions))
      yield host.router.kindOf(contact.domain) === 'accounts' ? this.ofContact(session, contact) : NOBODY
    for (const heard of hearing.all(account)) {
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

  #here({ account: { bare } }: Session, contact: Jid): readonly Jid[] {
    const account = this.#parts.host.accounts.get(contact.bare)
    if (account === undefined || account.hidden(bare) || !account.roster.isSubscriber(contactKey(bare))) return []
    const isSeen = (s: Session): boolean => s.presence !== null && s.get(this.#hides)?.has(bare.bare) !== true
    return account.sessions.filter(isSeen).map(({ jid }) => jid)
  }
  #elsewhere(session: Session, contact: Jid): readonly Jid[] {
    const all = [...this.#parts.hearing.ofAccount(session.account, contact)]
    return all.filter((heard) => this.#isGiven(session, heard)).map(({ jid }) => jid)
  }
  /** Was the presence given to all resources when the session was one of them? */
  #isGiven(session: Session, { isForAll, givenAt }: Heard): boolean {
    return isForAll && this.#parts.receivers.wasThere(session, givenAt)
  }
}
