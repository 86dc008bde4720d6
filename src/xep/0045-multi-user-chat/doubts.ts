/**
 * Occupants of whom nobody knows whether they are still there (XEP-0310 4.3; ROOM-130 to 138). The client of a session of ours
 * has lost its connection, or the link to the server of an occupant is down. They stay in the room, annotated for those who
 * ask. After each loss of the link, and after a restart, they are asked; those who do not come back in time have left.
 */
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import { SERVICE, type Command } from '../../rooms/machine/commands.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import type { Session } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import { el, type Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { isSelfPresence } from '../../xmpp/muc-user.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { errorIn } from '../../xmpp/stanza-error.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { GONE } from './lost-sessions.ts'
import type { Missed } from './missed.ts'
import { DISCO_INFO } from './room-info.ts'
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
}

const CERTAIN: readonly Doubt[] = []
const PAUSED: readonly Doubt[] = ['connection-paused']
const BEHIND_LINK: readonly Doubt[] = ['server-unavailable']
/** How long the last presence of a session may take to its rooms. */
const LEFT_WITHIN_MS: Millis = 2_000
const PING = el('ping', 'urn:xmpp:ping')
const INFO = el('query', DISCO_INFO)
/** Questions to one domain in a second, after an outage. */
const ASKED_A_SECOND = 20
const ANSWER_WITHIN_MS: Millis = 60_000
const READY_MS: Millis = 1000

export class RoomDoubts {
  readonly #parts: RoomDoubtsParts
  readonly #clock: Clock
  /** Sessions of ours that are away and not told of yet, by full JID. */
  readonly #graces = new Map<string, Timer>()
  /** Links that are down: when those behind them leave. By both domains. */
  readonly #down = new Map<string, Timer>()
  /** Those who are being asked, each with the domain of rooms before it. */
  readonly #asked = new Set<string>()

  constructor(parts: RoomDoubtsParts) {
    this.#parts = parts
    const { host, domains } = parts
    this.#clock = host.clock
    host.on('session-paused', ({ session }) => this.#paused(session.jid))
    host.on('session-resumed', ({ session }) => this.#isBack(session.jid))
    host.on('session-ended', ({ session }) => this.#ended(session))
    host.on('link-down', ({ local, remote }) => domains.includes(local) && this.#linkDown(local, remote))
    host.on('link-up', ({ local, remote }) => domains.includes(local) && this.#linkUp(local, remote))
    host.on('link-mended', ({ local, remote }) => domains.includes(local) && this.#verifyAll(local, remote))
  }

  /**
   * ROOM-84: after a start, when those who were in rooms are known. Nobody has heard of the clients that are not back yet, and nobody
   * knows which clients elsewhere are there still. They are asked when the server is ready to connect to others.
   */
  begin(): void {
    const { host, rooms } = this.#parts
    for (const { jid, connection } of host.sessions.all()) if (connection === null) this.#paused(jid)
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
  #paused(who: Jid): void {
    if (!this.#parts.rooms.whereabouts.isIn(who.full) || this.#graces.has(who.full)) return
    const timer = this.#clock.after(this.#parts.graceMs, () => {
      this.#graces.delete(who.full)
      this.#doubt([who], PAUSED)
    })
    this.#graces.set(who.full, timer)
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
    for (const [i, who] of there.entries())
      this.#clock.after(Math.floor(i / ASKED_A_SECOND) * 1000, () => this.#verify(who, local))
  }
  /** ROOM-137: whoever answers is there. */
  #verify(who: Jid, local: string): void {
    const key = `${local} ${who.full}`
    if (this.#asked.has(key)) return
    this.#asked.add(key)
    this.#ask(who, local, PING, key)
  }
  #ask(who: Jid, local: string, question: Element, key: string): void {
    const room = this.#roomsOf(who, local)[0]
    if (room === undefined) return void this.#asked.delete(key)
    const answered = (answer: Packet | null): void => this.#answered(who, local, question, key, answer)
    this.#parts.host.ask(room, who, question, answered, ANSWER_WITHIN_MS)
  }
  /**
   * What a server says too is asked again, in a way that every client in a room can answer. While the link is lost the answer is one
   * of our own: they are asked when it is mended. A client that is silent is asked again.
   */
  #answered(who: Jid, local: string, question: Element, key: string, answer: Packet | null): void {
    const isUp = this.#parts.host.links.get(local, who.domain)?.state === 'up'
    const condition = answer === null ? '' : conditionOf(answer)
    if (isUp && answer === null) return this.#ask(who, local, PING, key)
    if (isUp && condition === UNCLEAR && question === PING) return this.#ask(who, local, INFO, key)
    this.#asked.delete(key)
    if (isUp && (condition === UNCLEAR || GONE.has(condition))) this.#order(who, { do: 'lost', who }, local)
    else if (isUp) this.#confirmed(who, local)
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
  /** Those who were put out while they could not be told. */
  #tellThoseOut(local: string | null, remote: string | null): void {
    const { rooms, missed, host } = this.#parts
    for (const { room, session, gone } of [...missed.between(local, remote)]) {
      if (rooms.whereabouts.roomsOf(session.full).includes(room.bare)) continue
      missed.take(room, session)
      for (const packet of gone.values()) if (isSelfPresence(packet)) host.router.routeQuietly(packet)
    }
  }

  /** @param local the domain of the rooms; null: all */
  #doubt(who: readonly Jid[], doubts: readonly Doubt[], local: string | null = null): void {
    for (const session of who) this.#order(session, { do: 'doubt', who: [session], doubts }, local)
  }
  #order(who: Jid, command: Command, local: string | null): void {
    for (const address of this.#roomsOf(who, local)) {
      const done = this.#parts.rooms.perform({ address, actor: SERVICE, command, create: null, answered: null })
      if (done instanceof Promise) done.catch((error: unknown) => this.#failed(error, address))
    }
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

const conditionOf = (answer: Packet): string => (answer.type === 'error' ? errorIn(answer).condition : '')
/** A server says this for a client that is gone (RFC 6121 8.5.3.2.3), and a client for a question that it does not know. */
const UNCLEAR = 'service-unavailable'
