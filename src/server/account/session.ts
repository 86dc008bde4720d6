/**
 * A bound resource (RFC 6120 section 7), as the server holds it. It has a connection or none: the connection can be lost and
 * replaced while the session continues.
 */
import type { Millis, Timer } from '../../base/clock.ts'
import { Serial } from '../../base/serial.ts'
import { Account, type Roster } from '../../im/account.ts'
import type { Element } from '../../xml/element.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Connection } from './connection.ts'
import type { Correspondents } from './correspondents.ts'
import { Endpoint } from './endpoint.ts'
import type { Ending } from './endings.ts'
import type { Lane } from './lane.ts'
import { Room } from './room.ts'
import type { Slot } from './slots.ts'
import type { Disabled } from '../../sasl/disabled.ts'
import type { Sign } from './sign.ts'

/** A stanza that no stage can process: its `to` is not an address, or it exceeds a limit of the scanner. */
export class Refused {
  /** The error to reply with; null if the stanza must not be answered. */
  readonly reply: Packet | null
  /** The size of the stanza. */
  readonly octets: number

  constructor(reply: Packet | null, octets: number) {
    this.reply = reply
    this.octets = octets
  }
}

/** What waits in a session's lane: stanzas, other first-level elements, and finally its ending. */
export type LaneItem = Packet | Refused | Element | Ending

/** What the server does with stanzas from and to a session. */
export interface SessionWays {
  /** The lane for what its client sends. */
  lane(session: Session): Lane<LaneItem>
  /** The session has its slots: chooses the stages for it that are not for every session. */
  admit(session: Session): void
  /** Passes a stanza through the stages `toSession`, whatever its address says. */
  deliver(session: Session, packet: Packet): void
  end(session: Session, ending: Ending): void
}

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

/** That a session has no connection and waits for its client. */
export interface Pause {
  /** Ends the session when the wait is over. */
  readonly timer: Timer
  readonly until: Millis
  /** When the session lost its connection; unknown for a relic, which counts from the start of the server. */
  readonly since: Millis
}

/** The parts of a new session. */
export interface SessionStart {
  readonly account: LocalAccount
  readonly resource: string
  readonly boundAt: Millis
  readonly lang: Wire | null
  readonly connection: Connection | null
  readonly device: string | null
}

export class Session extends Endpoint<LocalAccount> {
  readonly account: LocalAccount
  readonly boundAt: Millis
  /** The language of the stream header: added to stanzas that name none (RFC 6120 8.1.5). */
  lang: Wire | null
  /** The id of the client's installation, as the client names it (XEP-0388 2.3); null if it names none. */
  readonly device: string | null
  connection: Connection | null
  /** What the client has sent and that waits to be processed, in order. */
  readonly lane: Lane<LaneItem>
  /** Whether its client keeps up with reading. */
  readonly room: Room
  /** The addresses outside the roster to which the client has recently written; null if none. */
  correspondents: Correspondents | null
  /** Stanzas of the client that are done: delivered, stored, answered or refused. */
  handled: number
  /** How long it may exist without a connection; 0 for not at all. */
  resumableMs: Millis
  /** The session waits for its client to come back; null if it does not wait. */
  pause: Pause | null
  ended: boolean
  /** The stages that not every session passes and this one does: see `pipeline/stage-book.ts`. */
  optionalStages: number
  /** The last sign of life of its client, and its time. The connection may know of a later one: `heardAt`. */
  sign: Sign
  signAt: Millis
  /** When its client last did something of its own: a stanza that is no answer, or coming back. */
  actedAt: Millis
  readonly #ways: SessionWays
  #slots: unknown[]
  /** When something last arrived on the lost connection. */
  #heardBefore: Millis

