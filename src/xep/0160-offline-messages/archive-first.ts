/**
 * Clients that log in by Bind 2 (XEP-0386) and what waits for their users. XEP-0386 3.2 expects them to read the archive, and wants
 * that nothing of it is sent to them. Some know no archive. So a client has a little time: if it asks its archive, what was in it when
 * the client was bound waits no longer. If it does not, it gets that as XEP-0160 says (DEVIATES(34)).
 */
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { BindingStep } from '../../server/streams/stream-features.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { OfflineMessages } from './store.ts'

export interface ArchiveFirstParts {
  readonly clock: Clock
  readonly store: OfflineMessages
  /** How long an available client has. */
  readonly waitMs: Millis
  readonly slot: Slot<Session, Chance | null>
  /** Messages that waited are left to the archive. Those that were read before to be sent may be among them. */
  readonly left: (account: LocalAccount) => void
  /** The session wants messages like any other from now on. */
  readonly over: (account: LocalAccount) => void
  readonly failed: (error: unknown) => void
  /** Null: everything. What its label withholds from a user (LAB-28) is not in the archive that their client reads. */
  readonly mayRead: (account: LocalAccount) => ((packet: Packet) => boolean) | null
}

/** What a session has not decided yet. */
export interface Chance {
  /** Messages up to this position of the archive waited when the session was bound, and the client was told that they are there. */
  readonly upTo: number
  /** The bare JIDs of those whose messages waited then: what they send now must not overtake these. */
  readonly senders: ReadonlySet<string>
  /** Null: the client is not available yet. */
  timer: Timer | null
}

export class ArchiveFirst {
  readonly #parts: ArchiveFirstParts

  constructor(parts: ArchiveFirstParts) {
    this.#parts = parts
  }
  /** The session may still ask its archive: it is sent no message that waits. */
  isUndecided(session: Session): boolean {
    return session.get(this.#parts.slot) !== null
  }
  /** Would a message of this sender overtake what its client may yet be sent? */
  isBehind(session: Session, { bare }: Jid): boolean {
    return session.get(this.#parts.slot)?.senders.has(bare) === true
  }
  /** Nothing changes before the session is bound. */
  async binding({ bare }: LocalAccount): Promise<BindingStep> {
    const { store, slot, waitMs } = this.#parts
    const upTo = waitMs === 0 ? 0 : await store.archivedUpTo(bare.bare)
    if (upTo === 0) return { told: null, bound: () => {} }
    const senders = await store.senders(bare.bare)
    return { told: null, bound: (session) => session.set(slot, { upTo, senders, timer: null }) }
  }
  /** The client wants messages. */
  available(session: Session): void {
    const { clock, slot, waitMs } = this.#parts
    const chance = session.get(slot)
    if (chance !== null) chance.timer ??= clock.after(waitMs, () => this.#decided(session))
  }
  asked(session: Session): void {
    const { slot, store, left, failed, mayRead } = this.#parts
    const chance = session.get(slot)
    if (chance === null) return
    const { account } = session
    // Undecided until then: what is read before it is not sent
    const leaving = store.leaveToArchive(account.bare.bare, chance.upTo, mayRead(account)).then(() => left(account))
    void leaving.catch(failed).then(() => this.#decided(session))
  }
  ended(session: Session): void {
    session.get(this.#parts.slot)?.timer?.cancel()
  }
  #decided(session: Session): void {
    const { slot, over } = this.#parts
    this.ended(session)
    session.set(slot, null)
    if (!session.ended) over(session.account)
  }
}
