/**
 * Subscription requests for which a session had no room, because their sender has used up their share. The client is shown them
 * when it has read what waits, if they are still unanswered (RFC 6121 3.1.3).
 */
import { contactOf } from '../../im/account.ts'
import { withDelay } from '../../xmpp/delay.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Session } from '../account/session.ts'

export class UnshownRequests {
  /** By session: the contacts. There are never more than its account has unanswered requests. */
  readonly #contacts = new WeakMap<Session, Map<string, Jid>>()

  add(session: Session, from: Jid): void {
    const contact = contactOf(from)
    const contacts = this.#contacts.get(session)
    if (contacts === undefined) {
      this.#contacts.set(session, new Map([[contact.full, contact]]))
      return session.room.pour(this.#show(session))
    }
    for (const { full } of contacts.values()) if (session.account.roster.pendingFrom(full) === undefined) contacts.delete(full)
    contacts.set(contact.full, contact)
  }

  /** Takes its turn when the client has read what waits. */
  *#show(session: Session): Generator<void, void> {
    const contacts = this.#contacts.get(session)
    this.#contacts.delete(session)
    const { account } = session
    for (const { full } of contacts?.values() ?? []) {
      const request = account.roster.pendingFrom(full)
      if (request === undefined || account.hidden(request.from) || !session.takesPart) continue
      session.take(withDelay(request.stanza, account.bare.domain, request.receivedAt))
      yield
    }
  }
}
