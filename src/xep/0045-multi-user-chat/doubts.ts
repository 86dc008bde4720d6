/**
 * Occupants that may be gone (XEP-0310 4.3; ROOM-130 to 139): a client of this server has lost its connection, or the link to the server
 * of an occupant is down. They stay in the room, annotated for clients that ask for annotations. After each loss of the link, and after a
 * restart, the room asks them; an occupant that does not come back in time has left.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import { SERVICE, type Command } from '../../rooms/machine/commands.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import type { Session } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { isSelfPresence } from '../../xmpp/muc-user.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { Missed } from './missed.ts'
import { Verifying } from './verifying.ts'
import type { XmppFace } from './xmpp-face.ts'

export interface RoomDoubtsParts {
  readonly host: Host
  readonly rooms: Rooms
  readonly face: XmppFace
  /** What clients behind a lost link could not be told. */
  readonly missed: Missed
  /** The domains of rooms. */
  readonly domains: readonly string[]
  /** A pause that is over sooner is told to nobody. */
  readonly graceMs: Millis
  /** How long those behind a link that is down stay in their rooms (ROOM-138). */
  readonly linkKeepMs: Millis
  /** Does a job of very many steps, so that nobody else waits for long. */
  readonly inPortions: (job: Iterator<unknown>) => void
}

const CERTAIN: readonly Doubt[] = []
const PAUSED: readonly Doubt[] = ['connection-paused']
const BEHIND_LINK: readonly Doubt[] = ['server-unavailable']
/** How long the last presence of a session may take to its rooms. */
const LEFT_WITHIN_MS: Millis = 2_000
/** The least time from one announcement of a pause of a client to the next (ROOM-139). Links have the same (`LinkTimes.dampMs`). */
const DAMP_MS: Millis = 60_000
/** How many pauses are remembered for that. */
const PAUSES_MAX = 10_000
const READY_MS: Millis = 1000

export class RoomDoubts {
  readonly #parts: RoomDoubtsParts
  readonly #clock: Clock
  /** Sessions of ours that are away and not told of yet, by full JID. */
  readonly #graces = new Map<string, Timer>()
  /** Links that are down: when those behind them leave. By both domains. */
  readonly #down = new Map<string, Timer>()
  /** When a pause of a session was last announced, by full JID. */
  readonly #pausedAt = new BoundedMap<string, Millis>(PAUSES_MAX)
  /** Asks clients of other servers. */
  readonly verifying: Verifying

