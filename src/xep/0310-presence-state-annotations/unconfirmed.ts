/**
 * PSA-36: after every loss of a link, even one too short to announce, contacts there are probed. A resource that the other server
 * does not confirm is shown as gone: its server could not tell us. What cannot be probed stays in doubt.
 */
import type { Millis } from '../../base/clock.ts'
import type { Counter } from '../../base/metrics.ts'
import { contactKey } from '../../im/account.ts'
import type { Facts } from '../../server/account/facts.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { LinkDoubts } from './link-doubts.ts'
import type { Portions } from '../../base/portions.ts'
import type { Telling } from './telling.ts'

export interface UnconfirmedParts {
  readonly host: Host
  readonly portions: Portions
  readonly telling: Telling
  readonly links: LinkDoubts
  /** How long after the last answer an unconfirmed resource counts as gone. */
  readonly confirmWithin: Millis
}

export class Unconfirmed {
  readonly #parts: UnconfirmedParts
  readonly #closed: Counter

  constructor(parts: UnconfirmedParts) {
    const { host } = parts
    this.#parts = parts
    this.#closed = host.metrics.counter(
      'porchlight_presences_unconfirmed_total',
      'Resources on other servers that nobody confirmed after an outage, and that were shown as gone',
    )
    host.on('link-settled', (link) => this.#settled(link))
  }
  /** The account's contacts there were probed at `since`. If the link breaks again, they will be probed again. */
  close(account: LocalAccount, remote: string, since: Millis): void {
    const { links } = this.#parts
    const local = account.bare.domain
    if (!links.isBroken(local, remote) && !links.wasLostSince(local, remote, since)) this.#close(account, remote, since)
  }

  /**
   * All contacts there were probed, and no queue hides an answer (server/links/mending.ts). A resource that is not confirmed
   * soon is gone. If the link breaks again, all this is repeated.
   */
  #settled(link: Facts['link-settled']): void {
    const { host, portions, links, confirmWithin } = this.#parts
    host.clock.after(confirmWithin, () => {
      const { local, remote, since } = link
      if (links.wasLostSince(local, remote, since)) return
      // The link may only be silent for a moment; then nothing will be asked again
      if (links.isBroken(local, remote)) this.#settled(link)
      else portions.do(this.#closeAll(local, remote, since))
    })
  }
  *#closeAll(local: string, remote: string, since: Millis): Generator {
    const { host, links, telling } = this.#parts
    const accounts = new Set(Array.from(host.sessions.all(), (session) => session.account))
    for (const account of accounts) {
      if (links.wasLostSince(local, remote, since)) return
      if (account.bare.domain === local) this.#close(account, remote, since)
      yield
    }
    links.allAsked(local, remote)
    telling.lookAtDomain(local, remote)
  }
  #close(account: LocalAccount, remote: string, since: Millis): void {
    const { host } = this.#parts
    for (const { jid, confirmedAt, isBySubscription } of [...host.heard.ofDomain(account, remote)]) {
      // An account that is no longer subscribed cannot probe, although its clients may still show the resource
      const isMeant = isBySubscription || account.roster.isSubscribedTo(contactKey(jid))
      if (confirmedAt >= since || !isMeant) continue
      this.#closed.value += 1
      host.router.routeQuietly(Packet.of({ kind: 'presence', type: 'unavailable', from: jid, to: account.bare }))
    }
  }
}
