/**
 * A bound resource (RFC 6120 section 7) as the server holds it. It knows its connection, or none: what
 * carries the stanzas can be lost and replaced while the session lives on.
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

/** A stanza that no stage can process: its `to` is no address, or it goes past a limit of the scanner's. */
export class Refused {
  /** Null: it is none that is answered. */
  readonly reply: Packet | null
  /** Of the stanza. */
  readonly octets: number

  constructor(reply: Packet | null, octets: number) {
    this.reply = reply
    this.octets = octets
  }
}

/**
 * By the bare JID of the contact, what it has said that the session was not told: of each resource the last word, without its
 * content; null: of too many.
 */
export type UntoldOfSession = Map<string, Map<string, Packet> | null>

/** What waits in a session's lane: stanzas, other first-level elements, and at last how it ends. */
export type LaneItem = Packet | Refused | Element | Ending

/** What the server does with what passes through a session, each way. */
export interface SessionWays {
  /** For what its client sends. */
  lane(session: Session): Lane<LaneItem>
  /** Passes a stanza through the stages `toSession`, whatever its address says. */
  deliver(session: Session, packet: Packet): void
}

/** How a session begins. */
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
  /** What the stream's header named as its language: added to stanzas that name none (RFC 6120 8.1.5). */
  lang: Wire | null
  /** Which installation of a client it belongs to, as that names itself (XEP-0388 2.3); null: it does not. */
  readonly device: string | null
  connection: Connection | null
  /** What the client has sent and waits to be processed, in order. */
  readonly lane: Lane<LaneItem>
  /** Has its client kept up with what it was sent? */
  readonly room: Room
  /** To whom its client has last written of those who are not in the roster; null: to nobody. */
  correspondents: Correspondents | null
  /** Whose presence it has had no room for and is to be told later; null: nobody's. */
  untold: UntoldOfSession | null
  /** Its client acknowledges what it gets (XEP-0198). */
  acknowledges: boolean
  /** Octets of answers to its client's requests, since those were last waited for. */
  answered: number
  /** Stanzas of the client that are done: delivered, stored, answered or refused. */
  handled: number
  /** How long it may live without a connection; 0: not at all. */
  resumableMs: Millis
  /** Runs while it waits for its client to come back; null: it does not. */
  pause: Timer | null
  /** When that ends; 0: it does not wait. */
  pausedUntil: Millis
  /** Its client has announced that it will not be heard of for a while; it has a connection. */
  isSilent: boolean
  /**
   * Of before the server died, when its client was connected: nobody can resume it, for what its client has got is not
   * known; it stands for its presence until the client has logged in anew.
   */
  isRelic: boolean
  /** What contacts still take for its presence, from a relic of the same address; null: nothing. */
  owed: Packet | null
  ended: boolean
  /** How its client was last heard of, and when; when the connection brought more than that: `heardAt`. */
  sign: Sign
  signAt: Millis
  readonly #ways: SessionWays
  #slots: unknown[]
  /** Of the connection that is lost. */
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
    this.untold = null
    this.acknowledges = false
    this.answered = 0
    this.handled = 0
    this.resumableMs = 0
    this.pause = null
    this.pausedUntil = 0
    this.isSilent = false
    this.isRelic = false
    this.owed = null
    this.ended = false
    this.sign = 'binding'
    this.signAt = boundAt
    this.#slots = []
    this.#heardBefore = boundAt
  }
  take(packet: Packet): void {
    this.#ways.deliver(this, packet)
  }
  /** When anything was last received from its client. */
  get heardAt(): Millis {
    return this.connection?.heardAt ?? this.#heardBefore
  }
  /** Something complete has come from its client. */
  heard(sign: Sign): void {
    this.sign = sign
    this.signAt = this.heardAt
  }
  /** Its connection is gone. */
  disconnect(): void {
    this.#heardBefore = this.heardAt
    this.connection = null
    this.room.changed()
  }
  /** Gives the session its slots; once, when it is bound. */
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

/** What an account takes up beside its roster, about. */
const ACCOUNT_OCTETS = 2000

/** What a local account has bound. */
export type LocalEndpoint = Endpoint<LocalAccount>

export class LocalAccount extends Account<LocalEndpoint> {
  /** Changes of the roster, one at a time: each is decided on what the one before it left. */
  readonly serial: Serial
  /** Nobody may use it; null: it may be used. */
  disabled: Disabled | null
  /** By bare JID of the sender: the end of the last stanza of his that had to wait. Null: none. */
  arriving: Map<string, Promise<void>> | null
  /** What features keep with it, in octets, about. */
  besideOctets: number
  /** Those of its endpoints that are sessions. Another list after each change: a loop over one sees no change. */
  #sessions: readonly Session[]
  #slots: unknown[]

  constructor(bare: Jid, roster: Roster) {
    super(bare, roster)
    this.serial = new Serial()
    this.disabled = null
    this.arriving = null
    this.besideOctets = 0
    this.#sessions = NO_SESSIONS
    this.#slots = []
  }
  /** Whatever else comes from `sender` waits until `done` has ended, however it ends. Gives back `done`. */
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
  /** What it takes up in memory, about. */
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
  /** The endpoint is bound from now on. */
  bind(endpoint: LocalEndpoint): void {
    this.resources.push(endpoint)
    if (endpoint instanceof Session) this.#sessions = [...this.#sessions, endpoint]
  }
  /** It is bound no more. */
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
  session(resource: string): Session | undefined {
    for (const s of this.#sessions) if (s.jid.resource === resource) return s
    return undefined
  }
}
