/**
 * The names under which sessions can be resumed (SM-IDs: XEP-0198 section 5). Each is good for one account, and is
 * remembered for a while after its session is over, so that the client can be told how many of its stanzas were handled.
 */
import { token, type Entropy } from '../../base/entropy.ts'
import type { Session } from '../../server/account/session.ts'

/** Of sessions that are over. Of an older one nothing is known any more, and its client is told nothing. */
const REMEMBERED_MAX = 10_000

interface Over {
  readonly account: string
  readonly handled: number
}

export class Resumptions {
  readonly #entropy: Entropy
  readonly #sessions = new Map<string, Session>()
  /** The oldest first. */
  readonly #over = new Map<string, Over>()

  constructor(entropy: Entropy) {
    this.#entropy = entropy
  }
  /** Names a session. Nobody can guess the name, and none is given twice. */
  name(session: Session): string {
    const id = token(this.#entropy)
    this.#sessions.set(id, session)
    return id
  }
  /** A session that had its name before the server was restarted. */
  restore(id: string, session: Session): void {
    this.#sessions.set(id, session)
  }
  /** The session, if it is one of that account (a bare JID). */
  find(id: string, account: string): Session | null {
    const session = this.#sessions.get(id)
    return session !== undefined && session.account.bare.bare === account ? session : null
  }
  /** The session is over; so many stanzas of its client were handled. */
  close(id: string, handled: number): void {
    const session = this.#sessions.get(id)
    if (session === undefined) return
    this.#sessions.delete(id)
    // How many were handled before a crash is known of the last time that it was written down only
    if (session.isRelic) return
    this.#over.set(id, { account: session.account.bare.bare, handled })
    if (this.#over.size > REMEMBERED_MAX) for (const oldest of this.#over.keys()) if (this.#over.delete(oldest)) break
  }
  /** How many stanzas the session had handled when it ended; null: nothing is known of it. */
  handledBy(id: string, account: string): number | null {
    const over = this.#over.get(id)
    return over !== undefined && over.account === account ? over.handled : null
  }
}
