/**
 * The ids by which sessions can be resumed (SM-IDs: XEP-0198 section 5). Each is valid for one account, and is remembered for a
 * while after its session has ended, so that the client can be told how many of its stanzas were handled.
 */
import { token, type Entropy } from '../../base/entropy.ts'
import type { Session } from '../../server/account/session.ts'

/** The most ended sessions that are remembered. */
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
  /** Gives a session an id. It cannot be guessed, and is never used twice. */
  name(session: Session): string {
    const id = token(this.#entropy)
    this.#sessions.set(id, session)
    return id
  }
  /** Restores a session that had its id before the restart. */
  restore(id: string, session: Session): void {
    this.#sessions.set(id, session)
  }
  /** The session, if it belongs to that account (a bare JID). */
  find(id: string, account: string): Session | null {
    const session = this.#sessions.get(id)
    return session !== undefined && session.account.bare.bare === account ? session : null
  }
  /** The session has ended; this many stanzas of its client were handled. Null if that is not known. */
  close(id: string, handled: number | null): void {
    const session = this.#sessions.get(id)
    if (session === undefined) return
    this.#sessions.delete(id)
    if (handled === null) return
    this.#over.set(id, { account: session.account.bare.bare, handled })
    if (this.#over.size > REMEMBERED_MAX) for (const oldest of this.#over.keys()) if (this.#over.delete(oldest)) break
  }
  /** How many stanzas the session had handled when it ended; null if unknown. */
  handledBy(id: string, account: string): number | null {
    const over = this.#over.get(id)
    return over !== undefined && over.account === account ? over.handled : null
  }
}
