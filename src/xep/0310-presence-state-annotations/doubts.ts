/** XEP-0310 4: the present doubt about a presence, as one client may know it: a pause of a local session, or a lost link. */
import type { Millis } from '../../base/clock.ts'
import type { Router } from '../../server/routing/router.ts'
import type { Session } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import type { LinkDoubts } from './link-doubts.ts'
import type { Pauses } from './pauses.ts'
import type { Receivers } from './receivers.ts'

export interface DoubtsParts {
  readonly router: Router
  readonly pauses: Pauses
  readonly links: LinkDoubts
  readonly receivers: Receivers
}

export class Doubts {
  readonly #parts: DoubtsParts

  constructor(parts: DoubtsParts) {
    this.#parts = parts
  }
  /**
   * The doubt about the presence of `from`; null if there is none.
   * @param heardAfter for a remote contact: after how many losses of the link `watcher` was shown the presence
   */
  of(watcher: Session, from: Jid, heardAfter: number): Doubt | null {
    const { router, links, receivers } = this.#parts
    if (router.placeOf(from) === 'here') return this.#isPauseShownTo(watcher, from) ? 'connection-paused' : null
    const doubt = links.doubt(watcher.jid.domain, from.domain, heardAfter)
    // Version 0.1 has no word for what nobody has confirmed
    return doubt === 'unknown' && receivers.formOf(watcher) === 'first' ? 'server-unavailable' : doubt
  }
  /** Since when; null if the doubt is over. */
  since({ jid: { domain } }: Session, from: Jid, heardAfter: number): Millis | null {
    const { router, links, pauses } = this.#parts
    if (router.placeOf(from) !== 'here') return links.since(domain, from.domain, heardAfter)
    const paused = pauses.at(from)
    return paused === null ? null : pauses.since(paused)
  }
  /** PSA-35: users can hide their pauses from others, but not from their own clients. */
  #isPauseShownTo({ account }: Session, from: Jid): boolean {
    const paused = this.#parts.pauses.at(from)
    return paused !== null && (paused.account === account || paused.account.policy.sharePaused !== 'none')
  }
}
