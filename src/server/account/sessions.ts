/** RFC 6120 section 7: which resources are bound, and how a session begins and ends. */
import type { Clock, Millis } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import { ended as presenceEnded, type PresenceOut } from '../../im/presence.ts'
import { disabledWords } from '../../sasl/disabled.ts'
import { el } from '../../xml/element.ts'
import type { Wire } from '../../xml/wire.ts'
import { ABUSE_ERRORS } from '../../xmpp/ns.ts'
import { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Accounts } from './accounts.ts'
import { NOT_RESUMED, REPLACED, type Ending } from './endings.ts'
import type { FactBoard } from './facts.ts'
import { Session, type LocalAccount, type LocalEndpoint, type SessionStart, type SessionWays } from './session.ts'
import type { Connection } from './connection.ts'
import { SlotBook } from './slots.ts'

export interface SessionsParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly accounts: Accounts
  readonly facts: FactBoard
  readonly presenceOut: PresenceOut<LocalEndpoint>
  readonly ways: SessionWays
  /** The most bound resources of one account. */
  readonly resourcesMax: number
}

/** How long a client that logged in again after a crash may stay silent before its old presence is withdrawn. */
const OWED_MS: Millis = 30_000

/** What a client asks for when it binds. */
export interface Wanted {
  /** The prepared resource; null if the server is to make one. */
  readonly resource: string | null
  /** The language of its stream (RFC 6120 8.1.5). */
  readonly lang: Wire | null
  readonly connection: Connection
  /** The id of the client's installation; null if it has named none. */
  readonly device: string | null
}

const isOf = (session: Session, { resource, device }: Wanted): boolean =>
  session.jid.resource === resource || (device !== null && session.device === device)

export class Sessions {
  readonly slots: SlotBook<Session> = new SlotBook()
  readonly #parts: SessionsParts
  readonly #all = new Set<Session>()

  /** The relic of the client on a connection. */
  readonly #claims = new WeakMap<Connection, Session>()
  readonly #heirs = new WeakMap<Session, Session>()

