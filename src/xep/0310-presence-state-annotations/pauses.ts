/**
 * XEP-0310 4.2: local sessions whose client is away for a moment: a broken connection that may be resumed (XEP-0198), or a pause
 * that the client has announced (BOSH). Receivers of their presence are told, unless the client is back very soon (PSA-28); those
 * who were told of the pause are told of its end. If the client does not come back, ordinary unavailable presence follows.
 */
import type { Millis, Timer } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Jid } from '../../xmpp/jid.ts'

interface Pause {
  readonly since: Millis
  /** Null if watchers know, or are being told. */
  grace: Timer | null
}

export class Pauses {
  readonly #host: Host
  readonly #grace: Millis
  readonly #changed: (session: Session) => void
  readonly #slot: Slot<Session, Pause | null>
  /** The sessions whose pause is shown, by full JID. */
  readonly #shown = new Map<string, Session>()

  /** @param changed it is time to tell the receivers of the session's presence */
  constructor(host: Host, grace: Millis, changed: (session: Session) => void) {
    this.#host = host
    this.#grace = grace
    this.#changed = changed
    this.#slot = host.sessionSlot<Pause | null>('pause', 'kept', () => null)
    host.on('session-paused', ({ session }) => this.#begin(session))
    host.on('session-resumed', ({ session }) => this.#over(session) && changed(session))
    host.on('session-ended', ({ session }) => void this.#over(session))
    host.keep.session<Millis>({
      name: 'pause',
      version: 1,
      stamp: (session) => (this.isShown(session) ? 'shown' : ''),
      save: (session) => (this.isShown(session) ? session.get(this.#slot)!.since : null),
      load: (session, since) => this.#restore(session, since),
    })
    host.metrics.gauge('porchlight_pauses_shown', 'Paused sessions whose watchers are told so', () => this.#shown.size)
  }
  isShown(session: Session): boolean {
    return this.#shown.get(session.jid.full) === session
  }
  /** The sessions whose pause is shown, and since when. */
  *shown(): Generator<readonly [Session, Millis]> {
    for (const session of this.#shown.values()) yield [session, session.get(this.#slot)!.since]
  }
  /** Since when the session is away; null if it is not. */
  since(session: Session): Millis | null {
    return session.get(this.#slot)?.since ?? null
  }
  /** The session of this resource, if its pause is shown; otherwise null. */
  at(jid: Jid): Session | null {
    return this.#shown.get(jid.full) ?? null
  }

  /** Receivers that were told before the restart still believe it. */
  #restore(session: Session, since: Millis | null): void {
    if (since === null) return
    session.set(this.#slot, { since, grace: null })
    this.#shown.set(session.jid.full, session)
  }
  #begin(session: Session): void {
    if (session.get(this.#slot) !== null) return
    const { clock } = this.#host
    const pause: Pause = { since: clock.now(), grace: null }
    session.set(this.#slot, pause)
    if (this.#grace === 0) return this.#show(session)
    pause.grace = clock.after(this.#grace, () => {
      pause.grace = null
      this.#show(session)
    })
  }
  #show(session: Session): void {
    this.#shown.set(session.jid.full, session)
    this.#changed(session)
  }
  /** Was the pause shown? */
  #over(session: Session): boolean {
    session.get(this.#slot)?.grace?.cancel()
    session.set(this.#slot, null)
    return this.isShown(session) && this.#shown.delete(session.jid.full)
  }
}
