/**
 * A rush: many sessions begin within a second, as after a restart or when a network comes back. In their first seconds clients
 * send presence several times, to contacts for which they are one of many. So the broadcasts of sessions that have just begun
 * wait for a moment, and are sent together: for each resource only the last one.
 *
 * Nothing else waits: no presence of older sessions, no directed presence, no unavailable presence (RFC 6121 4.5), which replaces
 * what waits, and no other kind of stanza.
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
  /** The number of present sessions. */
  readonly present: () => number
  /** Passes a packet through the stages after this one. */
  readonly goOn: (session: Session, packet: Packet) => void
  /** A rush begins if more sessions than this begin within a second, and more than a hundredth of the present ones; 0 for never. */
  readonly sessions: number
  /** How long presence waits at most, and how long a session counts as new. */
  readonly holdMs: Millis
}

/** How often the server checks what may be sent. */
const TICK: Millis = 100
/** Clients that receive held presence at a time, so that nothing else waits for long. */
const AT_ONCE = 250
/** The most held presences of one client; one more sends all of them. */
const HELD_MAX = 1000
/** How long work that can wait may wait for the end of a rush. */
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
  /** Null if nothing waits. */
  readonly #held: Slot<Session, Held | null>
  /** New sessions, the oldest first. By full JID. */
  readonly #newcomers = new Map<string, Session>()
  /** The sessions for which presence waits, the longest first. */
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
  /** Does `work` when the rush is over, or has lasted too long; false if there is none. */
  later(work: () => void): boolean {
    if (this.#isOn) this.#postponed.push({ work, since: this.#parts.clock.now() })
    return this.#isOn
  }
  /** The stage 'rush': what is written to a session. */
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
  /** Sends everything that waits for that client. */
  letOut(session: Session): void {
    const held = session.get(this.#held)
    if (held === null) return
    this.#waiting.delete(session)
    session.set(this.#held, null)
    this.#pass(session, held.presence.takeAll())
  }

  /** Is this a broadcast of a new session? A client's own presence is its answer, and does not wait. */
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
  /** The packet comes after waiting presence of the same sender, or replaces it. */
  #giveWay(session: Session, { presence }: Held, { kind, type, from }: Packet): void {
    if (kind === 'presence' && type === 'unavailable') presence.drop(from.full)
    this.#pass(session, presence.takeOf(from.bare))
  }
  /** A session that is no longer available receives nothing, and neither does one whose user has blocked the sender meanwhile. */
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
    this.#newcomers.delete(session.jid.full) // moves it to the end
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
