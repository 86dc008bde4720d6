/**
 * A rush: many sessions begin or end within a second, as after a restart or when a network comes back. Each is news to
 * many who are in the same crowd, so news of presence waits for a moment: what a client gets comes in one piece, of each
 * resource only what it said last, and messages go first.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { isNotification, type Packet } from '../../xmpp/packet.ts'
import type { ToSession } from '../contexts.ts'
import type { FactBoard } from '../facts.ts'
import type { Verdict } from '../pipeline.ts'
import type { Session } from '../session.ts'
import type { Slot, SlotBook } from '../slots.ts'
import { HeldPresence } from './queue.ts'

export interface RushParts {
  readonly clock: Clock
  readonly facts: FactBoard
  readonly slots: SlotBook<Session>
  /** Are the accounts of this domain here? */
  readonly isLocal: (domain: string) => boolean
  /** Through the stages behind this one. */
  readonly goOn: (session: Session, packet: Packet) => void
  /** More sessions than this begin or end within a second; 0: there is no rush. */
  readonly sessions: number
  /** How long presence waits at most. */
  readonly holdMs: Millis
}

const SECOND: Millis = 1000
/** How often is looked for what may go out. */
const TICK: Millis = 100
/** Clients that get what was kept back in one go, so that nothing else waits for long. */
const AT_ONCE = 250
/** Of one client; one more lets all of them out. */
const HELD_MAX = 1000
/** So long what has no hurry may wait for the end of a rush. */
const PATIENCE: Millis = 30_000

interface Held {
  readonly presence: HeldPresence
  readonly since: Millis
}
interface Postponed {
  readonly work: () => void
  readonly since: Millis
}

export class Rush {
  readonly #parts: RushParts
  /** Null: nothing waits. */
  readonly #held: Slot<Session, Held | null>
  /** Those for whom something waits, the longest first. */
  readonly #waiting = new Set<Session>()
  #postponed: Postponed[] = []
  #isTicking = false
  #isOn = false
  #since: Millis = 0
  #count = 0
  /** Of the second before. */
  #before = 0

  constructor(parts: RushParts) {
    this.#parts = parts
    this.#held = parts.slots.declare<Held | null>('rush', () => null)
    if (parts.sessions === 0 || parts.holdMs === 0) return
    parts.facts.on('session-bound', () => this.#noteOne())
    parts.facts.on('session-ended', ({ session }) => {
      this.#waiting.delete(session)
      session.set(this.#held, null)
      this.#noteOne()
    })
  }
  /** Does `work` when the rush is over, or has lasted too long; false: there is none. */
  later(work: () => void): boolean {
    if (this.#isOn) this.#postponed.push({ work, since: this.#parts.clock.now() })
    return this.#isOn
  }
  /** Stage 'rush': what is written to a session. */
  stage({ session, packet }: ToSession): Verdict {
    if (!this.#isOn && this.#waiting.size === 0) return 'next'
    const held = session.get(this.#held)
    if (held === null && !this.#isOn) return 'next'
    if (this.#mayWait(session, packet)) {
      this.#hold(session, held, packet)
      return 'done'
    }
    for (const before of held?.presence.takeOf(packet.from.bare) ?? []) this.#parts.goOn(session, before)
    return 'next'
  }

  /** Of others who are here: what comes from elsewhere is not part of the crowd. A client's own presence is its answer. */
  #mayWait({ account }: Session, packet: Packet): boolean {
    return isNotification(packet) && packet.from.bare !== account.bare.bare && this.#parts.isLocal(packet.from.domain)
  }
  #hold(session: Session, before: Held | null, packet: Packet): void {
    const held = before ?? { presence: new HeldPresence(), since: this.#parts.clock.now() }
    held.presence.put(packet)
    if (before === null) {
      session.set(this.#held, held)
      this.#waiting.add(session)
      this.#goOn()
    } else if (held.presence.size > HELD_MAX) this.letOut(session)
  }
  /** Nothing waits for that client any more. */
  letOut(session: Session): void {
    const held = session.get(this.#held)
    if (held === null) return
    this.#waiting.delete(session)
    session.set(this.#held, null)
    for (const packet of held.presence.takeAll()) this.#parts.goOn(session, packet)
  }

  #noteOne(): void {
    const now = this.#parts.clock.now()
    if (now - this.#since >= SECOND) {
      this.#before = now - this.#since < 2 * SECOND ? this.#count : 0
      this.#since = now
      this.#count = 0
    }
    this.#count += 1
    if (this.#count <= this.#parts.sessions || this.#isOn) return
    this.#isOn = true
    this.#goOn()
  }
  #goOn(): void {
    if (this.#isTicking) return
    this.#isTicking = true
    this.#parts.clock.after(TICK, () => this.#tick())
  }
  #tick(): void {
    const now = this.#parts.clock.now()
    this.#isOn &&= now - this.#since < 2 * SECOND && Math.max(this.#count, this.#before) > this.#parts.sessions
    let n = 0
    for (const session of this.#waiting) {
      const isDue = !this.#isOn || now - session.get(this.#held)!.since >= this.#parts.holdMs
      if (!isDue || (n += 1) > AT_ONCE) break
      this.letOut(session)
    }
    const next = this.#postponed.findIndex(({ since }) => this.#isOn && now - since < PATIENCE)
    for (const { work } of this.#postponed.splice(0, Math.min(next < 0 ? Infinity : next, AT_ONCE))) work()
    this.#isTicking = false
    if (this.#isOn || this.#waiting.size > 0 || this.#postponed.length > 0) this.#goOn()
  }
}
