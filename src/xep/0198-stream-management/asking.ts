/**
 * When a client is asked to acknowledge (XEP-0198 section 4), and what its silence means. The request goes out with the
 * stanzas that it is about: at the end of the turn in which they were written, so that all of it is one packet on the way.
 */
import type { Millis } from '../../base/clock.ts'
import { Deadlines } from '../../base/deadlines.ts'
import { UNRESPONSIVE } from '../../server/endings.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/session.ts'
import type { Managed } from './managed.ts'
import { REQUEST } from './nonzas.ts'

export interface AskingTimes {
  /** So long after the first stanza that was not asked for. */
  readonly askAfter: Millis
  /** A client that says nothing for so long when it was asked has lost its connection; 0: it is waited for without end. */
  readonly silence: Millis
}
interface One {
  readonly session: Session
  readonly managed: Managed
}

export class AskingForAcknowledgement {
  readonly #host: Pick<Host, 'clock' | 'sessions'>
  readonly #silenceMax: Millis
  readonly #toAsk: Deadlines<One>
  readonly #toAnswer: Deadlines<One>

  constructor(host: Pick<Host, 'clock' | 'sessions'>, { askAfter, silence }: AskingTimes) {
    this.#host = host
    this.#silenceMax = silence
    this.#toAsk = new Deadlines(host.clock, askAfter, (one) => {
      one.managed.isAskDue = false
      if (one.managed.queue.asks !== 'no') this.#ask(one)
    })
    // Looked at twice within the span: a broken connection is found half of it late at most
    this.#toAnswer = new Deadlines(host.clock, silence / 2, (one) => this.#listen(one))
  }
  /** Asks, if it is time to, or sees to it that it is done in time. */
  look(session: Session, managed: Managed): void {
    switch (managed.queue.asks) {
      case 'no':
        return
      case 'now':
        if (managed.isAskPlanned) return
        managed.isAskPlanned = true
        return queueMicrotask(() => {
          managed.isAskPlanned = false
          if (managed.queue.asks === 'now') this.#ask({ session, managed })
        })
      case 'later':
        if (managed.isAskDue) return
        managed.isAskDue = true
        return this.#toAsk.add({ session, managed })
    }
  }

  #ask(one: One): void {
    const { session, managed } = one
    if (session.connection === null) return
    session.connection.send(REQUEST)
    managed.queue.asked()
    managed.askedAt = this.#host.clock.now()
    if (managed.isAnswerDue || this.#silenceMax === 0) return
    managed.isAnswerDue = true
    this.#toAnswer.add(one)
  }
  #listen(one: One): void {
    const { session, managed } = one
    const { connection } = session
    managed.isAnswerDue = false
    if (connection === null || !managed.queue.isAsking) return
    if (session.isSilent) managed.askedAt = this.#host.clock.now() // it has said so, and hears nothing meanwhile
    const silentSince = Math.max(connection.heardAt, managed.askedAt)
    if (this.#host.clock.now() - silentSince >= this.#silenceMax) return this.#host.sessions.leave(session, UNRESPONSIVE)
    managed.isAnswerDue = true
    this.#toAnswer.add(one)
  }
}
