/**
 * A room as its machine knows it: who belongs to it, who is in it, and how it is configured. Records never change and are
 * replaced; so what a face has made of an occupant holds as long as the record is the same.
 *
 * A *member* is what is kept of a person (bare JID) or of a domain: affiliation, reserved nickname, standing. An *occupant* is a
 * nickname with the sessions of one person behind it. A session is an endpoint somewhere: a client of XMPP, or another kind.
 */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Payload } from '../../xmpp/packet.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import type { Affiliation, Role } from './affiliation.ts'
import type { RoomConfig } from './config.ts'
import { nickKeys } from './nicks.ts'
import type { Table } from './tables.ts'

/** A position in the log of the room. */
export type Seq = number

/** A title that people wear in a room (XEP-0317). */
export interface Hat {
  readonly uri: string
  readonly title: string
  /** An angle (XEP-0392), as it was given; '' for none. */
  readonly hue: string
}

/**
 * How somebody belongs to the room. *Lasting*: it was said (a join on another face, an invitation, a registration), is in the
 * log, and holds until it is taken back. Otherwise it is a visit: an occupant who walked in, remembered for a while.
 */
export interface Standing {
  readonly is: 'joined' | 'invited' | 'knocked' | 'left'
  readonly lasting: boolean
  /** The bare JID of whoever has caused it; null: the person. */
  readonly by: string | null
  /** Of a visit that is over: when it is forgotten. */
  readonly until: Millis | null
}

export interface Member {
  /** Bare JID; of an outcast also a domain. */
  readonly jid: string
  readonly affiliation: Affiliation
  /** Reserved for this person. */
  readonly nick: string | null
  /** Null: the one that goes with the affiliation. */
  readonly role: Role | null
  readonly standing: Standing | null
  /** The nickname was registered by the person (XEP-0045 7.10). */
  readonly registered: boolean
  /** The affiliation came with the registration and goes with it. */
  readonly byRegistration: boolean
  /** Why the affiliation was given; '' for nothing. */
  readonly reason: string
  /** The URIs of the hats that the person wears, each of them one of the room. */
  readonly hats: readonly string[]
}

/** The presence of one session, as its face wants others to see it. */
export interface PresenceFacts {
  /** Without what only the room may say. */
  readonly payload: Payload
  readonly lang: Wire | null
  readonly priority: number
}

export interface OccupantSession {
  /** The real full address. */
  readonly jid: Jid
  /** The face that serves it, such as `xmpp`. */
  readonly face: string
  readonly presence: PresenceFacts
  /** It wants to be told of doubts (XEP-0310). */
  readonly wantsDoubts: boolean
  /** Why it may be gone; empty: nothing speaks for it. */
  readonly doubts: readonly Doubt[]
  /** Of its last presence. */
  readonly at: Millis
}

export interface Occupant {
  readonly nick: string
  /** The real bare address. */
  readonly bare: string
  /** XEP-0421: the same for all nicknames of a person in this room. */
  readonly id: string
  /** A number that grows with each occupant who comes. Another nickname does not change it. */
  readonly arrival: number
  /** They have said something: a quiet room shows them to everybody. */
  readonly isHeard: boolean
  readonly affiliation: Affiliation
  readonly role: Role
  readonly hats: readonly Hat[]
  /** One or more, in the order in which they came. */
  readonly sessions: readonly OccupantSession[]
  /** The session whose presence others see. */
  readonly effective: OccupantSession
  /** Why all sessions may be gone; empty: at least one is not doubted. */
  readonly doubts: readonly Doubt[]
}

export interface Subject {
  /** The elements of the message that are the subject, in each language. */
  readonly payload: Payload
  /** The bare JID of its author. */
  readonly by: string
  /** Their nickname then; null: the room itself. */
  readonly nick: string | null
  readonly at: Millis
}

/** How a room has ended. */
export interface Ended {
  readonly why: 'destroyed' | 'empty' | 'given up'
  /** The address of a room to go to; '' for none. */
  readonly alternate: string
  readonly reason: string
}

/** What a room is as a whole. */
export interface RoomFacts {
  readonly config: RoomConfig
  readonly subject: Subject | null
  /** Hashes of the pictures in its card. */
  readonly pictures: readonly string[]
  /** In the order in which they were made. */
  readonly hats: readonly Hat[]
  /** Until its creator (a bare JID) has configured the room, nobody else may enter. */
  readonly lockedFor: { readonly owner: string; readonly since: Millis } | null
  /** Null: it is there. */
  readonly ended: Ended | null
  /**
   * The room is quiet (`quiet.ts`): the first `arrival` since then. Null: it is not. It goes with who is there, and is not kept
   * with the room.
   */
  readonly quietFrom: number | null
}

