/**
 * XEP-0310 4.1: links to other servers that are down, and what follows when they are up again. The doubt of a presence is
 * taken back when the other server has confirmed it (DEVIATES(29)). After every loss, even one too short to be
 * announced, a contact that the other server was asked about and has not confirmed is shown as gone (PSA-36); a presence
 * that nobody can ask about stays in doubt. While the link is down, a new resource that asks is shown what its siblings
 * see, and what the last one saw that went meanwhile: with the doubt, for what is unknown is not offline (PSA-24).
 */
import type { Millis } from '../../base/clock.ts'
import type { Counter } from '../../base/metrics.ts'
import type { Portions } from '../../base/portions.ts'
import { contactKey } from '../../im/account.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Facts, LinkFact } from '../../server/account/facts.ts'
import type { Host } from '../../server/feature.ts'
import type { Link } from '../../server/links/links.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { SessionCaps } from '../0115-entity-capabilities/index.ts'
import { PresenceLedger, type LedgerLimits, type Shown } from './ledger.ts'
import { LossTimes } from './loss-times.ts'
import type { Receivers } from './receivers.ts'

export interface OutagesParts {
  readonly host: Host
  readonly caps: SessionCaps
  readonly portions: Portions
  readonly receivers: Receivers
  readonly limits: LedgerLimits
  /** How long after the last answer a resource that nobody has confirmed counts as gone. */
  readonly confirmWithin: Millis
}

export class Outages {
  readonly #parts: OutagesParts
  /** Domains to which the link is down, by our own domain. */
  readonly #down = new Map<string, Set<string>>()
  readonly #losses = new WeakMap<Link, LossTimes>()
  /** What sessions were shown over broken links that are gone meanwhile. Null: nothing. */
  readonly #left: Slot<LocalAccount, PresenceLedger | null>
  readonly #closed: Counter

