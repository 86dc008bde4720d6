/** RFC 6120 section 7: which resources are bound, and how a session begins and ends. */
import type { Clock, Millis } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import { ended as presenceEnded, type PresenceOut } from '../../im/presence.ts'
import { disabledWords } from '../../sasl/disabled.ts'
import { el } from '../../xml/element.ts'
import type { Wire } from '../../xml/wire.ts'
import { ABUSE_ERRORS } from '../../xmpp/ns.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Accounts } from './accounts.ts'
import { NOT_RESUMED, REPLACED, type Ending } from './endings.ts'
import type { FactBoard } from './facts.ts'
import { Session, type LocalAccount, type LocalEndpoint, type SessionStart, type SessionWays, type Wanted } from './session.ts'
import type { Connection } from './connection.ts'
import type { SlotBook } from './slots.ts'

export interface SessionsParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly accounts: Accounts
  readonly facts: FactBoard
  readonly presenceOut: PresenceOut<LocalEndpoint>
  readonly ways: SessionWays
  readonly slots: SlotBook<Session>
  /** The most sessions of one account. */
  readonly resourcesMax: number
}

export class Sessions {
  readonly slots: SlotBook<Session>
  readonly #parts: SessionsParts
  readonly #all = new Set<Session>()

  constructor(parts: SessionsParts) {
    this.#parts = parts
    this.slots = parts.slots
  }
  get size(): number {
    return this.#all.size
  }
  all(): Iterable<Session> {
    return this.#all
  }
  /**
   * Binds a resource (7.6, 7.7). A resource in use is not taken from its session: the new session gets a generated resource
   * (7.7.2.2, the first and encouraged option).
   * @throws StanzaError resource-constraint if the account has the most sessions allowed (7.6.2.1), not-allowed if it was
   * disabled after the client authenticated (7.6.2.2)
   */
  bind(account: LocalAccount, wanted: Wanted): Session {
    const { clock, entropy, facts, resourcesMax } = this.#parts
    if (account.disabled !== null) throw new StanzaError('not-allowed', { text: disabledWords(account.disabled) })
    facts.tell('session-binding', { account, wanted })
    this.#makeRoom(account, wanted)
    if (account.sessions.length >= resourcesMax) {
      throw new StanzaError('resource-constraint', { specific: el('resource-limit-exceeded', ABUSE_ERRORS) })
    }
    const isFree = wanted.resource !== null && account.endpoint(wanted.resource) === undefined
    const resource = isFree ? wanted.resource : token(entropy)
    return this.#begin({ ...wanted, account, resource, boundAt: clock.now() })
  }
  /** Restores a session from before a restart: without a connection, until `waitFor` says how long it may wait. */
  restore(start: Omit<SessionStart, 'connection'>): Session {
    return this.#begin({ ...start, connection: null })
  }
  #begin(start: SessionStart): Session {
    const { account } = start
    const { accounts, facts, ways } = this.#parts
    const session = new Session(start, ways)
    session.furnish(this.slots.fill(session))
    ways.admit(session)
    account.bind(session)
    accounts.keep(account)
    this.#all.add(session)
    facts.tell('session-bound', { session })
    return session
  }
  /**
   * A session without a connection ends if a new one needs its resource or its place. Any session ends for a new one of the same
   * device (XEP-0386 3.2).
   */
  #makeRoom(account: LocalAccount, { resource, device }: Wanted): void {
    const isIts = (s: Session): boolean => s.device === device
    if (device !== null) for (const session of account.sessions.filter(isIts)) this.end(session, REPLACED)
    const holder = resource === null ? undefined : account.session(resource)
    if (holder !== undefined && holder.pause !== null) this.end(holder, REPLACED)
    if (account.sessions.length < this.#parts.resourcesMax) return
    const paused = account.sessions.find((session) => session.pause !== null)
    if (paused !== undefined) this.end(paused, REPLACED)
  }
  /** The connection is lost or closing: the session pauses if it can, and ends otherwise. */
  leave(session: Session, ending: Ending): void {
    if (session.ended || (session.pause !== null && ending.resumable)) return
    if (!ending.resumable || session.resumableMs === 0) return this.end(session, ending)
    session.connection?.close(ending)
    session.disconnect()
    this.waitFor(session, session.resumableMs)
  }
  /** The session has no connection, and waits for its client for this time. @param since when it lost it */
  waitFor(session: Session, span: Millis, since: Millis = this.#parts.clock.now()): void {
    const { clock, facts } = this.#parts
    const timer = clock.after(span, () => this.end(session, NOT_RESUMED))
    session.pause = { timer, until: clock.now() + span, since }
    facts.tell('session-paused', { session, why: 'stream-lost' })
  }
  /** A session that waits for its client waits until then; it ends at once if that is past. */
  waitUntil(session: Session, until: Millis): void {
    const { clock } = this.#parts
    const { timer, since } = session.pause!
    const span = until - clock.now()
    if (span <= 0) return this.end(session, NOT_RESUMED)
    timer.cancel()
    session.pause = { timer: clock.after(span, () => this.end(session, NOT_RESUMED)), until, since }
  }
  /** The session continues in another process: here it does nothing more, and nobody is told. */
  handOver(session: Session): void {
    session.ended = true
    session.pause?.timer.cancel()
    session.lane.clear()
    this.#all.delete(session)
    session.account.unbind(session)
    this.#parts.accounts.release(session.account)
  }
  /** A client has resumed the session that waited for it. @param lang of its new stream */
  resume(session: Session, connection: Connection, lang: Wire | null): void {
    session.pause!.timer.cancel()
    session.pause = null
    session.connection = connection
    session.isCrowded = true
    session.heard('resumption')
    session.lang = lang
    session.room.changed()
    this.#parts.facts.tell('session-resumed', { session, after: 'stream-lost' })
  }
  /** Its client announced a silence, and keeps its connection. */
  fallSilent(session: Session): void {
    this.#parts.facts.tell('session-paused', { session, why: 'bosh-pause' })
  }
  /** The silence of its client is over. */
  speakAgain(session: Session): void {
    this.#parts.facts.tell('session-resumed', { session, after: 'bosh-pause' })
  }
  /** Ends a session in any state: its watchers are told once, and nothing of it is left. */
  end(session: Session, ending: Ending): void {
    if (session.ended) return
    session.ended = true
    this.#parts.facts.tell('session-ending', { session })
    session.pause?.timer.cancel()
    session.lane.clear()
    const { account, connection, presence } = session
    session.disconnect()
    this.#all.delete(session)
    const { accounts, clock, facts, presenceOut } = this.#parts
    presenceEnded(account, session, clock.now(), presenceOut)
    account.unbind(session)
    if (presence !== null) facts.tell('presence-changed', { session, before: presence, after: null })
    facts.tell('session-ended', { session, ending, presence, connection })
    connection?.close(ending)
    accounts.release(account)
  }
}
