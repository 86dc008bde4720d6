/**
 * Delivers stored messages to a resource, as fast as its client reads, in the order in which they arrived. A message is deleted
 * when the client has received it: the client has acknowledged it (XEP-0198), or, without acknowledgements, it was written to
 * the socket. Until then it stays stored, and is sent to no other resource.
 *
 * Messages that arrive meanwhile must not overtake (RFC 6120 10.1): they go to the end of the store. So a sender does not wait
 * for a client that reads slowly, and nothing is kept in memory.
 */
import { isKnown } from '../../im/delivery.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import { attendedOf, type ClearanceChange } from '../../server/labelling/concerned.ts'
import { Reading } from '../../server/labelling/reading.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { DELAY, withDelay } from '../../xmpp/delay.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { ArchiveFirst } from './archive-first.ts'
import { Mailbox } from './mailbox.ts'
import type { OfflineMessages, StoredMessage } from './store.ts'

/** Messages that are read at a time. */
const BATCH = 50

/** RFC 6121 4.7.2.3: a resource of negative priority wants only messages to its full JID. */
export const isWilling = (session: Session): boolean => !session.ended && session.takesPart && session.priority >= 0

/** Messages to this session get there: its client acknowledges them, or reads. */
const isReading = ({ room, connection }: Session): boolean => room.backlog !== null || connection?.isBeyond(1) !== true

export class Delivering {
  readonly #host: Host
  readonly #store: OfflineMessages
  readonly #archiveFirst: ArchiveFirst
  readonly #mailboxes: Slot<LocalAccount, Mailbox>

