/**
 * PEP-15, XEP-0060 12.4: what becomes of those whose server answers an event with an error. They are never told to who has
 * published. A client that refuses an event is not sent any until it is available anew; a subscription ends at once if its
 * address is gone, otherwise after some errors.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Clock, Millis } from '../../base/clock.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'

const SILENT_MAX = 10_000
const ERRORS_MAX = 5
const DAY: Millis = 86_400_000

interface Count {
  readonly since: Millis
  errors: number
}

export class Bounced {
  readonly #clock: Clock
  readonly #silent = new BoundedMap<string, true>(SILENT_MAX)
  readonly #counts = new BoundedMap<string, Count>(SILENT_MAX)

  constructor(clock: Clock) {
    this.#clock = clock
  }
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
  /** @returns it was one error too many */
  isOneTooMany({ bare }: LocalAccount, to: Jid): boolean {
    const key = `${bare.bare} ${to.full}`
    const now = this.#clock.now()
    const before = this.#counts.get(key)
    const count = before === undefined || now - before.since > DAY ? { since: now, errors: 0 } : before
    count.errors += 1
    this.#counts.set(key, count)
    return count.errors >= ERRORS_MAX
  }
}
