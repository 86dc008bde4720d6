/** What stream management knows of one session. */
import type { Millis } from '../../base/clock.ts'
import type { Connection, Session } from '../../server/session.ts'
import { uint32, UnacknowledgedQueue, type QueueLimits } from './queue.ts'

export class Managed {
  /** Under which it can be resumed; null: it cannot. */
  readonly id: string | null
  readonly queue: UnacknowledgedQueue
  readonly session: Session
  readonly #handledBefore: number
  /** Who wants to resume it just now; of several, the last. */
  claim: Connection | null
  /** When the client last came back for it; null: it never did. */
  backAt: Millis | null
  /** Of the outstanding request. */
  askedAt: Millis
  /** A request goes out at the end of this turn. */
  isAskPlanned: boolean
  /** There is a deadline after which the client is asked. */
  isAskDue: boolean
  /** There is a deadline by which the client should have answered. */
  isAnswerDue: boolean

  constructor(session: Session, id: string | null, limits: QueueLimits) {
    this.id = id
    this.queue = new UnacknowledgedQueue(limits)
    this.session = session
    this.#handledBefore = session.handled
    this.claim = null
    this.backAt = null
    this.askedAt = 0
    this.isAskPlanned = false
    this.isAskDue = false
    this.isAnswerDue = false
  }
  /** How many stanzas of the client were handled, as `h` says it. */
  get h(): number {
    return uint32(this.session.handled - this.#handledBefore)
  }
}
