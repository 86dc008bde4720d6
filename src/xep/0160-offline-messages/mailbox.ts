/** What is known of the stored messages of one account that is in memory. */
import type { Session } from '../../server/account/session.ts'

export class Mailbox {
  /** Messages that are stored and that a session was sent, which has not got them for certain; by number. */
  readonly #handed = new Map<number, Session>()
  /** There may be messages before the last one that was handed over which nobody has. */
  #hasGaps = true
  /** How many messages were sent to the store, and how many when the last one came of somebody whom the account knows. */
  #arrived = 0
  #arrivedOfKnown = 0
  /** `#arrived` as it was before the last reading that found nothing; null: it was never read to its end. */
  #emptyAt: number | null = null
  /** Stored messages are being handed over. */
  isBeingDelivered = false
  /** Somebody has come who wants them. */
  isWanted = false
  /** They are being read just now; null: they are not. */
  reading: Promise<unknown> | null = null

  /** May there be messages that no session was sent? */
  get isPending(): boolean {
    return this.#emptyAt !== this.#arrived
  }
  /** The same of messages that somebody sent whom the account knows, or somebody else. */
  isPendingOf(isKnown: boolean): boolean {
    return isKnown && this.#emptyAt !== null ? this.#arrivedOfKnown > this.#emptyAt : this.isPending
  }
  /** A message is on its way into the store. */
  arriving(isKnown: boolean): void {
    this.#arrived += 1
    if (isKnown) this.#arrivedOfKnown = this.#arrived
  }
  /** A reading begins. @returns for `readToEnd` */
  get mark(): number {
    return this.#arrived
  }
  /** Nothing was found that no session was sent. */
  readToEnd(mark: number): void {
    this.#emptyAt = mark
    this.#hasGaps = false
  }
  /** Up to this number there is nothing to be read. */
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
  /** Its session has got it. False: that is known, or another session has it now. */
  received(seq: number, session: Session): boolean {
    return this.#handed.get(seq) === session && this.#handed.delete(seq)
  }
  /** The session will not get what it has not got: others may. False: there is no such thing. */
  givenUp(session: Session): boolean {
    const before = this.#handed.size
    for (const [seq, holder] of this.#handed) if (holder === session) this.#handed.delete(seq)
    if (this.#handed.size === before) return false
    this.#hasGaps = true
    this.#emptyAt = null
    return true
  }
}
