/** What is known in memory of the stored messages of one account. */
import type { Session } from '../../server/account/session.ts'

export class Mailbox {
  /** Stored messages that were sent to a session, which has not confirmed them; by number. */
  readonly #handed = new Map<number, Session>()
  /** There may be unsent messages before the last one that was sent. */
  #hasGaps = true
  /** How many messages were sent to the store, and how many by the time of the last one from a known sender. */
  #arrived = 0
  #arrivedOfKnown = 0
  /** `#arrived` before the last reading that found nothing; null if it was never read to its end. */
  #emptyAt: number | null = null
  /** Stored messages are being sent. */
  isBeingDelivered = false
  /** A resource has come that wants them. */
  isWanted = false
  /** They are being read; null if not. */
  reading: Promise<unknown> | null = null

  /** May there be messages that were sent to no session? */
  get isPending(): boolean {
    return this.#emptyAt !== this.#arrived
  }
  /** The same for messages of known senders, or of others. */
  isPendingOf(isKnown: boolean): boolean {
    return isKnown && this.#emptyAt !== null ? this.#arrivedOfKnown > this.#emptyAt : this.isPending
  }
  /** A message is being stored. */
  arriving(isKnown: boolean): void {
    this.#arrived += 1
    if (isKnown) this.#arrivedOfKnown = this.#arrived
  }
  /** A reading begins. @returns the argument for `readToEnd` */
  get mark(): number {
    return this.#arrived
  }
  /** The reading found no message that was sent to no session. */
  readToEnd(mark: number): void {
    this.#emptyAt = mark
    this.#hasGaps = false
  }
  /** Up to this number there is nothing to read. */
  get readFrom(): number {
    if (this.#hasGaps) return 0
    let last = 0
    for (const seq of this.#handed.keys()) last = Math.max(last, seq)
    return last
  }
  isHanded(seq: number): boolean {
    return this.#handed.has(seq)
  }
  handed(seq: number, session: Session): void {
    this.#handed.set(seq, session)
  }
  /** Its session has received it. False if that is known, or another session has it now. */
  received(seq: number, session: Session): boolean {
    return this.#handed.get(seq) === session && this.#handed.delete(seq)
  }
  /** The session will not receive the rest, so others may. False if there is nothing. */
  givenUp(session: Session): boolean {
    const before = this.#handed.size
    for (const [seq, holder] of this.#handed) if (holder === session) this.#handed.delete(seq)
    if (this.#handed.size === before) return false
    this.#hasGaps = true
    this.#emptyAt = null
    return true
  }
}
