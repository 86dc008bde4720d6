/** PEP-15: a client that answers an event with an error is not sent any until it is available anew. */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'

const SILENT_MAX = 10_000

export class Bounced {
  readonly #silent = new BoundedMap<string, true>(SILENT_MAX)

  /** Has this client refused an event of the account? */
  isSilent({ bare }: LocalAccount, to: Jid): boolean {
    return this.#silent.size > 0 && this.#silent.has(`${bare.bare} ${to.full}`)
  }
  silence({ bare }: LocalAccount, to: Jid): void {
    this.#silent.set(`${bare.bare} ${to.full}`, true)
  }
  /** It is available anew. */
  back({ bare }: LocalAccount, jid: Jid): void {
    if (this.#silent.size > 0) this.#silent.delete(`${bare.bare} ${jid.full}`)
  }
}
