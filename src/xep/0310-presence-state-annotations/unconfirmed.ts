/**
 * PSA-36: after every loss of a link, even one too short to announce, contacts there are asked for. A resource that the other
 * server does not confirm is shown as gone: its server could not tell us. What nobody can ask about stays in doubt.
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
  /** How long after the last answer a resource that nobody has confirmed counts as gone. */
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
  /** The account's contacts there were asked for at `since`. When the link is broken, they will be asked again. */
  close(account: LocalAccount, remote: string, since: Millis): void {
    const { links } = this.#parts
    const local = account.bare.domain
    if (!links.isBroken(local, remote) && !links.wasLostSince(local, remote, since)) this.#close(account, remote, since)
  }

  /**
   * Everybody's contacts there have been asked for, and no queue hides an answer (server/links/mending.ts). Whoever is not
   * confirmed soon has gone. When the link breaks again it will be mended again.
   */
  #settled(link: Facts['link-settled']): void {
    const { host, portions, links, confirmWithin } = this.#parts
    host.clock.after(confirmWithin, () => {
      const { local, remote, since } = link
      if (links.wasLostSince(local, remote, since)) return
      // It may only be silent for a moment: then nothing will be asked for anew
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
    links.lossIsOver(local, remote)
    telling.lookAtDomain(local, remote)
  }
  #close(account: LocalAccount, remote: string, since: Millis): void {
    const { host } = this.#parts
    for (const { jid, confirmedAt, isBySubscription } of [...host.heard.ofDomain(account, remote)]) {
      // An account that is not subscribed any more is not told, and cannot ask, though its clients may still show the resource
      const isMeant = isBySubscription || account.roster.isSubscribedTo(contactKey(jid))
      if (confirmedAt >= since || !isMeant) continue
      this.#closed.value += 1
      host.router.routeQuietly(Packet.of({ kind: 'presence', type: 'unavailable', from: jid, to: account.bare }))
    }
  }
}
