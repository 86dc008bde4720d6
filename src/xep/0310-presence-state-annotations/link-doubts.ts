/**
 * XEP-0310 4.1: which remote presence is in doubt because the link was lost. Presence from before the loss is in doubt until the
 * other server has confirmed it (DEVIATES(29)), or it is closed because nobody did.
 */
import type { Millis } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import type { Link } from '../../server/links/links.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import { LossTimes } from './loss-times.ts'

export class LinkDoubts {
  readonly #host: Host
  readonly #times = new WeakMap<Link, LossTimes>()

  constructor(host: Host) {
    this.#host = host
    host.on('link-down', ({ local, remote }) => {
      const link = host.links.get(local, remote)!
      this.#timesOf(link).begins(link.lostSince ?? link.since)
    })
    host.on('link-up', ({ local, remote }) => this.lossIsOver(local, remote))
  }
  /** How often the link between the two domains was lost. */
  losses(local: string, remote: string): number {
    return this.#host.links.get(local, remote)?.losses ?? 0
  }
  /** The doubt about presence that was heard over that link after this number of losses; null if there is none. */
  doubt(local: string, remote: string, heardAfter: number): Doubt | null {
    const link = this.#host.links.get(local, remote)
    if (link === undefined) return null
    if (link.isAnnouncedDown) return 'server-unavailable'
    const { doubtedBefore, unknownBefore } = this.#timesOf(link)
    if (heardAfter >= doubtedBefore) return null
    return heardAfter < unknownBefore ? 'unknown' : 'server-unavailable'
  }
  /** Since when; null if it is not in doubt. */
  since(local: string, remote: string, heardAfter: number): Millis | null {
    const link = this.#host.links.get(local, remote)
    return link === undefined ? null : this.#timesOf(link).since(heardAfter)
  }
  /** Can nothing be received from there at present? */
  isBroken(local: string, remote: string): boolean {
    const state = this.#host.links.get(local, remote)?.state
    return state === 'suspect' || state === 'down'
  }
  wasLostSince(local: string, remote: string, since: Millis): boolean {
    return (this.#host.links.get(local, remote)?.lostAt ?? 0) > since
  }
  /** Everything there was asked about, and everything was answered that will be. */
  allAsked(local: string, remote: string): void {
    this.lossIsOver(local, remote)
    const link = this.#host.links.get(local, remote)
    if (link !== undefined) this.#timesOf(link).unknownBefore = link.losses
  }
  /** Earlier presence stays in doubt; presence from now on is not in doubt. */
  lossIsOver(local: string, remote: string): void {
    const link = this.#host.links.get(local, remote)
    if (link !== undefined) this.#timesOf(link).ends(link.losses, link.lostAt ?? link.since)
  }

  #timesOf(link: Link): LossTimes {
    const times = this.#times.get(link) ?? new LossTimes()
    this.#times.set(link, times)
    return times
  }
}