  constructor(host: Host, store: OfflineMessages, archiveFirst: ArchiveFirst) {
    this.#host = host
    this.#store = store
    this.#archiveFirst = archiveFirst
    this.#mailboxes = host.accountSlot('offline-messages', 'learnt again', () => new Mailbox())
    host.on('stored-message-sent', ({ session, seq }) => this.#of(session).handed(seq, session))
    host.on('stored-message-received', ({ session, seq }) => this.#received(session, seq))
    host.on('session-ended', ({ session }) => this.#givenUp(session))
    host.on('stored-message-withheld', ({ session, seq }) => this.#of(session).withheld(seq, session))
    host.on('clearances-changed', (change) => this.#lookAgain(change))
    host.on('session-resumed', ({ session }) => isWilling(session) && this.begin(session.account))
  }
  /** A message is being stored. */
  arriving(account: LocalAccount, isKnown: boolean): void {
    account.get(this.#mailboxes).arriving(isKnown)
  }
  /**
   * Must a message for these resources wait behind stored ones? A known sender does not wait behind strangers. It must also wait
   * if none of the resources reads what it was sent: it is safer in the store. A promise while that is being checked.
   */
  isInLine(account: LocalAccount, sender: Jid): boolean | Promise<unknown> {
    let [isWanted, isRead] = [false, false]
    for (const session of account.sessions) {
      if (!this.#wants(session)) continue
      isWanted = true
      if ((isRead = isReading(session))) break
    }
    if (!isWanted) return account.sessions.some((one) => isWilling(one) && this.#archiveFirst.isBehind(one, sender))
    const mailbox = account.get(this.#mailboxes)
    if (mailbox.reading !== null) return mailbox.reading
    return !isRead || (mailbox.isPending && mailbox.isPendingOf(isKnown(account, sender)))
  }
  /** Another resource wants messages. What was withheld from those before it is judged again: nobody heeds clearances meanwhile. */
  available(account: LocalAccount): void {
    account.get(this.#mailboxes).judgeAgain()
    this.begin(account)
  }
  /** Messages that waited wait no longer: what was read before is out of date. */
  changed(account: LocalAccount): void {
    account.get(this.#mailboxes).changed()
  }
  /** The account has a resource that wants messages, or there may be another message for it. */
  begin(account: LocalAccount): void {
    const mailbox = account.get(this.#mailboxes)
    mailbox.isWanted = true
    if (!mailbox.isBeingDelivered) void this.#deliverAll(account, mailbox)
    else for (const { room } of account.sessions) room.changed()
  }

  /** What was withheld from these accounts may not be withheld any more. */
  #lookAgain(change: ClearanceChange): void {
    for (const account of attendedOf(change, this.#host.labels!, this.#host.accounts))
      if (account.sessions.some(isWilling)) this.available(account)
  }
  /** Stored messages are for this session. */
  #wants(session: Session): boolean {
    return isWilling(session) && !this.#archiveFirst.isUndecided(session)
  }
  #isThere(session: Session): boolean {
    return this.#wants(session) && session.connection !== null
  }
  #of(session: Session): Mailbox {
    return session.account.get(this.#mailboxes)
  }
  async #deliverAll(account: LocalAccount, mailbox: Mailbox): Promise<void> {
    mailbox.isBeingDelivered = true
    while (mailbox.isWanted && mailbox.isPending && account.sessions.some((session) => this.#isThere(session))) {
      mailbox.isWanted = false
      try {
        await this.#deliver(account, mailbox)
      } catch (error) {
        this.#host.log.error({ err: error }, 'Stored messages could not be delivered; they stay stored')
      }
    }
    mailbox.isBeingDelivered = false
  }
  async #deliver(account: LocalAccount, mailbox: Mailbox): Promise<void> {
    const { labels } = this.#host
    if (labels === null) return this.#deliverTo(account, mailbox, null)
    const reading = new Reading(labels, 'offline', account.bare)
    await this.#deliverTo(account, mailbox, reading)
    reading.close()
  }
  /** @param reading null: all is delivered */
  async #deliverTo(account: LocalAccount, mailbox: Mailbox, reading: Reading | null): Promise<void> {
    const { bare } = account.bare
    let from = mailbox.readFrom
    let { mark } = mailbox
    for (;;) {
      const { changes } = mailbox
      const batch = await this.#read(mailbox, bare, from)
      for (const message of batch) {
        if (mailbox.isHanded(message.seq)) continue
        const session = await this.#freeSession(account)
        if (session === null) return
        if (mailbox.changes !== changes) break
        // LAB-28: it stays stored, and waits for another clearance. Asked last: the one before may have been lost meanwhile
        if (reading?.mayRead(message.packet) === false) mailbox.passedOver()
        else this.#handOver(session, message)
      }
      if (mailbox.changes !== changes) continue
      if (batch.length === BATCH) from = batch.at(-1)!.seq
      else {
        mailbox.readToEnd(mark)
        if (!mailbox.isPending) return
        from = mailbox.readFrom
        mark = mailbox.mark
      }
    }
  }
  async #read(mailbox: Mailbox, bare: string, from: number): Promise<readonly StoredMessage[]> {
    const reading = this.#store.after(bare, from, BATCH)
    mailbox.reading = reading
    try {
      return await reading
    } finally {
      mailbox.reading = null
    }
  }
  /** A session that wants messages, as soon as one has room; null if there is none any more. */
  async #freeSession(account: LocalAccount): Promise<Session | null> {
    for (;;) {
      const there = account.sessions.filter((session) => this.#isThere(session))
      const free = there.find(({ room }) => room.isFree)
      if (free !== undefined || there.length === 0) return free ?? null
      await new Promise<void>((look) => {
        const lookOnce = (): void => {
          for (const { room } of there) room.forget(lookOnce)
          look()
        }
        for (const { room } of there) room.whenFree(lookOnce)
      })
    }
  }
  #handOver(session: Session, message: StoredMessage): void {
    const { seq } = message
    const packet = delayed(message, session.account.bare.domain)
    session.take(packet)
    this.#host.tell('stored-message-sent', { session, packet, seq })
    if (session.room.backlog !== null) return
    const taken = session.connection?.whenTaken() ?? Promise.resolve(false)
    void taken.then((isTaken) => isTaken && this.#received(session, seq)) // otherwise the session ends, and the message is given up
  }
  #received(session: Session, seq: number): void {
    if (!this.#of(session).received(seq, session)) return
    this.#store
      .drop(session.account.bare.bare, seq)
      .catch((error: unknown) => this.#host.log.error({ err: error }, 'A delivered message could not be deleted from the store'))
  }
  #givenUp(session: Session): void {
    if (this.#of(session).givenUp(session)) this.begin(session.account)
  }
}

/** XEP-0203: since when we have the message. An earlier delay, for example of stream management, is more exact. */
function delayed({ packet, receivedAt }: StoredMessage, domain: string): Packet {
  const isMarked = packet.payload.elements.some((e) => e.is('delay', DELAY) && e.attr('from') === domain)
  return isMarked ? packet : withDelay(packet, domain, receivedAt)
}
