/** What stream management knows of one session. */
import type { Millis } from '../../base/clock.ts'
import type { Session } from '../../server/account/session.ts'
import type { Connection } from '../../server/account/connection.ts'
import type { Asked } from '../../server/stream-management/asking.ts'
import { REQUEST } from '../../server/stream-management/nonzas.ts'
import { uint32, UnacknowledgedQueue, type QueueLimits } from '../../server/stream-management/queue.ts'
import type { Packet } from '../../xmpp/packet.ts'

/**
 * Who has a message besides the session: other resources got it too, as itself or as a copy, or it is still in store. It is
 * lost when nobody has it.
 */
export interface Holders {
  readonly packet: Packet
  count: number
  /** Its number among the account's stored messages; 0: it is not one. */
  readonly seq: number
  /** By which it is known in what is written down, over all runs of the server; '': it was never written down. */
  name: string
}

export class Managed implements Asked {
  /** Under which it can be resumed; null: it cannot. */
  readonly id: string | null
  readonly queue: UnacknowledgedQueue<Holders>
  readonly session: Session
  readonly #handledBefore: number
  /** Who wants to resume it just now; of several, the last. */
  claim: Connection | null
  /** When the client last came back for it; null: it never did. */
  backAt: Millis | null
  askedAt: Millis
  isAskPlanned: boolean
  isAskDue: boolean
  isAnswerDue: boolean

  /** @param counts of both sides, when it was managed before */
  constructor(session: Session, id: string | null, limits: QueueLimits, counts = { h: 0, acknowledged: 0 }) {
    this.id = id
    this.queue = new UnacknowledgedQueue(limits, counts.acknowledged)
    this.session = session
    this.#handledBefore = session.handled - counts.h
    this.claim = null
    this.backAt = null
    this.askedAt = 0
    this.isAskPlanned = false
    this.isAskDue = false
    this.isAnswerDue = false
  }
  get heardAt(): Millis | null {
    return this.session.connection?.heardAt ?? null
  }
  get isSilent(): boolean {
    return this.session.isSilent
  }
  request(): void {
    this.session.connection?.send(REQUEST)
  }
  /** How many stanzas of the client were handled, as `h` says it. */
  get h(): number {
    return uint32(this.session.handled - this.#handledBefore)
  }
}