  constructor(parts: RoomDoubtsParts) {
    this.#parts = parts
    const { host, domains } = parts
    this.#clock = host.clock
    this.verifying = new Verifying({
      host,
      roomsOf: (who, local) => this.#roomsOf(who, local),
      confirmed: (who, local) => this.#confirmed(who, local),
      gone: (who, local) => this.#order(who, { do: 'lost', who }, local),
    })
    host.on('session-paused', ({ session }) => this.#paused(session))
    host.on('session-resumed', ({ session }) => this.#isBack(session.jid))
    host.on('session-ended', ({ session }) => this.#ended(session))
    host.on('policy-changed', ({ account }) => {
      for (const session of account.sessions) if (session.connection === null) this.#choice(session)
    })
    host.on('link-down', ({ local, remote }) => domains.includes(local) && this.#linkDown(local, remote))
    host.on('link-up', ({ local, remote }) => domains.includes(local) && this.#linkUp(local, remote))
    host.on('link-mended', ({ local, remote }) => domains.includes(local) && this.#verifyAll(local, remote))
  }

  /**
   * ROOM-84: after a start, when the occupants of before are restored. Clients of this server that are not back yet are away; clients of
   * other servers may be gone. The room asks them when the server is ready to connect to others.
   */
  begin(): void {
    const { host, rooms } = this.#parts
    for (const session of host.sessions.all()) if (session.connection === null) this.#paused(session)
    this.#clock.after(READY_MS, () => {
      this.#tellThoseOut(null, null)
      for (const { local, remote } of [...rooms.whereabouts.pairs()])
        if (!host.domains.includes(remote)) this.#verifyAll(local, remote)
    })
  }
  /**
   * A session leaves its rooms by the presence that it has sent them. After a crash it does not know all of them, because it was
   * in them later than it was written down.
   */
  #ended({ jid: who, account }: Session): void {
    this.#forget(who.full)
    if (!this.#parts.rooms.whereabouts.isIn(who.full)) return
    this.#clock.after(LEFT_WITHIN_MS, () => {
      if (account.session(who.resource) === undefined) this.#order(who, { do: 'lost', who }, null)
    })
  }
  /** PSA-35: users can keep from others that their client is away. */
  #paused({ jid: who, account }: Session): void {
    if (!this.#parts.rooms.whereabouts.isIn(who.full) || this.#graces.has(who.full)) return
    if (account.policy.sharePaused !== 'contacts') return
    const now = this.#clock.now()
    const damped = (this.#pausedAt.get(who.full) ?? -DAMP_MS) + DAMP_MS - now
    const timer = this.#clock.after(Math.max(this.#parts.graceMs, damped), () => {
      this.#graces.delete(who.full)
      this.#pausedAt.set(who.full, this.#clock.now())
      this.#doubt([who], PAUSED)
    })
    this.#graces.set(who.full, timer)
  }
  /** The user of a session that is away lets others know that, or not any more. */
  #choice(session: Session): void {
    if (session.account.policy.sharePaused === 'contacts') this.#paused(session)
    else this.#isBack(session.jid)
  }
  #isBack(who: Jid): void {
    this.#forget(who.full)
    this.#doubt([who], CERTAIN)
  }
  #forget(full: string): void {
    this.#graces.get(full)?.cancel()
    this.#graces.delete(full)
  }

  #linkDown(local: string, remote: string): void {
    const key = `${local} ${remote}`
    if (this.#down.has(key)) return
    this.#doubt(this.#sessionsAt(remote), BEHIND_LINK, local)
    const end = this.#clock.after(this.#parts.linkKeepMs, () => {
      for (const who of this.#sessionsAt(remote)) this.#order(who, { do: 'lost', who }, local)
    })
    this.#down.set(key, end)
  }
  #linkUp(local: string, remote: string): void {
    const key = `${local} ${remote}`
    this.#down.get(key)?.cancel()
    this.#down.delete(key)
  }
  #verifyAll(local: string, remote: string): void {
    this.#tellThoseOut(local, remote)
    const there = this.#sessionsAt(remote).filter((who) => this.#roomsOf(who, local).length > 0)
    this.verifying.verify(there, local, 'until it answers')
  }
  #confirmed(who: Jid, local: string): void {
    this.#doubt([who], CERTAIN, local)
    for (const address of this.#roomsOf(who, local)) this.#tellMissed(address, who)
  }
  /** It is told the present state, and what was said; a room in which nothing has happened says nothing. */
  #tellMissed(address: Jid, who: Jid): void {
    const { rooms, face, missed } = this.#parts
    const its = missed.take(address, who)
    if (its === null) return
    const told = rooms.inTurn(address, (room) => (room === null ? undefined : face.showMissed(room, its)))
    told.catch((error: unknown) => this.#failed(error, address))
  }
  /** Tells clients that were removed from a room while they could not be told. */
  #tellThoseOut(local: string | null, remote: string | null): void {
    const { rooms, missed, host } = this.#parts
    for (const { room, session, gone } of [...missed.between(local, remote)]) {
      if (rooms.whereabouts.roomsOf(session.full).includes(room.bare)) continue
      missed.take(room, session)
      for (const packet of gone.values()) if (isSelfPresence(packet)) host.router.routeQuietly(packet)
    }
  }

  /**
   * In portions: other rooms do not wait until many thousands are told (ROOM-139). Doubts that follow are told behind these, so that the
   * last word is the truth. @param local the domain of the rooms; null: all
   */
  #doubt(who: readonly Jid[], doubts: readonly Doubt[], local: string | null = null): void {
    this.#parts.inPortions(this.#doubtEach(who, doubts, local))
  }
  /** One step for each occupant of a room who may have been told. */
  *#doubtEach(who: readonly Jid[], doubts: readonly Doubt[], local: string | null): Generator<void, void> {
    for (const session of who)
      for (const address of this.#roomsOf(session, local)) {
        this.#orderIn(address, { do: 'doubt', who: [session], doubts })
        const told = this.#parts.rooms.held(address)?.occupants.size ?? 0
        for (let i = 0; i < told; i++) yield
      }
  }
  #order(who: Jid, command: Command, local: string | null): void {
    for (const address of this.#roomsOf(who, local)) this.#orderIn(address, command)
  }
  #orderIn(address: Jid, command: Command): void {
    const done = this.#parts.rooms.perform({ address, actor: SERVICE, command, create: null, answered: null })
    if (done instanceof Promise) done.catch((error: unknown) => this.#failed(error, address))
  }
  #failed(error: unknown, { bare }: Jid): void {
    this.#parts.host.log.error({ err: error, room: bare }, 'A doubt about an occupant could not be told')
  }
  #roomsOf(who: Jid, local: string | null): readonly Jid[] {
    const addresses = this.#parts.rooms.whereabouts.roomsOf(who.full).map(storedJid)
    return local === null ? addresses : addresses.filter(({ domain }) => domain === local)
  }
  #sessionsAt(remote: string): readonly Jid[] {
    return this.#parts.rooms.whereabouts.sessionsAt(remote).map(storedJid)
  }
}
