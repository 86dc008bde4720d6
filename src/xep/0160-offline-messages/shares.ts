/**
 * Whose room in the store a message takes up. Those whom the account knows and strangers have a store each, and in it nobody
 * may have more than what is still free for others: so nobody can fill it.
 */
import { isKnown } from '../../im/delivery.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Parties } from '../../server/routing/parties.ts'
import type { Router } from '../../server/routing/router.ts'
import type { Jid } from '../../xmpp/jid.ts'

export type Pool = 'known' | 'strangers'

export interface Share {
  readonly pool: Pool
  /** Those with the same name have one share; '': what takes up room in the pool and nobody's share. */
  readonly holder: string
}

/** What stands in a mailbox of another server. */
export const IMPORTED: Share = { pool: 'known', holder: '' }

export class Shares {
  readonly #router: Pick<Router, 'kindOf'>
  readonly #parties: Parties

  constructor(router: Pick<Router, 'kindOf'>, parties: Parties) {
    this.#router = router
    this.#parties = parties
  }
  /** Each contact, and each of our own users, has a share; all strangers of one party elsewhere have one together. */
  of(account: LocalAccount, sender: Jid): Share {
    if (isKnown(account, sender)) return { pool: 'known', holder: sender.bare }
    const { bare, domain } = sender
    return { pool: 'strangers', holder: this.#router.kindOf(domain) === 'accounts' ? bare : this.#parties.of(domain) }
  }
}
