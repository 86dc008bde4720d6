/**
 * PSA-24: what the last client of an account was shown over a broken link, when it becomes unavailable. A client that becomes
 * available before the other server is heard again is shown this with the doubt, because unknown is not offline (`newcomers.ts`).
 */
import type { Host } from '../../server/feature.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { PresenceLedger, type LedgerLimits, type Shown } from './ledger.ts'
import type { LinkDoubts } from './link-doubts.ts'

const NOTHING: Iterable<Shown> = []

export class LeftInDoubt {
  readonly #links: LinkDoubts
  readonly #limits: LedgerLimits
  /** Null if there is nothing. */
  readonly #slot: Slot<LocalAccount, PresenceLedger | null>

  constructor(host: Host, links: LinkDoubts, limits: LedgerLimits) {
    this.#links = links
    this.#limits = limits
    this.#slot = host.accountSlot<PresenceLedger | null>('left-in-doubt', 'forgotten', () => null)
  }
  /** The session becomes unavailable; it leaves what it was shown to later sessions, and to itself if it comes back. */
  leave({ account, jid }: Session, ledger: PresenceLedger): void {
    for (const remote of ledger.domains) if (this.#links.isBroken(jid.domain, remote)) this.#leaveAll(account, ledger.of(remote))
  }
  /** What was left of contacts at that domain. */
  of(account: LocalAccount, domain: string): Iterable<Shown> {
    return account.get(this.#slot)?.of(domain) ?? NOTHING
  }
  /** The other server is heard: what was left of its users is out of date. */
  heardFrom(account: LocalAccount, domain: string): void {
    const left = account.get(this.#slot)
    if (left === null) return
    for (const { jid } of left.of(domain)) left.close(jid)
    if (left.size === 0) account.set(this.#slot, null)
  }
  /** What was left over a link that has recovered since is out of date. */
  forgetRecovered(account: LocalAccount): void {
    const domains = [...(account.get(this.#slot)?.domains ?? [])]
    for (const remote of domains) if (!this.#links.isBroken(account.bare.domain, remote)) this.heardFrom(account, remote)
  }

  #leaveAll(account: LocalAccount, all: Iterable<Shown>): void {
    const left = account.get(this.#slot) ?? new PresenceLedger(this.#limits)
    for (const { packet, at, heardAfter } of all) if (packet.to?.isBare === true) left.show(packet, null, at, heardAfter)
    account.set(this.#slot, left)
  }
}