  constructor({ account, resource, boundAt, lang, connection, device }: SessionStart, ways: SessionWays) {
    super(account.bare.withResource(resource))
    this.account = account
    this.boundAt = boundAt
    this.lang = lang
    this.connection = connection
    this.device = device
    this.#ways = ways
    this.lane = ways.lane(this)
    this.room = new Room(this)
    this.correspondents = null
    this.handled = 0
    this.resumableMs = 0
    this.pause = null
    this.ended = false
    this.optionalStages = 0
    this.sign = 'binding'
    this.signAt = boundAt
    this.actedAt = boundAt
    this.#slots = []
    this.#heardBefore = boundAt
  }
  take(packet: Packet): void {
    this.#ways.deliver(this, packet)
  }
  end(ending: Ending): void {
    this.#ways.end(this, ending)
  }
  /** When anything was last received from its client. */
  get heardAt(): Millis {
    return this.connection?.heardAt ?? this.#heardBefore
  }
  /** It has no connection, or its client announced a silence. */
  get isAway(): boolean {
    return this.connection === null || this.connection.isSilent
  }
  /** Something complete arrived from its client. */
  heard(sign: Sign): void {
    this.sign = sign
    this.signAt = this.heardAt
    if (sign === 'stanza' || sign === 'resumption') this.actedAt = this.signAt
  }
  /** Its connection is lost. */
  disconnect(): void {
    this.#heardBefore = this.heardAt
    this.connection = null
    this.room.changed()
  }
  /** Gives the session its slots. Called once, when it is bound. */
  furnish(slots: unknown[]): void {
    this.#slots = slots
  }
  get<T>(slot: Slot<Session, T>): T {
    return this.#slots[slot.index] as T
  }
  set<T>(slot: Slot<Session, T>, value: T): void {
    this.#slots[slot.index] = value
  }
}

const NO_SESSIONS: readonly Session[] = []

/** The estimated memory of an account in addition to its roster. */
const ACCOUNT_OCTETS = 2000

/** What a local account has bound. */
export type LocalEndpoint = Endpoint<LocalAccount>

export class LocalAccount extends Account<LocalEndpoint> {
  /** Roster changes, one at a time: each is decided on the result of the previous one. */
  readonly serial: Serial
  /** The account is disabled; null if it can be used. */
  disabled: Disabled | null
  /** By bare JID of the sender: the end of the sender's last stanza that had to wait. Null if there is none. */
  arriving: Map<string, Promise<void>> | null
  /** The estimated memory of what features keep with the account, in octets. */
  besideOctets: number
  /** The stages that not every account has and this one does: see `pipeline/stage-book.ts`. */
  optionalStages: number
  /** The endpoints that are sessions. Each change makes a new list, so that a loop over the old one sees no change. */
  #sessions: readonly Session[]
  #slots: unknown[]

  constructor(bare: Jid, roster: Roster) {
    super(bare, roster)
    this.serial = new Serial()
    this.disabled = null
    this.arriving = null
    this.besideOctets = 0
    this.optionalStages = 0
    this.#sessions = NO_SESSIONS
    this.#slots = []
  }
  /** Later stanzas from `sender` wait until `done` has ended, with or without an error. Returns `done`. */
  arrives(sender: string, done: Promise<void>): Promise<void> {
    const over = (): void => {
      if (this.arriving?.get(sender) !== ended) return
      this.arriving.delete(sender)
      if (this.arriving.size === 0) this.arriving = null
    }
    const ended: Promise<void> = done.then(over, over)
    ;(this.arriving ??= new Map()).set(sender, ended)
    return done
  }
  /** The estimated memory of the account. */
  get octets(): number {
    return ACCOUNT_OCTETS + this.roster.octets + this.roster.pendingOctets + this.besideOctets
  }
  furnish(slots: unknown[]): void {
    this.#slots = slots
  }
  get<T>(slot: Slot<LocalAccount, T>): T {
    return this.#slots[slot.index] as T
  }
  set<T>(slot: Slot<LocalAccount, T>, value: T): void {
    this.#slots[slot.index] = value
  }
  /** Binds the endpoint. */
  bind(endpoint: LocalEndpoint): void {
    this.resources.push(endpoint)
    if (endpoint instanceof Session) this.#sessions = [...this.#sessions, endpoint]
  }
  /** Unbinds the endpoint. */
  unbind(endpoint: LocalEndpoint): void {
    const place = this.resources.indexOf(endpoint)
    if (place === -1) return
    this.resources.splice(place, 1)
    if (endpoint instanceof Session) this.#sessions = this.#sessions.filter((one) => one !== endpoint)
  }
  /** The endpoints that are sessions, in the order of binding. */
  get sessions(): readonly Session[] {
    return this.#sessions
  }
  endpoint(resource: string): LocalEndpoint | undefined {
    for (const e of this.resources) if (e.jid.resource === resource) return e
    return undefined
  }
  session(resource: string): Session | undefined {
    for (const s of this.#sessions) if (s.jid.resource === resource) return s
    return undefined
  }
}