  constructor(parts: SessionsParts) {
    this.#parts = parts
    parts.facts.on('presence-changed', ({ session, before, after }) => {
      if (before === null && after !== null) this.#arrived(session)
    })
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
   * @throws StanzaError resource-constraint if the account has the most resources allowed (7.6.2.1), not-allowed if it was
   * disabled after the client authenticated (7.6.2.2)
   */
  bind(account: LocalAccount, wanted: Wanted): Session {
    const { clock, entropy, resourcesMax } = this.#parts
    if (account.disabled !== null) throw new StanzaError('not-allowed', { text: disabledWords(account.disabled) })
    const relic = this.#claims.get(wanted.connection) ?? account.sessions.find((s) => s.isRelic && isOf(s, wanted)) ?? null
    const owed = relic !== null && relic.jid.resource === wanted.resource ? this.#succeed(relic) : null
    this.#makeRoom(account, wanted, relic)
    if (account.resources.length >= resourcesMax) {
      throw new StanzaError('resource-constraint', { specific: el('resource-limit-exceeded', ABUSE_ERRORS) })
    }
    const isFree = wanted.resource !== null && account.session(wanted.resource) === undefined
    const resource = isFree ? wanted.resource : token(entropy)
    const session = this.#begin({ ...wanted, account, resource, boundAt: clock.now() })
    if (owed !== null) this.#owe(session, owed)
    else if (relic !== null && !relic.ended) this.#heirs.set(session, relic)
    return session
  }
  /** The relic belonged to the client on this connection. */
  claim(relic: Session, connection: Connection): void {
    this.#claims.set(connection, relic)
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
  #makeRoom(account: LocalAccount, { resource, device }: Wanted, relic: Session | null): void {
    const isIts = (s: Session): boolean => s.device === device && s !== relic
    if (device !== null) for (const session of account.sessions.filter(isIts)) this.end(session, REPLACED)
    const holder = resource === null ? undefined : account.session(resource)
    if (holder !== undefined && holder.pause !== null) this.end(holder, REPLACED)
    if (account.resources.length < this.#parts.resourcesMax) return
    const paused = account.sessions.find((session) => session.pause !== null)
    if (paused !== undefined) this.end(paused, REPLACED)
  }
  /** A new session takes the address of a relic; contacts see no change. @returns the presence that contacts still see */
  #succeed(relic: Session): Packet | null {
    const { presence } = relic
    relic.presence = null
    this.end(relic, REPLACED)
    return presence
  }
  /** The presence of a relic is withdrawn if the client sends none of its own. */
  #owe(session: Session, owed: Packet): void {
    session.owed = owed
    this.#parts.clock.after(OWED_MS, () => this.takeBack(session))
  }
  /** The client has begun, or had time to, and is not available to all: the presence of its relic is withdrawn. */
  takeBack(session: Session): void {
    if (session.ended || session.presence !== null) return
    this.#endRelic(session)
    const { owed } = session
    if (owed === null) return
    const { clock, presenceOut, facts } = this.#parts
    session.presence = owed
    session.owed = null
    presenceEnded(session.account, session, clock.now(), presenceOut)
    facts.tell('presence-changed', { session, before: owed, after: null })
  }
  /** The session is available: the presence of its relic is replaced. */
  #arrived(session: Session): void {
    session.owed = null
    this.#endRelic(session)
  }
  #endRelic(session: Session): void {
    const relic = this.#heirs.get(session)
    if (relic !== undefined) this.end(relic, REPLACED)
  }
  /** The connection is lost or closing: the session pauses if it can, and ends otherwise. */
  leave(session: Session, ending: Ending): void {
    if (session.ended || (session.pause !== null && ending.resumable)) return
    if (!ending.resumable || session.resumableMs === 0) return this.end(session, ending)
    session.connection?.close(ending)
    session.disconnect()
    session.isSilent = false
    this.waitFor(session, session.resumableMs)
  }
  /** The session has no connection, and waits for its client for this time. */
  waitFor(session: Session, span: Millis): void {
    const { clock, facts } = this.#parts
    session.pausedUntil = clock.now() + span
    session.pause = clock.after(span, () => this.end(session, NOT_RESUMED))
    facts.tell('session-paused', { session, why: 'stream-lost' })
  }
  /** The session continues in another process: here it does nothing more, and nobody is told. */
  handOver(session: Session): void {
    session.ended = true
    session.pause?.cancel()
    session.lane.clear()
    this.#all.delete(session)
    session.account.unbind(session)
    this.#parts.accounts.release(session.account)
  }
  /** A client has resumed the session that waited for it. @param lang of its new stream */
  resume(session: Session, connection: Connection, lang: Wire | null): void {
    session.pause!.cancel()
    session.pause = null
    session.pausedUntil = 0
    session.connection = connection
    session.heard('resumption')
    session.lang = lang
    session.room.changed()
    this.#parts.facts.tell('session-resumed', { session, after: 'stream-lost' })
  }
  /** Its client announced a silence, and keeps its connection. */
  fallSilent(session: Session): void {
    if (session.connection === null || session.isSilent) return
    session.isSilent = true
    this.#parts.facts.tell('session-paused', { session, why: 'bosh-pause' })
  }
  /** The silence of its client is over. */
  speakAgain(session: Session): void {
    if (!session.isSilent) return
    session.isSilent = false
    this.#parts.facts.tell('session-resumed', { session, after: 'bosh-pause' })
  }
  /** Ends a session in any state: its watchers are told once, and nothing of it is left. */
  end(session: Session, ending: Ending): void {
    if (session.ended) return
    session.ended = true
    this.#parts.facts.tell('session-ending', { session })
    session.pause?.cancel()
    session.lane.clear()
    session.presence ??= session.owed
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
