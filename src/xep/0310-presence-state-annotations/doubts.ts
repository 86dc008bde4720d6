/** XEP-0310 4: what we know against a presence just now, as one client may know it: a pause of a session here, or a lost link. */
import type { Millis } from '../../base/clock.ts'
import type { Router } from '../../server/routing/router.ts'
import type { Session } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import type { LinkDoubts } from './link-doubts.ts'
import type { Pauses } from './pauses.ts'

export interface DoubtsParts {
  readonly router: Router
  readonly pauses: Pauses
  readonly links: LinkDoubts
}

export class Doubts {
  readonly #parts: DoubtsParts

  constructor(parts: DoubtsParts) {
    this.#parts = parts
  }
  /**
   * Of the presence of `from`; null: nothing.
   * @param heardAfter of somebody elsewhere: after how many losses of the link `watcher` was shown the presence
   */
  of(watcher: Session, from: Jid, heardAfter: number): Doubt | null {
    const { router, links } = this.#parts
    if (router.placeOf(from) === 'here') return this.#isPauseShownTo(watcher, from) ? 'connection-paused' : null
    return links.isInDoubt(watcher.jid.domain, from.domain, heardAfter) ? 'server-unavailable' : null
  }
  /** Since when; null: it is over by now. */
  since({ jid: { domain } }: Session, from: Jid, heardAfter: number): Millis | null {
    const { router, links, pauses } = this.#parts
    if (router.placeOf(from) !== 'here') return links.since(domain, from.domain, heardAfter)
    const paused = pauses.at(from)
    return paused === null ? null : pauses.since(paused)
  }
  /** PSA-35: not every user wants others to know; the user's own clients do. */
  #isPauseShownTo({ account }: Session, from: Jid): boolean {
    const paused = this.#parts.pauses.at(from)
    return paused !== null && (paused.account === account || paused.account.policy.sharePaused !== 'none')
  }
}
