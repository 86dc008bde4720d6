/**
 * When the other side is asked to acknowledge (XEP-0198 section 4), and what its silence means. The request goes out with
 * the stanzas that it is about: at the end of the turn in which they were written, so that all of it is one packet on the way.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { Deadlines } from '../../base/deadlines.ts'
import type { UnacknowledgedQueue } from './queue.ts'

export interface AskingTimes {
  /** So long after the first stanza that was not asked for. */
  readonly askAfter: Millis
  /** Whoever was asked and says nothing for this time has lost the connection; 0: somebody else looks after that. */
  readonly silence: Millis
}
/** Who is asked. What changes here is for `AskingForAcknowledgement` to change. */
export interface Asked {
  readonly queue: UnacknowledgedQueue<unknown>
  /** When anything was last heard; null: there is no connection. */
  readonly heardAt: Millis | null
  /** It has said that it will be silent for a while. */
  readonly isSilent: boolean
  /** Of the outstanding request. */
  askedAt: Millis
  /** A request goes out at the end of this turn. */
  isAskPlanned: boolean
  /** There is a deadline after which it is asked. */
  isAskDue: boolean
  /** There is a deadline by which it should have answered. */
  isAnswerDue: boolean
  /** Sends a request; there is a connection. */
  request(): void
}

export class AskingForAcknowledgement<T extends Asked> {
  readonly #clock: Clock
  readonly #silenceMax: Millis
  readonly #toAsk: Deadlines<T>
  readonly #toAnswer: Deadlines<T>
  readonly #unresponsive: (one: T) => void

  /** @param unresponsive told of those that were asked and are silent */
  constructor(clock: Clock, { askAfter, silence }: AskingTimes, unresponsive: (one: T) => void = () => {}) {
    this.#clock = clock
    this.#silenceMax = silence
    this.#unresponsive = unresponsive
    this.#toAsk = new Deadlines(clock, askAfter, (one) => {
      one.isAskDue = false
      if (one.queue.asks !== 'no') this.#ask(one)
    })
    // Looked at twice within the span: a broken connection is found half of it late at most
    this.#toAnswer = new Deadlines(clock, silence / 2, (one) => this.#listen(one))
  }
  /** Asks, if it is time to, or sees to it that it is done in time. */
  look(one: T): void {
    switch (one.queue.asks) {
      case 'no':
        return
      case 'now':
        if (one.isAskPlanned) return
        one.isAskPlanned = true
        return queueMicrotask(() => {
          one.isAskPlanned = false
          if (one.queue.asks === 'now') this.#ask(one)
        })
      case 'later':
        if (one.isAskDue) return
        one.isAskDue = true
        return this.#toAsk.add(one)
    }
  }
  /** Asks now, if no answer is due: there may be nothing to acknowledge, but the answer is a sign of life. */
  ask(one: T): void {
    if (!one.queue.isAsking) this.#ask(one)
  }

  #ask(one: T): void {
    if (one.heardAt === null) return
    one.request()
    one.queue.asked()
    one.askedAt = this.#clock.now()
    if (one.isAnswerDue || this.#silenceMax === 0) return
    one.isAnswerDue = true
    this.#toAnswer.add(one)
  }
  #listen(one: T): void {
    const { heardAt } = one
    one.isAnswerDue = false
    if (heardAt === null || !one.queue.isAsking) return
    if (one.isSilent) one.askedAt = this.#clock.now() // it has said so, and hears nothing meanwhile
    const silentSince = Math.max(heardAt, one.askedAt)
    if (this.#clock.now() - silentSince >= this.#silenceMax) return this.#unresponsive(one)
    one.isAnswerDue = true
    this.#toAnswer.add(one)
  }
}
