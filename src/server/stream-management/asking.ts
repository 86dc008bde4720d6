/**
 * When the other side is asked for an acknowledgement (XEP-0198 section 4), and what its silence means. The request is sent
 * together with its stanzas, at the end of the turn in which they were written, so that all are in one network packet.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { Deadlines } from '../../base/deadlines.ts'
import type { UnacknowledgedQueue } from './queue.ts'

export interface AskingTimes {
  /** How long after the first stanza without a request one is sent. */
  readonly askAfter: Millis
  /** A peer that does not answer within this time has lost its connection. 0 if another part checks that. */
  readonly silence: Millis
}
/** The peer that is asked. Only `AskingForAcknowledgement` changes these fields. */
export interface Asked {
  readonly queue: UnacknowledgedQueue<unknown>
  /** When anything was last received; null if there is no connection. */
  readonly heardAt: Millis | null
  /** The peer announced that it will be silent for a while. */
  readonly isSilent: boolean
  /** When the outstanding request was sent. */
  askedAt: Millis
  /** A request is sent at the end of this turn. */
  isAskPlanned: boolean
  /** A deadline for the next request is set. */
  isAskDue: boolean
  /** A deadline for the answer is set. */
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

  /** @param unresponsive called with peers that were asked and are silent */
  constructor(clock: Clock, { askAfter, silence }: AskingTimes, unresponsive: (one: T) => void = () => {}) {
    this.#clock = clock
    this.#silenceMax = silence
    this.#unresponsive = unresponsive
    this.#toAsk = new Deadlines(clock, askAfter, (one) => {
      one.isAskDue = false
      if (one.queue.asks !== 'no') this.#ask(one)
    })
    // Checked twice within the span, so that a broken connection is found late by at most half of it.
    this.#toAnswer = new Deadlines(clock, silence / 2, (one) => this.#listen(one))
  }
  /** Asks if it is time to, or sets a deadline for it. */
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
  /** Asks now, unless an answer is due. There may be nothing to acknowledge, but the answer is a sign of life. */
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
    if (one.isSilent) one.askedAt = this.#clock.now() // it announced the silence, and is not expected to answer
    const silentSince = Math.max(heardAt, one.askedAt)
    if (this.#clock.now() - silentSince >= this.#silenceMax) return this.#unresponsive(one)
    one.isAnswerDue = true
    this.#toAnswer.add(one)
  }
}
