/**
 * What is written down of sessions that can be resumed while the server runs, for the case that it dies: every few seconds
 * those of which something has changed that matters then, and of a crowd so many at a time. What is known of a session
 * without a connection is exact, and it can be resumed after the death; a client that was connected may have got and
 * sent more than is written, so its session comes back as a relic (`Session.isRelic`).
 */
import type { Clock, Millis, Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Counter, Metrics } from '../base/metrics.ts'
import type { Packet } from '../xmpp/packet.ts'
import type { FactBoard } from './facts.ts'
import type { KeptSessions } from './kept-sessions.ts'
import type { KeptSessionStore } from './ports.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

export interface CheckpointsParts {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly sessions: Sessions
  readonly facts: FactBoard
  readonly kept: KeptSessions
  readonly store: KeptSessionStore
  /** How often; 0: never. */
  readonly everyMs: Millis
}

/** What was written last of a session. */
interface Mark {
  readonly presence: Packet | null
  readonly isPaused: boolean
  readonly stamp: string
  readonly at: Millis
}

/** Sessions that are written at a time. */
const AT_ONCE = 200

export class Checkpoints {
  readonly #parts: CheckpointsParts
  readonly #marks = new Map<Session, Mark>()
  readonly #written: Counter
  #isWriting = false

  constructor(parts: CheckpointsParts) {
    this.#parts = parts
    this.#written = parts.metrics.counter(
      'porchlight_sessions_written_total',
      'Sessions written down for the case that the server dies',
    )
    parts.kept.onRestored = (session) => this.#mark(session)
    parts.facts.on('session-resumed', ({ session, after }) => after === 'stream-lost' && this.#drop(session))
    parts.facts.on('session-ended', ({ session }) => this.#drop(session))
    // Others were told that they have gone: a server that dies now must not show them again when it is back
    parts.facts.on('presence-changed', ({ session, after }) => after === null && this.#drop(session))
  }
  /** From now on, until the timer is cancelled. */
  start(): Timer {
    const { clock, everyMs } = this.#parts
    if (everyMs === 0) return { cancel() {} }
    let timer: Timer
    const next = (): void => {
      timer = clock.after(everyMs, () => {
        next()
        void this.write()
      })
    }
    next()
    return { cancel: () => timer.cancel() }
  }
  /** Writes down what has changed. */
  async write(): Promise<void> {
    if (this.#isWriting) return // the disk does not keep up
    const { store, kept, log } = this.#parts
    const changed = this.#changed()
    if (changed.length === 0) return
    for (const session of changed) this.#mark(session)
    this.#isWriting = true
    try {
      await store.put(changed.map((session) => kept.row(session, 'while running')))
      this.#written.add(changed.length)
    } catch (error) {
      for (const session of changed) this.#marks.delete(session)
      log.error({ err: error }, 'Sessions could not be written down for the case that the server dies')
    } finally {
      this.#isWriting = false
    }
  }

  #changed(): readonly Session[] {
    const changed: Session[] = []
    for (const session of this.#parts.sessions.all()) {
      if (session.resumableMs > 0 && this.#hasChanged(session, this.#marks.get(session))) changed.push(session)
    }
    if (changed.length <= AT_ONCE) return changed
    const age = (session: Session): Millis => this.#marks.get(session)?.at ?? 0
    return changed.sort((one, other) => age(one) - age(other)).slice(0, AT_ONCE)
  }
  #hasChanged(session: Session, mark: Mark | undefined): boolean {
    return (
      mark === undefined ||
      mark.presence !== session.presence ||
      mark.isPaused !== (session.connection === null) ||
      mark.stamp !== this.#parts.kept.stamp(session)
    )
  }
  #mark(session: Session): void {
    const { clock, kept } = this.#parts
    const isPaused = session.connection === null
    this.#marks.set(session, { presence: session.presence, isPaused, stamp: kept.stamp(session), at: clock.now() })
  }
  /** What is written of it is no longer so. */
  #drop(session: Session): void {
    if (!this.#marks.delete(session)) return
    this.#parts.store
      .drop(session.account.bare.bare, session.jid.resource)
      .catch((error: unknown) => this.#parts.log.error({ err: error }, 'A session that is over could not be forgotten'))
  }
}
