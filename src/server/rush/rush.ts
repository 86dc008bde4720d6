/**
 * A rush: many sessions begin within a second, as after a restart or when a network comes back. In their first seconds
 * clients say several things of themselves, and to most who hear them they are one in a crowd. So what those who have just
 * come broadcast waits for a moment: their contacts get it in one piece, of each resource only what it said last.
 *
 * Nobody else waits: not what a session says that was there before, not presence that is sent to somebody directly, not
 * a farewell (RFC 6121 4.5), which takes the place of what waits, and nothing but presence.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { ToSession } from '../pipeline/contexts.ts'
import type { FactBoard } from '../account/facts.ts'
import type { Verdict } from '../pipeline/pipeline.ts'
import type { Session } from '../account/session.ts'
import type { Slot, SlotBook } from '../account/slots.ts'
import { Surge } from './machine.ts'
import { HeldPresence } from './queue.ts'

export interface RushParts {
  readonly clock: Clock
  readonly facts: FactBoard
  readonly slots: SlotBook<Session>
  /** How many sessions there are. */
  readonly present: () => number
  /** Through the stages behind this one. */
  readonly goOn: (session: Session, packet: Packet) => void
  /** More sessions than this begin within a second, and more than a hundredth of those there are; 0: there is no rush. */
  readonly sessions: number
  /** How long presence waits at most, and for how long a session has just come. */
  readonly holdMs: Millis
}

/** How often the server looks for what may go out. */
const TICK: Millis = 100
/** Clients that get what was kept back in one go, so that nothing else waits for long. */
const AT_ONCE = 250
/** Of one client; one more lets all of them out. */
const HELD_MAX = 1000
/** How long what has no hurry may wait for the end of a rush. */
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
  readonly #surge: Surge
  /** Null: nothing waits. */
  readonly #held: Slot<Session, Held | null>
  /** Sessions that have just come, the first first. By full JID. */
  readonly #newcomers = new Map<string, Session>()
  /** Those for whom something waits, the longest first. */
  readonly #waiting = new Set<Session>()
  #postponed: Postponed[] = []
  #isTicking = false
  #isOn = false

  constructor(parts: RushParts) {
    this.#parts = parts
    this.#surge = new Surge(parts.sessions)
    this.#held = parts.slots.declare<Held | null>('rush', 'forgotten', () => null)
    if (parts.sessions === 0 || parts.holdMs === 0) return
    parts.facts.on('session-bound', ({ session }) => this.#noteOne(session))
    parts.facts.on('session-ending', ({ session }) => this.letOut(session))
    parts.facts.on('session-ended', ({ session }) => {
      this.#waiting.delete(session)
      if (this.#newcomers.get(session.jid.full) === session) this.#newcomers.delete(session.jid.full)
      session.set(this.#held, null)
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
    if (this.#isOn && this.#mayWait(session, packet)) {
      this.#hold(session, held, packet)
      return 'done'
    }
    if (held !== null) this.#giveWay(session, held, packet)
    return 'next'
  }
  /** Nothing waits for that client any more. */
  letOut(session: Session): void {
    const held = session.get(this.#held)
    if (held === null) return
    this.#waiting.delete(session)
    session.set(this.#held, null)
    this.#pass(session, held.presence.takeAll())
  }

  /** Is this what somebody who has just come says to all? A client's own presence is its answer, and does not wait. */
  #mayWait({ account }: Session, packet: Packet): boolean {
    const { kind, type, from } = packet
    if (kind !== 'presence' || type !== '' || from.bare === account.bare.bare) return false
    const sender = this.#newcomers.get(from.full)
    if (sender === undefined || sender.presence === null || !packet.isCopyOf(sender.presence)) return false
    return this.#parts.clock.now() - sender.boundAt < this.#parts.holdMs
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
  /** What goes on now comes after what waits from the same sender, or takes its place. */
  #giveWay(session: Session, { presence }: Held, { kind, type, from }: Packet): void {
    if (kind === 'presence' && type === 'unavailable') presence.drop(from.full)
    this.#pass(session, presence.takeOf(from.bare))
  }
  /** Who is not available any more hears nothing, and nobody hears of those whom the user has blocked meanwhile. */
  #pass(session: Session, packets: readonly Packet[]): void {
    if (!session.takesPart) return
    for (const packet of packets) if (!session.account.hidden(packet.from)) this.#parts.goOn(session, packet)
  }

  #noteOne(session: Session): void {
    const now = this.#parts.clock.now()
    for (const [full, { boundAt }] of this.#newcomers) {
      if (now - boundAt < this.#parts.holdMs) break
      this.#newcomers.delete(full)
    }
    this.#newcomers.delete(session.jid.full) // to the end
    this.#newcomers.set(session.jid.full, session)
    this.#surge.note(now)
    if (this.#isOn || !this.#surge.isOn(now, this.#parts.present())) return
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
    this.#isOn &&= this.#surge.isOn(now, this.#parts.present())
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
