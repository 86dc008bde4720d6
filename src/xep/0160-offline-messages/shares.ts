/**
 * Whose share of the store a message uses. Known senders and strangers have a pool each, and in it nobody may use more than is
 * still free for others. So nobody can fill it.
 */
import { isKnown } from '../../im/delivery.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Parties } from '../../server/routing/parties.ts'
import type { Router } from '../../server/routing/router.ts'
import { holderOf } from '../../server/routing/strangers.ts'
import type { Jid } from '../../xmpp/jid.ts'

export type Pool = 'known' | 'strangers'

export interface Share {
  readonly pool: Pool
  /** Senders with the same holder share one share; '' uses the pool but nobody's share. */
  readonly holder: string
}

/** For messages from a mailbox of another server. */
export const IMPORTED: Share = { pool: 'known', holder: '' }

export class Shares {
  readonly #router: Pick<Router, 'kindOf'>
  readonly #parties: Parties

  constructor(router: Pick<Router, 'kindOf'>, parties: Parties) {
    this.#router = router
    this.#parties = parties
  }
  /** Each contact, and each local user, has a share; all strangers of one remote party have one together. */
  of(account: LocalAccount, sender: Jid): Share {
    if (isKnown(account, sender)) return { pool: 'known', holder: sender.bare }
    return { pool: 'strangers', holder: holderOf(this.#router, this.#parties, sender) }
  }
}
