/**
 * A decision while it is made: the room as it will be, what the log gets and what is told. Nothing has happened before it is
 * committed; a plan that is refused is dropped.
 */
import type { Actor, Circumstances } from './commands.ts'
import type { Draft, DraftBody, Replacement } from './drafts.ts'
import { Layered } from './tables.ts'
import type { Affiliation, Role } from './affiliation.ts'
import { putMember, putOccupant, type Member, type Occupant, type Room, type RoomFacts, type Tables } from './room.ts'
import type { Cause, Tell } from './tells.ts'

export class Plan implements Tables {
  readonly room: Room
  readonly circumstances: Circumstances
  readonly members: Layered<string, Member>
  readonly occupants: Layered<string, Occupant>
  readonly nicksOf: Layered<string, readonly string[]>
  readonly nicksInUse: Layered<string, string>
  readonly nicksReserved: Layered<string, string>
  readonly nickOfSession: Layered<string, string>
  facts: RoomFacts
  /** The card that the room has from now on; '' for none, null: it stays. */
  card: string | null = null
  /** As in the room. */
  arrivals: number
  readonly entries: Draft[] = []
  /** What entries from before are replaced by. */
  readonly replacements: Replacement[] = []
  readonly tells: Tell[] = []
  /** Of the room that it was made from. */
  readonly #version: number

  constructor(room: Room, circumstances: Circumstances) {
    this.room = room
    this.circumstances = circumstances
    this.members = new Layered(room.members)
    this.occupants = new Layered(room.occupants)
    this.nicksOf = new Layered(room.nicksOf)
    this.nicksInUse = new Layered(room.nicksInUse)
    this.nicksReserved = new Layered(room.nicksReserved)
    this.nickOfSession = new Layered(room.nickOfSession)
    this.facts = room.facts
    this.arrivals = room.arrivals
    this.#version = room.version
  }

  /** Is there anything that has to be on disk before it is told? */
  get isDurable(): boolean {
    return this.entries.length > 0 || this.members.changes.size > 0 || this.facts !== this.room.facts
  }
  /** Does the room in memory change? */
  get isChange(): boolean {
    const { members, occupants } = this
    return members.changes.size > 0 || occupants.changes.size > 0 || this.facts !== this.room.facts
  }

  /** Stores the member, or removes it if it says nothing. */
  setMember(member: Member): void {
    putMember(this, member.jid, isNothing(member) ? null : member)
  }
  setOccupant(occupant: Occupant): void {
    putOccupant(this, occupant.nick, occupant)
  }
  removeOccupant({ nick }: Occupant): void {
    putOccupant(this, nick, null)
  }
  /** @returns the index of the entry, for tells */
  log(actor: Actor, body: DraftBody): number {
    const { jid, session, transaction } = actor
    const base = {
      at: this.circumstances.now,
      by: jid,
      byFull: session?.full ?? null,
      nick: this.nickOf(actor) ?? nickIn(this.room, actor) ?? this.#reservedBy(actor),
      veiled: this.facts.config.whois === 'moderators',
      transaction,
    }
    return this.entries.push({ ...base, ...body }) - 1
  }
  /** The nickname that an actor is in the room with. */
  nickOf(actor: Actor): string | null {
    return nickIn(this, actor)
  }
  /** Of a lasting member who speaks and is in the room with no session. */
  #reservedBy({ jid }: Actor): string | null {
    const member = jid === null ? undefined : this.members.get(jid)
    return member?.standing?.lasting === true && member.standing.is === 'joined' ? member.nick : null
  }
  cause(actor: Actor, reason: string): Cause {
    return { by: actor.jid, nick: this.nickOf(actor), reason }
  }
  affiliationOf(bare: string): Affiliation {
    return affiliationIn(this, bare)
  }
  /** The occupants of a person. */
  occupantsOf(bare: string): readonly Occupant[] {
    return (this.nicksOf.get(bare) ?? []).map((nick) => this.occupants.get(nick)!)
  }
  /** The role that an actor acts with: that of the occupant, or of a lasting member who is absent; null: none. */
  roleOf(actor: Actor): Role | null {
    const nick = this.nickOf(actor)
    if (nick !== null) return this.occupants.get(nick)!.role
    const member = actor.jid === null ? undefined : this.members.get(actor.jid)
    const isLasting = member?.standing?.lasting === true && member.standing.is === 'joined'
    return isLasting ? (member.role ?? roleFor(this.facts, member.affiliation)) : null
  }

  /** Makes the room what was decided. @throws Error the room has changed since */
  commit(): void {
    const { room } = this
    if (room.version !== this.#version) throw new Error(`Room ${room.uid} has changed since the decision`)
    if (!this.isChange) return
    for (const table of [this.members, this.occupants, this.nicksOf, this.nicksInUse, this.nicksReserved, this.nickOfSession])
      table.commit()
    room.facts = this.facts
    room.arrivals = this.arrivals
    room.version += 1
  }
}

function nickIn({ nickOfSession, nicksOf }: Tables, { jid, session }: Actor): string | null {
  const ofSession = session === null ? undefined : nickOfSession.get(session.full)
  return ofSession ?? (jid === null ? null : (nicksOf.get(jid)?.[0] ?? null))
}

/** XEP-0045 9.2: what is said of the person counts before what is said of the domain. */
export function affiliationIn(tables: Pick<Tables, 'members'>, bare: string): Affiliation {
  const own = tables.members.get(bare)?.affiliation ?? 'none'
  if (own !== 'none') return own
  const domain = bare.slice(bare.indexOf('@') + 1)
  return tables.members.get(domain)?.affiliation === 'outcast' ? 'outcast' : 'none'
}

/** XEP-0045 5.1.2: the role that goes with an affiliation. */
export function roleFor({ config }: RoomFacts, affiliation: Affiliation): Role {
  if (affiliation === 'owner' || affiliation === 'admin') return 'moderator'
  return config.moderated && affiliation === 'none' ? 'visitor' : 'participant'
}

export const strangerOf = (jid: string): Member => ({
  jid,
  affiliation: 'none',
  nick: null,
  role: null,
  standing: null,
  registered: false,
  byRegistration: false,
  reason: '',
  hats: [],
})

const isNothing = ({ affiliation, nick, role, standing, registered, hats }: Member): boolean =>
  affiliation === 'none' && nick === null && role === null && standing === null && !registered && hats.length === 0
