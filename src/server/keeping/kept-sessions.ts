/**
 * Sessions over a restart of the server. Sessions that can be resumed are stored at the stop, each with the state of every
 * part of the server (`snapshots.ts`). When the server runs again, they wait for their clients for the rest of their time.
 * Contacts and other servers see the same as if all their connections had broken at once. Sessions that are not stored end.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { inTime } from '../../base/in-time.ts'
import type { Log } from '../../base/log.ts'
import { inPortions } from '../../base/portions.ts'
import { tickOver } from '../../base/tick.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Payload } from '../../xmpp/packet.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { packetFromJson, packetToJson } from '../../xmpp/stored-packet.ts'
import { decode, encode } from '../../xml/wire.ts'
import type { Accounts } from '../account/accounts.ts'
import type { LocalAccount } from '../account/session.ts'
import { CONNECTION_LOST, NOT_RESUMED, SHUTDOWN } from '../account/endings.ts'
import type { FactBoard } from '../account/facts.ts'
import type { KeptPiece, KeptSession, KeptSessionStore, LastPresenceStore, WholeSession } from '../ports.ts'
import type { Probing } from '../contacts/probing.ts'
import type { KeptStates } from './kept-states.ts'
import { Snapshots, type Occasion, type Piece, type RestoredPiece } from './snapshots.ts'
import { readWritten, WRITTEN_VERSION, type Written } from './written.ts'
import type { Relics } from './relics.ts'
import type { Router } from '../routing/router.ts'
import type { Session } from '../account/session.ts'
import type { Sessions } from '../account/sessions.ts'

export interface KeptSessionsParts {
  readonly clock: Clock
  readonly log: Log
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly relics: Relics
  readonly facts: FactBoard
  readonly router: Router
  readonly probing: Probing
  readonly states: KeptStates
  readonly store: KeptSessionStore
  readonly lastPresence: LastPresenceStore
  /** The most octets that all of them together may take. */
  readonly octetsMax: number
}

/** The estimated octets of a session in addition to its parts. */
const SESSION_OCTETS = 500
/** How long to wait for the last stanzas of clients. */
const SETTLE_MS: Millis = 3000
/** Sessions that are ended, or accounts that are loaded, at a time. */
const AT_ONCE = 500

export class KeptSessions {
  readonly snapshots = new Snapshots()
  readonly #parts: KeptSessionsParts
  /** The sessions that continue after the restart. */
  #kept: ReadonlySet<Session> = new Set()
  /** Restored and not resumed yet. */
  readonly #restored = new Set<Session>()

