/**
 * What is written down while the server runs of sessions that can be resumed, and of what accounts and services know, for the case that it dies: every few seconds
 * what is new of those of which something has changed that matters then, within a budget of octets. What is known of a session
 * without a connection is exact, and it can be resumed after the death; a client that was connected may have got and
 * sent more than is written, so its session comes back as a relic (`Session.isRelic`).
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
  /** How often; 0: never. */
  readonly everyMs: Millis
  /** Octets of sessions that are written at a time, about, and as many of what accounts and services know. */
  readonly octetsMax: number
}

/** What was written last of a session. */
interface Mark {
  readonly presence: Packet | null
  readonly isPaused: boolean
  readonly stamp: string
  readonly at: Millis
  /** The pieces that are written. */
  readonly pieces: readonly number[]
  /** Nothing was left for the next time. */
  readonly isWhole: boolean
}

/** What a session takes up beside its pieces, about. */
const SESSION_OCTETS = 500
/** Sessions that are written at a time. */
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
    parts.facts.on('session-restored', ({ session }) =>
      this.#mark(
        session,
        Array.from(parts.kept.pieces(session), ({ n }) => n),
        true,
      ),
    )
    parts.facts.on('session-resumed', ({ session, after }) => after === 'stream-lost' && this.#drop(session))
    parts.facts.on('session-ended', ({ session }) => this.#drop(session))
    // Others were told that they have gone: a server that dies now must not show them again when it is back
    parts.facts.on('presence-changed', ({ session, after }) => after === null && this.#drop(session))
  }
  /** From now on, until the timer is cancelled. */
  start(): Timer {
    const { clock, everyMs } = this.#parts
    return everyMs === 0 ? { cancel() {} } : every(clock, everyMs, () => void this.write())
  }
  /** Writes down what has changed, as much as may be written at a time. */
  async write(): Promise<void> {
    await Promise.all([this.#writeSessions(), this.#parts.states.write(this.#parts.octetsMax)])
  }
  async #writeSessions(): Promise<void> {
    if (this.#isWriting) return // the disk does not keep up
    const { store, log, octetsMax } = this.#parts
    const updates: SessionUpdate[] = []
    const before = new Map<Session, Mark | undefined>()
    let room = octetsMax
    for (const session of this.#changed()) {
      if (room <= 0) break
      before.set(session, this.#marks.get(session))
      const { update, octets } = this.#updateOf(session, room)
      updates.push(update)
      room -= octets
    }
    if (updates.length === 0) return
    this.#isWriting = true
    try {
      await store.update(updates)
      this.#written.add(updates.length)
      this.#octets.add(octetsMax - room)
    } catch (error) {
      for (const [session, mark] of before) this.#takeBack(session, mark)
      log.error({ err: error }, 'Sessions could not be saved; they would be lost in a crash')
    } finally {
      this.#isWriting = false
    }
  }

  /** What is new of a session, up to `room` octets: the rest follows. */
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
    // As long as something is missing nobody can resume it exactly
    return { update: { session: isWhole ? row : { ...row, until: 0 }, added, gone: [...before] }, octets }
  }
  /** Those that were not written for longest come first: nobody's is put off for what others have. */
  #changed(): readonly Session[] {
    const changed: Session[] = []
    for (const session of this.#parts.sessions.all()) {
      if (session.resumableMs > 0 && this.#hasChanged(session, this.#marks.get(session))) changed.push(session)
    }
    const age = (session: Session): Millis => this.#marks.get(session)?.at ?? 0
    return changed.sort((one, other) => age(one) - age(other)).slice(0, AT_ONCE)
  }
  #hasChanged(session: Session, mark: Mark | undefined): boolean {
    return (
      mark === undefined ||
      !mark.isWhole ||
      mark.presence !== session.presence ||
      mark.isPaused !== (session.connection === null) ||
      mark.stamp !== this.#parts.kept.stamp(session)
    )
  }
  #mark(session: Session, pieces: readonly number[], isWhole: boolean): void {
    const { clock, kept } = this.#parts
    const isPaused = session.connection === null
    const stamp = kept.stamp(session)
    this.#marks.set(session, { presence: session.presence, isPaused, stamp, at: clock.now(), pieces, isWhole })
  }
  /** Nothing of it was written: what is on disk is what was there before. */
  #takeBack(session: Session, before: Mark | undefined): void {
    if (!this.#marks.has(session)) return
    if (before === undefined) this.#marks.delete(session)
    else this.#marks.set(session, { ...before, isWhole: false })
  }
  /** What is written of it is no longer so. */
  #drop(session: Session): void {
    if (!this.#marks.delete(session)) return
    this.#parts.store
      .drop(session.account.bare.bare, session.jid.resource)
      .catch((error: unknown) =>
        this.#parts.log.error({ err: error }, 'A session that ended could not be deleted from the database'),
      )
  }
}
