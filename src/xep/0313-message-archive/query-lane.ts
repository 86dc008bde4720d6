/**
 * MAM-36: the queries of one session, one after the other. The session's other stanzas do not wait for them, and results are sent as
 * fast as the client reads.
 */
import type { Session } from '../../server/account/session.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'

/** Queries that may wait. */
const WAITING_MAX = 20

export class QueryLane {
  #last: Promise<void> = Promise.resolve()
  #waiting = 0

  /** @param query never rejects @throws StanzaError resource-constraint */
  add(query: () => Promise<void>): void {
    if (this.#waiting > WAITING_MAX) throw new StanzaError('resource-constraint', { text: 'Too many queries are waiting' })
    this.#waiting += 1
    this.#last = this.#last.then(query).finally(() => void (this.#waiting -= 1))
  }
}

/** Resolves when the client has read most of what it was sent. False: the session has ended. */
export async function hasRead(session: Session): Promise<boolean> {
  while (!session.ended && !session.room.isFree) await new Promise<void>((look) => session.room.whenFree(look))
  return !session.ended
}
