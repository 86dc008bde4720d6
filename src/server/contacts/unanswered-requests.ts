/**
 * RFC 6121 3.1.2, end: a request to a remote contact that was not answered is sent again when the user becomes available, in
 * case it was lost. `im/subscribing.ts` says which requests; this file says when and how. Contacts on this server have stored
 * the request already, and are not asked twice.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import { requestsAgain } from '../../im/subscribing.ts'
import { wire } from '../../xml/wire.ts'
import type { Accounts } from '../account/accounts.ts'
import type { LocalAccount } from '../account/session.ts'
import type { RosterStore } from '../ports.ts'
import type { Router } from '../routing/router.ts'

export interface UnansweredRequestsParts {
  readonly accounts: Accounts
  readonly rosters: RosterStore
  readonly router: Router
  readonly clock: Clock
  readonly entropy: Entropy
  /** How long a request waits for its answer before it is sent again; 0 for never. */
  readonly againAfterMs: Millis
  readonly failed: (error: unknown) => void
}

export class UnansweredRequests {
  readonly #parts: UnansweredRequestsParts

  constructor(parts: UnansweredRequestsParts) {
    this.#parts = parts
  }
  /** One of the account's resources has sent initial presence. */
  becameAvailable(account: LocalAccount): void {
    if (this.#parts.againAfterMs === 0 || !this.#asksElsewhere(account)) return
    // In turn with other roster changes: an answer or a withdrawal in progress comes first.
    account.serial.run(() => this.#askAgain(account)).catch(this.#parts.failed)
  }

  #asksElsewhere({ roster }: LocalAccount): boolean {
    for (const { ask, jid } of roster.items()) if (ask && this.#parts.router.placeOf(jid) !== 'here') return true
    return false
  }
  async #askAgain(account: LocalAccount): Promise<void> {
    const { accounts, rosters, router, clock, entropy, againAfterMs } = this.#parts
    const owner = account.bare.bare
    if (accounts.get(owner) !== account) return
    const kept = new Map((await rosters.keptRequests(owner)).map((sent) => [sent.stanza.to!.full, sent]))
    const now = clock.now()
    for (const stanza of requestsAgain(account, kept, now - againAfterMs, () => wire(token(entropy)))) {
      if (router.placeOf(stanza.to!) === 'here') continue
      await rosters.keepRequest(owner, stanza, now)
      router.routeQuietly(stanza)
    }
  }
}
