/**
 * XEP-0310 4.2: local endpoints whose client is away for a moment: a broken connection that may be resumed (XEP-0198), a pause that
 * the client has announced (BOSH), or a client of another protocol of which nothing is heard. Receivers of their presence are told,
 * unless the client is back very soon (PSA-28); those who were told of the pause are told of its end. If the client does not come
 * back, ordinary unavailable presence follows.
 */
import type { Millis, Timer } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import type { LocalEndpoint, Session } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'

interface Pause {
  readonly since: Millis
  /** Null if watchers know, or are being told. */
  grace: Timer | null
}

export class Pauses {
  readonly #host: Host
  readonly #grace: Millis
  readonly #changed: (endpoint: LocalEndpoint) => void
  readonly #pauses = new Map<LocalEndpoint, Pause>()
  /** The endpoints whose pause is shown, by full JID. */
  readonly #shown = new Map<string, LocalEndpoint>()

  /** @param changed it is time to tell the receivers of the endpoint's presence */
  constructor(host: Host, grace: Millis, changed: (endpoint: LocalEndpoint) => void) {
    this.#host = host
    this.#grace = grace
    this.#changed = changed
    host.on('session-paused', ({ session }) => this.#begin(session))
    host.on('session-resumed', ({ session }) => this.#over(session) && changed(session))
    host.on('session-ended', ({ session }) => void this.#over(session))
    host.on('endpoint-paused', ({ endpoint, isKept }) => (isKept ? this.#goOn(endpoint) : this.#begin(endpoint)))
    host.on('endpoint-resumed', ({ endpoint }) => this.#over(endpoint) && changed(endpoint))
    host.on('endpoint-ended', ({ endpoint }) => void this.#over(endpoint))
    host.keep.session<Millis>({
      name: 'pause',
      version: 1,
      stamp: (session) => (this.isShown(session) ? 'shown' : ''),
      save: (session) => (this.isShown(session) ? this.#pauses.get(session)!.since : null),
      load: (session, since) => this.#restore(session, since),
    })
    host.metrics.gauge(
      'porchlight_pauses_shown',
      'Paused sessions and devices whose watchers are told so',
      () => this.#shown.size,
    )
  }
  isShown(endpoint: LocalEndpoint): boolean {
    return this.#shown.get(endpoint.jid.full) === endpoint
  }
  /** The endpoints whose pause is shown, and since when. */
  *shown(): Generator<readonly [LocalEndpoint, Millis]> {
    for (const endpoint of this.#shown.values()) yield [endpoint, this.#pauses.get(endpoint)!.since]
  }
  /** Since when the endpoint is away; null if it is not. */
  since(endpoint: LocalEndpoint): Millis | null {
    return this.#pauses.get(endpoint)?.since ?? null
  }
  /** The endpoint of this address, if its pause is shown; otherwise null. */
  at(jid: Jid): LocalEndpoint | null {
    return this.#shown.get(jid.full) ?? null
  }

  /** Receivers that were told before the restart still believe it. */
  #restore(session: Session, since: Millis | null): void {
    if (since === null) return
    this.#pauses.set(session, { since, grace: null })
    this.#shown.set(session.jid.full, session)
  }
  #begin(endpoint: LocalEndpoint): void {
    if (this.#pauses.has(endpoint)) return
    const pause: Pause = { since: this.#host.clock.now(), grace: null }
    this.#pauses.set(endpoint, pause)
    if (this.#grace === 0) this.#show(endpoint)
    else this.#showLater(endpoint, pause)
  }
  /** Some receivers may believe it already. The others are told after the grace; when it is over, those who believe it. */
  #goOn(endpoint: LocalEndpoint): void {
    const pause: Pause = { since: this.#host.clock.now(), grace: null }
    this.#pauses.set(endpoint, pause)
    this.#shown.set(endpoint.jid.full, endpoint)
    this.#showLater(endpoint, pause)
  }
  #showLater(endpoint: LocalEndpoint, pause: Pause): void {
    pause.grace = this.#host.clock.after(this.#grace, () => {
      pause.grace = null
      this.#show(endpoint)
    })
  }
  #show(endpoint: LocalEndpoint): void {
    this.#shown.set(endpoint.jid.full, endpoint)
    this.#changed(endpoint)
  }
  /** Was the pause shown? */
  #over(endpoint: LocalEndpoint): boolean {
    this.#pauses.get(endpoint)?.grace?.cancel()
    this.#pauses.delete(endpoint)
    return this.isShown(endpoint) && this.#shown.delete(endpoint.jid.full)
  }
}
