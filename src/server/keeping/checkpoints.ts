/**
 * While the server runs, it stores for the case of a crash what changed in sessions that can be resumed, and in the state of
 * accounts and services: every few seconds, within a budget of octets. The stored state of a session without a connection is
 * exact, and it can be resumed after a crash. A connected client may have received and sent more than is stored, so its session
 * comes back as a relic (`relics.ts`).
 */
import { every, type Clock, type Millis, type Timer } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { FactBoard } from '../account/facts.ts'
import { written, type KeptSessions } from './kept-sessions.ts'
import type { KeptStates } from './kept-states.ts'
import type { KeptPiece, KeptSessionStore, SessionUpdate } from '../ports.ts'
import type { Session } from '../account/session.ts'
import type { Sessions } from '../account/sessions.ts'

export interface CheckpointsParts {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly sessions: Sessions
  readonly facts: FactBoard
  readonly kept: KeptSessions
  readonly states: KeptStates
  readonly store: KeptSessionStore
  /** The interval; 0 for never. */
  readonly everyMs: Millis
  /** The most octets of sessions that are stored at a time (estimated), and as many of accounts and services. */
  readonly octetsMax: number
}

/** What was last stored of a session. */
interface Mark {
  readonly presence: Packet | null
  readonly isPaused: boolean
  /** To how many addresses it has sent presence directly. */
  readonly directed: number
  readonly stamp: string
  readonly at: Millis
  /** The stored pieces. */
  readonly pieces: readonly number[]
  /** Nothing was left for the next time. */
  readonly isWhole: boolean
}

/** The estimated octets of a session in addition to its pieces. */
const SESSION_OCTETS = 500
/** The most sessions that are stored at a time. */
const AT_ONCE = 200

export class Checkpoints {
  readonly #parts: CheckpointsParts
  readonly #marks = new Map<Session, Mark>()
  readonly #written: Counter
  readonly #octets: Counter
  #isWriting = false

  constructor(parts: CheckpointsParts) {
    this.#parts = parts
    this.#written = parts.metrics.counter(
      'porchlight_sessions_written_total',
      'Sessions written down for the case that the server dies',
    )
    this.#octets = parts.metrics.counter('porchlight_sessions_written_octets_total', 'What that came to, about')
    parts.metrics.gauge(
      'porchlight_states_unwritten',
      'Accounts, rooms and other things that have changed since they were last written down for the case that the server dies',
      () => parts.states.unwritten,
    )
    parts.facts.on('session-restored', ({ session }) =>
      this.#mark(
        session,
        Array.from(parts.kept.pieces(session), ({ n }) => n),
        true,
      ),
    )
    parts.facts.on('session-resumed', ({ session, after }) => after === 'stream-lost' && this.#drop(session))
    parts.facts.on('session-ended', ({ session }) => this.#drop(session))
    // Others were told that the session became unavailable: after a crash it must not be shown again.
    parts.facts.on('presence-changed', ({ session, after }) => after === null && this.#drop(session))
  }
  /** Stores changes from now on, until the timer is cancelled. */
  start(): Timer {
    const { clock, everyMs } = this.#parts
    return everyMs === 0 ? { cancel() {} } : every(clock, everyMs, () => void this.write())
  }
  /** Stores what has changed, as much as may be stored at a time. */
  async write(): Promise<void> {
    const { clock, facts, states, octetsMax } = this.#parts
    const at = clock.now()
    if (await this.#writeSessions()) facts.tell('sessions-stored', { at })
    await states.write(octetsMax)
  }
  /** False if they could not be stored, or not all of them. */
  async #writeSessions(): Promise<boolean> {
    if (this.#isWriting) return false // the disk does not keep up
    const { store, log, octetsMax } = this.#parts
    const updates: SessionUpdate[] = []
    const before = new Map<Session, Mark | undefined>()
    let room = octetsMax
    const changed = this.#changed()
    for (const session of changed.slice(0, AT_ONCE)) {
      if (room <= 0) break
      before.set(session, this.#marks.get(session))
      const { update, octets } = this.#updateOf(session, room)
      updates.push(update)
      room -= octets
    }
    const isAll = updates.length === changed.length && [...before.keys()].every((session) => this.#marks.get(session)!.isWhole)
    if (updates.length === 0) return isAll
    this.#isWriting = true
    try {
      await store.update(updates)
      this.#written.add(updates.length)
      this.#octets.add(octetsMax - room)
      return isAll
    } catch (error) {
      for (const [session, mark] of before) this.#takeBack(session, mark)
      log.error({ err: error }, 'Sessions could not be saved; they would be lost in a crash')
      return false
    } finally {
      this.#isWriting = false
    }
  }

  /** The changes of a session, up to `room` octets; the rest follows later. */
  #updateOf(session: Session, room: number): { readonly update: SessionUpdate; readonly octets: number } {
    const { kept } = this.#parts
    const before = new Set(this.#marks.get(session)?.pieces)
    const pieces: number[] = []
    const added: KeptPiece[] = []
    let octets = SESSION_OCTETS
    let isWhole = true
    for (const piece of kept.pieces(session)) {
      if (!before.delete(piece.n)) {
        if (octets >= room) {
          isWhole = false
          continue
        }
        octets += piece.octets
        added.push(written(piece))
      }
      pieces.push(piece.n)
    }
    this.#mark(session, pieces, isWhole)
    const row = kept.row(session, 'while running')
    // While something is missing, the session cannot be resumed exactly.
    return { update: { session: isWhole ? row : { ...row, until: 0 }, added, gone: [...before] }, octets }
  }
  /** Those that were not stored for longest come first, so that no session is delayed for ever by others. */
  #changed(): readonly Session[] {
    const changed: Session[] = []
    for (const session of this.#parts.sessions.all()) {
      if (session.resumableMs > 0 && this.#hasChanged(session, this.#marks.get(session))) changed.push(session)
    }
    const age = (session: Session): Millis => this.#marks.get(session)?.at ?? 0
    return changed.sort((one, other) => age(one) - age(other))
  }
  #hasChanged(session: Session, mark: Mark | undefined): boolean {
    return (
      mark === undefined ||
      !mark.isWhole ||
      mark.presence !== session.presence ||
      mark.isPaused !== (session.connection === null) ||
      mark.directed !== (session.directed?.size ?? 0) ||
      mark.stamp !== this.#parts.kept.stamp(session)
    )
  }
  #mark(session: Session, pieces: readonly number[], isWhole: boolean): void {
    const { clock, kept } = this.#parts
    const isPaused = session.connection === null
    const directed = session.directed?.size ?? 0
    const stamp = kept.stamp(session)
    this.#marks.set(session, { presence: session.presence, isPaused, directed, stamp, at: clock.now(), pieces, isWhole })
  }
  /** Storing failed: the stored copy is as it was before. */
  #takeBack(session: Session, before: Mark | undefined): void {
    if (!this.#marks.has(session)) return
    if (before === undefined) this.#marks.delete(session)
    else this.#marks.set(session, { ...before, isWhole: false })
  }
  /** The stored copy is out of date. */
  #drop(session: Session): void {
    if (!this.#marks.delete(session)) return
    this.#parts.store
      .drop(session.account.bare.bare, session.jid.resource)
      .catch((error: unknown) =>
        this.#parts.log.error({ err: error }, 'A session that ended could not be deleted from the database'),
      )
  }
}
