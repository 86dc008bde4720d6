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
  /** Bound resources of one account. */
  readonly resourcesMax: number
}

/** So long a client that has logged in anew may say nothing, before its presence of before is taken back. */
const OWED_MS: Millis = 30_000

/** What a client asks for when it binds. */
export interface Wanted {
  /** The prepared resource; null: the server makes one. */
  readonly resource: string | null
  /** Of its stream (RFC 6120 8.1.5). */
  readonly lang: Wire | null
  readonly connection: Connection
  /** The installation of the client; null: it has named none. */
  readonly device: string | null
}

const isOf = (session: Session, { resource, device }: Wanted): boolean =>
  session.jid.resource === resource || (device !== null && session.device === device)

export class Sessions {
  readonly slots: SlotBook<Session> = new SlotBook()
  readonly #parts: SessionsParts
  readonly #all = new Set<Session>()

  /** Which relic the client on a connection had, and which one a new session stands for from when it is available. */
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
   * Binds a resource (7.6, 7.7). A resource that is in use is not taken from its session: the new one gets
   * a generated one (7.7.2.2, the first and encouraged option).
   * @throws StanzaError resource-constraint when the account has as many as it may (7.6.2.1), not-allowed when it has
   * been disabled since it authenticated (7.6.2.2)
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
  /** Whoever binds a resource over this connection is the client that the relic had. */
  claim(relic: Session, connection: Connection): void {
    this.#claims.set(connection, relic)
  }
  /** A session of before the server was restarted: without a connection, until `waitFor` says how long it may be so. */
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
   * A session without a connection gives way to a new one that needs its resource or its place. Any gives way to a new
   * one of the same device (XEP-0386 3.2).
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
  /** A new session takes the address of a relic, of which nobody sees anything. @returns the presence that contacts still have */
  #succeed(relic: Session): Packet | null {
    const { presence } = relic
    relic.presence = null
    this.end(relic, REPLACED)
    return presence
  }
  /** The presence of a relic is taken back if the client says nothing of its own. */
  #owe(session: Session, owed: Packet): void {
    session.owed = owed
    this.#parts.clock.after(OWED_MS, () => this.takeBack(session))
  }
  /** Its client has begun, or had time to, and is not available to all: what contacts have of a relic of it is over. */
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
  /** The session has said that it is available: what stood for it is over. */
  #arrived(session: Session): void {
    session.owed = null
    this.#endRelic(session)
  }
  #endRelic(session: Session): void {
    const relic = this.#heirs.get(session)
    if (relic !== undefined) this.end(relic, REPLACED)
  }
  /** The connection is gone, or wants to go: the session pauses if it may, and ends otherwise. */
  leave(session: Session, ending: Ending): void {
    if (session.ended || (session.pause !== null && ending.resumable)) return
    if (!ending.resumable || session.resumableMs === 0) return this.end(session, ending)
    session.connection?.close(ending)
    session.disconnect()
    session.isSilent = false
    this.waitFor(session, session.resumableMs)
  }
  /** The session has no connection, and waits so long for its client. */
  waitFor(session: Session, span: Millis): void {
    const { clock, facts } = this.#parts
    session.pausedUntil = clock.now() + span
    session.pause = clock.after(span, () => this.end(session, NOT_RESUMED))
    facts.tell('session-paused', { session, why: 'stream-lost' })
  }
  /** The session goes on in another process: here nothing more happens to it, and nobody is told of anything. */
  handOver(session: Session): void {
    session.ended = true
    session.pause?.cancel()
    session.lane.clear()
    this.#all.delete(session)
    session.account.unbind(session)
    this.#parts.accounts.release(session.account)
  }
  /** A client has come back for its session, which has waited for it. @param lang of its new stream */
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
  /** Its client has announced that it will not be heard of for a while, and keeps its connection. */
  fallSilent(session: Session): void {
    if (session.connection === null || session.isSilent) return
    session.isSilent = true
    this.#parts.facts.tell('session-paused', { session, why: 'bosh-pause' })
  }
  /** It is heard of again. */
  speakAgain(session: Session): void {
    if (!session.isSilent) return
    session.isSilent = false
    this.#parts.facts.tell('session-resumed', { session, after: 'bosh-pause' })
  }
  /** Ends a session, however it came about: its watchers are told once, and nothing of it is left. */
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
