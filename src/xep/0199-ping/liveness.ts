/**
 * XEP-0199 section 4.2 and RFC 6120 4.6: checks whether the client at the other end of a silent connection is still alive. One
 * timer checks all sessions. Anything from a client, even an error, is a sign of life.
 */
import { every, type Millis } from '../../base/clock.ts'
import { UNRESPONSIVE } from '../../server/account/endings.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { el } from '../../xml/element.ts'
import type { ClientStates } from '../0352-client-state-indication/index.ts'
import { jidOf } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'

export const PING = 'urn:xmpp:ping'

export interface LivenessTimes {
  /** How long a session may be silent before it is pinged. */
  readonly idle: Millis
  /** The same if its client is inactive (XEP-0352). */
  readonly inactiveIdle: Millis
  /** How long a pinged session may be silent before its connection is given up. */
  readonly timeout: Millis
}

/** The number of checks within the shorter span: an action is late by at most one interval. */
const LOOKS = 4
const PAUSE_MIN: Millis = 1000

export class Liveness {
  readonly #host: Host
  readonly #times: LivenessTimes
  /** When the session was pinged; null if no answer is due. */
  readonly #pingedAt: Slot<Session, Millis | null>
  readonly #payload = Payload.of(el('ping', PING))
  readonly #states: ClientStates

  constructor(host: Host, times: LivenessTimes, states: ClientStates) {
    this.#host = host
    this.#times = times
    this.#states = states
    this.#pingedAt = host.sessionSlot<Millis | null>('pinged-at', 'forgotten', () => null)
  }
  /** Checks all sessions, now and repeatedly. */
  watch(): void {
    const pause = Math.max(PAUSE_MIN, Math.min(this.#times.idle, this.#times.timeout) / LOOKS)
    every(this.#host.clock, pause, () => this.#lookAtAll())
  }

  #lookAtAll(): void {
    const now = this.#host.clock.now()
    for (const session of this.#host.sessions.all()) this.#look(session, now)
  }
  #look(session: Session, now: Millis): void {
    if (session.connection === null || session.connection.isSilent) return session.set(this.#pingedAt, null)
    const { heardAt } = session.connection
    const pingedAt = session.get(this.#pingedAt)
    if (pingedAt !== null) {
      if (heardAt >= pingedAt) session.set(this.#pingedAt, null)
      else if (now - pingedAt >= this.#times.timeout) this.#host.sessions.leave(session, UNRESPONSIVE)
    } else if (now - heardAt >= this.#times.idle && now - heardAt >= this.#idleOf(session)) {
      session.set(this.#pingedAt, now)
      this.#ping(session)
    }
  }
  #idleOf(session: Session): Millis {
    return this.#states.isInactive(session) ? this.#times.inactiveIdle : this.#times.idle
  }
  #ping(session: Session): void {
    const from = jidOf('', session.jid.domain)
    const id = this.#host.requestId()
    session.take(Packet.of({ kind: 'iq', type: 'get', from, to: session.jid, id, payload: this.#payload }))
  }
}