/** All that a decision may read of a room. */
export interface Tables {
  /** By bare JID. */
  readonly members: Table<string, Member>
  /** By nickname. */
  readonly occupants: Table<string, Occupant>
  /** The nicknames that a person is in the room with, by bare JID. */
  readonly nicksOf: Table<string, readonly string[]>
  /** The nicknames that are in use, by their keys. */
  readonly nicksInUse: Table<string, string>
  /** The bare JIDs that nicknames are reserved for, by the keys of the nicknames. */
  readonly nicksReserved: Table<string, string>
  /** The nickname of a session, by the real full address. */
  readonly nickOfSession: Table<string, string>
}

/** What a room is made from. */
export interface RoomOrigin {
  /** Made with the room and never given again. What belongs to the room is kept under it, not under the address. */
  readonly uid: string
  readonly address: Jid
  readonly createdAt: Millis
  /** Key of the occupant ids: never changed. */
  readonly secret: Uint8Array
}

export class Room implements Tables {
  readonly uid: string
  readonly address: Jid
  readonly createdAt: Millis
  readonly secret: Uint8Array
  readonly members = new Map<string, Member>()
  readonly occupants = new Map<string, Occupant>()
  readonly nicksOf = new Map<string, readonly string[]>()
  readonly nicksInUse = new Map<string, string>()
  readonly nicksReserved = new Map<string, string>()
  readonly nickOfSession = new Map<string, string>()
  facts: RoomFacts
  /** Grows with each change of what is in memory. */
  version = 0
  /** The `arrival` of the newest occupant; 0: nobody has come. */
  arrivals = 0
  /** The position of the newest change of an affiliation; 0: there was none. */
  affiliationsAt: Seq = 0
  /** The same before the last decision that changed one. */
  affiliationsWere: Seq = 0
  /** The newest position in the log; 0: nothing was logged. */
  lastSeq: Seq = 0

  constructor({ uid, address, createdAt, secret }: RoomOrigin, facts: RoomFacts) {
    this.uid = uid
    this.address = address
    this.createdAt = createdAt
    this.secret = secret
    this.facts = facts
  }
}

/** Sets what is kept of a person, or forgets it, and keeps the index in step. */
export function putMember(tables: Tables, jid: string, member: Member | null): void {
  const before = tables.members.get(jid)
  if (before !== undefined && before.nick !== null && before.nick !== member?.nick)
    for (const key of nickKeys(before.nick)) tables.nicksReserved.delete(key)
  if (member === null) {
    tables.members.delete(jid)
    return
  }
  tables.members.set(jid, member)
  if (member.nick !== null) for (const key of nickKeys(member.nick)) tables.nicksReserved.set(key, jid)
}

/** Sets the occupant of that nickname, or removes it, and keeps the indexes in step. */
export function putOccupant(tables: Tables, nick: string, occupant: Occupant | null): void {
  const before = tables.occupants.get(nick)
  if (before !== undefined && occupant === null) forgetNick(tables, before)
  if (before !== undefined)
    for (const { jid } of before.sessions) if (!holds(occupant, jid)) tables.nickOfSession.delete(jid.full)
  if (occupant === null) {
    tables.occupants.delete(nick)
    return
  }
  tables.occupants.set(nick, occupant)
  for (const { jid } of occupant.sessions) if (!holds(before ?? null, jid)) tables.nickOfSession.set(jid.full, nick)
  if (before !== undefined) return
  for (const key of nickKeys(nick)) tables.nicksInUse.set(key, nick)
  tables.nicksOf.set(occupant.bare, [...(tables.nicksOf.get(occupant.bare) ?? []), nick])
}
function forgetNick(tables: Tables, { nick, bare }: Occupant): void {
  for (const key of nickKeys(nick)) tables.nicksInUse.delete(key)
  const others = tables.nicksOf.get(bare)!.filter((other) => other !== nick)
  if (others.length === 0) tables.nicksOf.delete(bare)
  else tables.nicksOf.set(bare, others)
}
const holds = (occupant: Occupant | null, { full }: Jid): boolean =>
  occupant?.sessions.some(({ jid }) => jid.full === full) === true

/** The occupant behind which the session of that real full address is. */
export const occupantOfSession = (tables: Tables, full: string): Occupant | undefined => {
  const nick = tables.nickOfSession.get(full)
  return nick === undefined ? undefined : tables.occupants.get(nick)
}