  constructor(parts: KeptSessionsParts) {
    this.#parts = parts
    parts.facts.on('session-resumed', ({ session }) => this.#cameBack(session))
    parts.facts.on('session-ended', ({ session }) => void this.#restored.delete(session))
  }

  /**
   * Disconnects the sessions that are to be kept, and ends all others. Everything that their clients have sent is processed. No
   * client may connect any more.
   */
  async pauseAll(): Promise<void> {
    const { sessions } = this.#parts
    const kept = (this.#kept = this.#chosen())
    const others = [...sessions.all()].filter((session) => !kept.has(session))
    for (const session of kept) sessions.leave(session, CONNECTION_LOST)
    await this.#settled(kept)
    await inPortions(others, AT_ONCE, tickOver, (some) => some.forEach((session) => sessions.end(session, SHUTDOWN)))
  }
  /**
   * Stores the sessions that `pauseAll` has left, and the state of accounts and services. No stanza may arrive or leave any more.
   * @returns how many sessions are kept
   */
  async keepAll(): Promise<number> {
    const { sessions, states, store, lastPresence, clock } = this.#parts
    const kept = this.#kept
    await this.#settled(kept)
    const rows: WholeSession[] = []
    this.#restored.clear()
    for (const session of kept) {
      if (session.ended) continue
      rows.push({ ...this.row(session, 'for a restart'), pieces: Array.from(this.pieces(session), written) })
      // If the server does not come back, this is when its user was last seen.
      if (session.presence !== null)
        lastPresence.unavailable(session.account.bare.bare, { at: clock.now(), payload: Payload.empty })
    }
    const known = states.all()
    for (const session of kept) if (!session.ended) sessions.handOver(session)
    await Promise.all([store.replaceAll(rows), states.replaceAll(known)])
    return rows.length
  }
  /** At a final stop, when all sessions have ended: nothing is restored later. */
  async keepNothing(): Promise<void> {
    await this.#parts.states.replaceAll([])
  }
  /** At the start, before any client can connect. @returns how many sessions wait for their clients */
  async restoreAll(): Promise<number> {
    const { accounts, states, store, log, facts } = this.#parts
    const [all] = await Promise.all([store.all(), states.load()])
    const rows = all.filter(({ owner }) => accounts.isHome(owner)) // their domains may no longer be ours
    let restored = 0
    for (let i = 0; i < rows.length; i += AT_ONCE) {
      const some = rows.slice(i, i + AT_ONCE)
      const loaded = await Promise.all(some.map(({ owner }) => accounts.load(owner)))
      for (const [k, row] of some.entries()) {
        const account = loaded[k]!
        if (account === null || account.disabled !== null) continue
        states.restore(account)
        try {
          this.#restore(account, row)
          restored += 1
        } catch (error) {
          log.error({ err: error }, 'A session from before the restart could not be restored')
          this.#giveUp(account, row)
        }
      }
    }
    states.restored()
    facts.tell('sessions-restored', { sessions: restored })
    await this.snapshots.complete()
    return restored
  }

  /** Changes when the session should be stored again. */
  stamp(session: Session): string {
    return this.snapshots.stamp(session)
  }
  /** The parts of the session that are stored one by one. */
  pieces(session: Session): Iterable<Piece> {
    return this.snapshots.pieces(session)
  }
  /** The session as it is stored, without its pieces. */
  row(session: Session, when: Occasion): KeptSession {
    const { jid, account, lang, directed, presence, boundAt, resumableMs, interested, invisible, priority } = session
    const { relics } = this.#parts
    const written: Written = {
      version: WRITTEN_VERSION,
      boundAt,
      lang: lang === null ? null : decode(lang),
      device: relics.deviceOf(session),
      resumableMs,
      interested,
      invisible,
      priority,
      presence: presence === null ? null : packetToJson(presence),
      directed: directed === null ? [] : [...directed.keys()],
      pausedAt: session.pause?.since ?? null,
      parts: this.snapshots.save(session, when),
    }
    const until = relics.isRelic(session) ? 0 : (session.pause?.until ?? 0)
    return { owner: account.bare.bare, resource: jid.resource, until, state: JSON.stringify(written) }
  }

  /** As many as may be kept. The small ones first, so that a large session does not end those of others. */
  #chosen(): Set<Session> {
    const resumable = Array.from(this.#parts.sessions.all()).filter(({ resumableMs }) => resumableMs > 0)
    const sized = resumable.map((session) => ({ session, octets: this.#octetsOf(session) }))
    const chosen = new Set<Session>()
    let sum = 0
    for (const { session, octets } of sized.sort((one, other) => one.octets - other.octets)) {
      sum += octets
      if (sum > this.#parts.octetsMax) break
      chosen.add(session)
    }
    return chosen
  }
  #octetsOf(session: Session): number {
    return SESSION_OCTETS + (session.presence?.payload.text.length ?? 0) + this.snapshots.weigh(session)
  }
  /** Everything that their clients have sent is processed, and stanzas for them have arrived. */
  async #settled(all: ReadonlySet<Session>): Promise<void> {
    const { clock, router } = this.#parts
    this.snapshots.settleAll(all) // held stanzas may have to move on before the lane can
    const idle = Promise.all(Array.from(all, ({ lane }) => lane.whenIdle())).then(() => router.whenIdle())
    await inTime(clock, SETTLE_MS, idle)
    await tickOver()
    this.snapshots.settleAll(all)
  }

  /** If a part of a session could not be restored, the session ends as if its client had not come back. */
  #giveUp(account: LocalAccount, { resource }: WholeSession): void {
    const session = account.session(resource)
    if (session !== undefined) this.#parts.sessions.end(session, NOT_RESUMED)
  }
  #restore(account: LocalAccount, { resource, until, state, pieces }: WholeSession): void {
    const { sessions, relics, facts, clock } = this.#parts
    const written = readWritten(state)
    const { boundAt, lang, device, resumableMs, interested, invisible, priority, presence, directed, pausedAt, parts } = written
    const isRelic = until === 0
    const start = { account, resource, boundAt, lang: lang === null ? null : encode(lang) }
    const session = sessions.restore({ ...start, device: isRelic ? null : device })
    if (isRelic) relics.mark(session, device)
    this.#restored.add(session)
    session.resumableMs = resumableMs
    session.interested = interested && !isRelic
    session.invisible = invisible
    session.priority = priority
    if (directed.length > 0) session.directed = new Map(directed.map((full): [string, Jid] => [full, storedJid(full)]))
    if (presence !== null) {
      const packet = packetFromJson(presence)
      session.presence = packet
      facts.tell('presence-changed', { session, before: null, after: packet })
    }
    const restored = pieces.map(({ n, state: json }): RestoredPiece => ({ n, json: JSON.parse(json) as unknown }))
    this.snapshots.load(session, parts, restored)
    // It is unknown when the connection of a relic broke.
    if (isRelic) sessions.waitFor(session, resumableMs)
    else sessions.waitFor(session, Math.max(0, until - clock.now()), pausedAt ?? until - resumableMs)
    facts.tell('session-restored', { session })
  }

  /**
   * What remote contacts have sent meanwhile is unknown. Other servers doubt presence that was sent to them directly, and cannot
   * probe it (decision 29).
   */
  #cameBack(session: Session): void {
    if (!this.#restored.delete(session)) return
    const { account } = session
    const { probing, router } = this.#parts
    const isElsewhere = (jid: Jid): boolean => router.placeOf(jid) !== 'here'
    const contacts = account.roster.subscriptions.filter(isElsewhere)
    if (session.takesPart && contacts.length > 0) probing.ask(session, account.reachable(contacts))
    // By then all others know that it is back: its state is sent unchanged.
    queueMicrotask(() => {
      for (const to of [...(session.directed?.values() ?? [])].filter(isElsewhere)) probing.repeat(session, to)
    })
  }
}

/** The form in which it is stored. */
export const written = (piece: Piece): KeptPiece => ({ n: piece.n, state: JSON.stringify(piece.toJson()) })
