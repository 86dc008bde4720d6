/**
 * False offline from another server: it says for all resources of a contact at once that none is available, although it has said
 * that some are, and nothing that it sent since can have been lost. An old answer that arrives late looks like this. The other
 * server is asked once more, and its answer is true; if some are available, clients were shown a false state.
 */
import type { Millis } from '../../base/clock.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { Testimony } from '../../server/explaining/witnesses.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'

interface Denial {
  readonly at: Millis
  readonly available: readonly Jid[]
  /** When the other server has said since that they are available; null if it has not. */
  refutedAt: Millis | null
}

/** After this time the contact is asked anew, and an answer no longer belongs to this question. */
const REMEMBERED: Millis = 60_000
/** The most denials of one account. */
const DENIALS_MAX = 100

export class Denials {
  readonly #host: Host
  /** By bare JID, the oldest first. */
  readonly #slot: Slot<LocalAccount, Map<string, Denial> | null>
  readonly #refuted: (account: LocalAccount, jid: Jid) => void

  /** @param refuted called when a denied resource is available */
  constructor(host: Host, refuted: (account: LocalAccount, jid: Jid) => void) {
    this.#host = host
    this.#refuted = refuted
    this.#slot = host.accountSlot<Map<string, Denial> | null>('denials', 'forgotten', () => null)
    host.on('contact-denied', ({ account, contact, available }) => this.#denied(account, contact, available))
    host.on('contact-heard', ({ account, heard, news }) => news === 'available' && this.#isThere(account, heard.jid))
  }
  /** For `explain`. */
  *testify(watcher: LocalAccount, { bare, domain }: Jid): Generator<Testimony> {
    const denial = watcher.get(this.#slot)?.get(bare)
    if (denial === undefined) return
    const names = denial.available.map(({ resource }) => resource).join(', ')
    const end =
      denial.refutedAt === null
        ? 'It was asked once more'
        : 'Asked once more, it has said that it is there: that was a false offline'
    yield {
      about: 'shown',
      words: `${domain} has said that ${bare} is not available, though it had said that ${names} is, and not that it went. ${end}.`,
      since: denial.at,
    }
  }

  #denied(account: LocalAccount, contact: Jid, available: readonly Jid[]): void {
    const now = this.#host.clock.now()
    const denials = account.get(this.#slot) ?? new Map<string, Denial>()
    account.set(this.#slot, denials)
    const before = denials.get(contact.bare)
    if (before !== undefined && now - before.at < REMEMBERED) return
    denials.delete(contact.bare)
    const [oldest] = denials.keys()
    if (denials.size >= DENIALS_MAX && oldest !== undefined) denials.delete(oldest)
    denials.set(contact.bare, { at: now, available, refutedAt: null })
    this.#host.router.routeQuietly(Packet.of({ kind: 'presence', type: 'probe', from: account.bare, to: contact }))
  }
  #isThere(account: LocalAccount, jid: Jid): void {
    const denial = account.get(this.#slot)?.get(jid.bare)
    const now = this.#host.clock.now()
    if (denial === undefined || denial.refutedAt !== null || now - denial.at >= REMEMBERED) return
    if (!denial.available.some(({ full }) => full === jid.full)) return
    denial.refutedAt = now
    this.#refuted(account, jid)
  }
}
