/** The state of stream management for one session. */
import type { Millis } from '../../base/clock.ts'
import type { Session } from '../../server/account/session.ts'
import type { Connection } from '../../server/account/connection.ts'
import type { Asked } from '../../server/stream-management/asking.ts'
import { REQUEST } from '../../server/stream-management/nonzas.ts'
import { uint32, UnacknowledgedQueue, type QueueLimits } from '../../server/stream-management/queue.ts'
import type { HeardContacts } from '../../server/contacts/heard.ts'
import type { Packet } from '../../xmpp/packet.ts'

/**
 * Who else has a message: other resources received it too, as the original or as a copy, or it is still in the store. It is lost
 * only when nobody has it.
 */
export interface Holders {
  readonly packet: Packet
  count: number
  /** Its number among the account's stored messages; 0 if it is not stored. */
  readonly seq: number
  /** Its name in stored sessions, unique over all runs of the server; '' if it was never stored. */
  name: string
}

/** What each of them needs of its server. */
export interface ManagedParts {
  readonly limits: QueueLimits
  readonly heard: Pick<HeardContacts, 'turn' | 'hasComeSince'>
}

export class Managed implements Asked {
  /** The id for resumption; null if it cannot be resumed. */
  readonly id: string | null
  readonly queue: UnacknowledgedQueue<Holders>
  readonly session: Session
  readonly #handledBefore: number
  /** The connection that is resuming it; if there are several, the last one. */
  claim: Connection | null
  /** The turn (`HeardContacts`) in which its client was lost; null if it is there, or if that was in another run of the server. */
  awaySince: number | null
  /** When the client last resumed it; null if never. */
  backAt: Millis | null
  /** Its user may have lost a clearance (XEP-0258) since stanzas came into the queue: they are judged again before they are written. */
  isToJudge: boolean
  askedAt: Millis
  isAskPlanned: boolean
  isAskDue: boolean
  isAnswerDue: boolean

  /** @param counts of both sides, if it was managed before */
  constructor(session: Session, id: string | null, { limits, heard }: ManagedParts, counts = { h: 0, acknowledged: 0 }) {
    this.id = id
    this.queue = new UnacknowledgedQueue(limits, counts.acknowledged, (resource) => {
      return this.awaySince !== null && heard.hasComeSince(session, resource, this.awaySince)
    })
    this.session = session
    this.#handledBefore = session.handled - counts.h
    this.claim = null
    this.awaySince = null
    this.backAt = null
    this.isToJudge = false
    this.askedAt = 0
    this.isAskPlanned = false
    this.isAskDue = false
    this.isAnswerDue = false
  }
  get heardAt(): Millis | null {
    return this.session.connection?.heardAt ?? null
  }
  get isSilent(): boolean {
    return this.session.connection?.isSilent === true
  }
  request(): void {
    this.session.connection?.send(REQUEST)
  }
  /** How many stanzas of the client were handled, in the form of `h`. */
  get h(): number {
    return uint32(this.session.handled - this.#handledBefore)
  }
}
