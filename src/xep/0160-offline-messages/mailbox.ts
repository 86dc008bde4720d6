/** What is known in memory of the stored messages of one account. */
import type { Session } from '../../server/account/session.ts'

/** What was known when a reading began. */
export interface Mark {
  readonly arrived: number
  readonly passedOver: number
}

export class Mailbox {
  /** Stored messages that were sent to a session, which has not confirmed them; by number. */
  readonly #handed = new Map<number, Session>()
  /** There may be unsent messages before the last one that was sent. */
  #hasGaps = true
  /** How many messages were sent to the store, and how many by the time of the last one from a known sender. */
  #arrived = 0
  #arrivedOfKnown = 0
  /** How often messages that a reading had passed over came to be unsent. */
  #passedOver = 0
  /** `#arrived` before the last reading that found nothing; null if it was never read to its end. */
  #emptyAt: number | null = null
  /** A reading has passed over messages that their label withholds. */
  #hasWithheld = false
  /** How often messages came to wait no longer without being sent. */
  #changes = 0
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
  get mark(): Mark {
    return { arrived: this.#arrived, passedOver: this.#passedOver }
  }
  /** The reading found no message that was sent to no session. There may be some again that it has passed over. */
  readToEnd({ arrived, passedOver }: Mark): void {
    if (passedOver !== this.#passedOver) return
    this.#emptyAt = arrived
    this.#hasGaps = false
  }
  /** Up to this number there is nothing to read. */
  get readFrom(): number {
    if (this.#hasGaps) return 0
    let last = 0
    for (const seq of this.#handed.keys()) last = Math.max(last, seq)
    return last
  }
  /** What was read while this was another number may be out of date. */
  get changes(): number {
    return this.#changes
  }
  changed(): void {
    this.#changes += 1
  }
  isHanded(seq: number): boolean {
    return this.#handed.has(seq)
  }
  handed(seq: number, session: Session): void {
    this.#handed.set(seq, session)
  }
  /** There may be messages that earlier readings have passed over. */
  readAgain(): void {
    this.#passedOver += 1
    this.#hasGaps = true
    this.#emptyAt = null
    this.#hasWithheld = false
  }
  /** The reading passes over a message: its label withholds it from the user for now. */
  passedOver(): void {
    this.#hasWithheld = true
  }
  /** What was passed over may be for the user now. */
  judgeAgain(): void {
    if (this.#hasWithheld) this.readAgain()
  }
  /** Its session has received it. False if that is known, or another session has it now. */
  received(seq: number, session: Session): boolean {
    return this.#handed.get(seq) === session && this.#handed.delete(seq)
  }
  /** The session is not sent it after all. */
  withheld(seq: number, session: Session): void {
    if (this.#handed.get(seq) !== session) return
    this.#handed.delete(seq)
    this.readAgain()
  }
  /** The session will not receive the rest, so others may. False if there is nothing. */
  givenUp(session: Session): boolean {
    const before = this.#handed.size
    for (const [seq, holder] of this.#handed) if (holder === session) this.#handed.delete(seq)
    if (this.#handed.size === before) return false
    this.readAgain()
    return true
  }
}