  constructor(parts: OutagesParts) {
    const { host, caps } = parts
    this.#parts = parts
    this.#left = host.accountSlot<PresenceLedger | null>('left-in-doubt', 'forgotten', () => null)
    this.#closed = host.metrics.counter(
      'porchlight_presences_unconfirmed_total',
      'Resources on other servers that nobody confirmed after an outage, and that were shown as gone',
    )
    host.on('link-down', (link) => this.#begin(link))
    host.on('link-up', (link) => this.#end(link))
    host.on('link-settled', (link) => this.#settled(link))
    host.on('session-ended', ({ session }) => this.#leave(session))
    parts.receivers.onLeave = (session) => this.#leave(session)
    host.on('presence-changed', ({ session, before }) => before === null && this.#welcome(session))
    caps.onKnown((session) => this.#welcome(session))
  }
  /** The other server speaks: what was left in doubt is over. */
  heardFrom(account: LocalAccount, domain: string): void {
    const left = account.get(this.#left)
    if (left === null) return
    for (const { jid } of left.of(domain)) left.close(jid)
    if (left.size === 0) account.set(this.#left, null)
  }
  /** Is what was heard over that link after so many losses in doubt? */
  isInDoubt(local: string, remote: string, heardAfter: number): boolean {
    const link = this.#parts.host.links.get(local, remote)
    return link !== undefined && (link.isAnnouncedDown || heardAfter < this.#lossesOf(link).doubtedBefore)
  }
  /** Since when; null: it is not. */
  since(local: string, remote: string, heardAfter: number): Millis | null {
    const link = this.#parts.host.links.get(local, remote)
    return link === undefined ? null : this.#lossesOf(link).since(heardAfter)
  }

  #lossesOf(link: Link): LossTimes {
    const losses = this.#losses.get(link) ?? new LossTimes()
    this.#losses.set(link, losses)
    return losses
  }
  #begin({ local, remote }: LinkFact): void {
    const down = this.#down.get(local)
    if (down === undefined) this.#down.set(local, new Set([remote]))
    else down.add(remote)
    const link = this.#parts.host.links.get(local, remote)!
    this.#lossesOf(link).begins(link.lostSince ?? link.since)
    this.#parts.receivers.lookAtDomain(local, remote)
    this.#parts.portions.do(this.#showAll(local, remote))
  }
  #end({ local, remote }: LinkFact): void {
    const down = this.#down.get(local)
    down?.delete(remote)
    if (down?.size === 0) this.#down.delete(local)
    const link = this.#parts.host.links.get(local, remote)!
    this.#lossesOf(link).ends(link.losses, link.lostAt ?? link.since)
    this.#parts.receivers.lookAtDomain(local, remote)
  }

  /**
   * Everybody's contacts there have been asked for, and no queue hides an answer (server/links/mending.ts). Whoever is not
   * confirmed soon has gone, and their server could not tell us. When the link breaks again it will be mended again.
   */
  #settled(link: Facts['link-settled']): void {
    this.#parts.host.clock.after(this.#parts.confirmWithin, () => {
      const { local, remote, since } = link
      if (this.#wasLostSince(local, remote, since)) return
      // It may only be silent for a moment: then nothing will be asked for anew
      if (this.#isBroken(local, remote)) this.#settled(link)
      else this.#parts.portions.do(this.#closeAll(local, remote, since))
    })
  }
  *#closeAll(local: string, remote: string, since: Millis): Generator {
    const accounts = new Set(Array.from(this.#parts.host.sessions.all(), (session) => session.account))
    for (const account of accounts) {
      if (this.#wasLostSince(local, remote, since)) return
      if (account.bare.domain === local) this.#close(account, remote, since)
      yield
    }
    const link = this.#parts.host.links.get(local, remote)
    if (link === undefined) return
    this.#lossesOf(link).ends(link.losses, link.lostAt ?? link.since)
    this.#parts.receivers.lookAtDomain(local, remote)
  }
  /** The account's contacts there were asked for at `since`. When the link is broken, they will be asked again. */
  closeUnconfirmed(account: LocalAccount, remote: string, since: Millis): void {
    const local = account.bare.domain
    if (!this.#isBroken(local, remote) && !this.#wasLostSince(local, remote, since)) this.#close(account, remote, since)
  }
  #close(account: LocalAccount, remote: string, since: Millis): void {
    const { host } = this.#parts
    for (const { jid, confirmedAt, isBySubscription } of [...host.heard.ofDomain(account, remote)]) {
      // Who is not subscribed any more is not told, and cannot ask, though their client may still show it
      const isMeant = isBySubscription || account.roster.isSubscribedTo(contactKey(jid))
      if (confirmedAt >= since || !isMeant) continue
      this.#closed.value += 1
      host.router.routeQuietly(Packet.of({ kind: 'presence', type: 'unavailable', from: jid, to: account.bare }))
    }
  }

  /** A session has become available, or is known to ask: it is shown what is known over links that are down. */
  #welcome(session: Session): void {
    const { account, jid } = session
    const left = account.get(this.#left)
    // What was left when a link broke that has recovered since is old
    for (const remote of left?.domains ?? []) if (!this.#isBroken(jid.domain, remote)) this.heardFrom(account, remote)
    for (const remote of this.#down.get(jid.domain) ?? []) this.#show(session, remote)
  }
  *#showAll(local: string, remote: string): Generator {
    for (const session of [...this.#parts.host.sessions.all()]) {
      if (session.jid.domain === local) this.#show(session, remote)
      yield
    }
  }
  #show(session: Session, remote: string): void {
    const { receivers } = this.#parts
    if (!session.takesPart || !receivers.asks(session)) return
    for (const sibling of session.account.sessions) {
      if (sibling !== session) for (const shown of receivers.shown(sibling, remote)) this.#offer(session, shown)
    }
    for (const shown of session.account.get(this.#left)?.of(remote) ?? []) this.#offer(session, shown)
  }
  #offer(session: Session, { packet, heardAfter }: Shown): void {
    const { account } = session
    const { from, to } = packet
    if (to?.isBare !== true || account.hidden(from) || !account.roster.isSubscribedTo(contactKey(from))) return
    if (this.#parts.receivers.has(session, from)) return
    this.#parts.host.heard.recall(account, packet) // so that it is closed when nobody confirms it
    this.#parts.receivers.showOld(session, packet, heardAfter)
  }
  /** A resource that saw something over a broken link leaves it to those that come, and to itself when it comes again. */
  #leave(session: Session): void {
    const { receivers, limits } = this.#parts
    const { account } = session
    for (const remote of receivers.domains(session)) {
      if (!this.#isBroken(session.jid.domain, remote)) continue
      const left = account.get(this.#left) ?? new PresenceLedger(limits)
      for (const { packet, at, heardAfter } of receivers.shown(session, remote))
        if (packet.to?.isBare === true) left.show(packet, null, at, heardAfter)
      account.set(this.#left, left)
    }
  }
  #wasLostSince(local: string, remote: string, since: Millis): boolean {
    return (this.#parts.host.links.get(local, remote)?.lostAt ?? 0) > since
  }
  #isBroken(local: string, remote: string): boolean {
    const state = this.#parts.host.links.get(local, remote)?.state
    return state === 'suspect' || state === 'down'
  }
}
