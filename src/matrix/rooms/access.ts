/** Which rooms a user may use, and what a room does for them. Whether they may do it the room decides, as for XMPP (MXR-45). */
import type { Outcome, ServedRooms } from '../../rooms/rooms.ts'
import type { Command } from '../../rooms/machine/commands.ts'
import type { Transaction } from '../../rooms/machine/drafts.ts'
import { isLasting } from '../../rooms/machine/members.ts'
import type { Room, Seq } from '../../rooms/machine/room.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { forbidden, invalidParam } from '../http/errors.ts'
import type { DirectRooms } from '../direct/direct-rooms.ts'
import { aliasOf, type RoomDomains } from '../ids/alias.ts'
import { roomIdOf, roomOfId } from '../ids/room-id.ts'
import { isVeiledId, jidOfUserId, serverName, userIdOf, type UserIdSpace } from '../ids/user-id.ts'
import type { AwakeRoom } from './awake-room.ts'
import { isOpen } from './open-rooms.ts'
import { lastingMembership } from './memberships.ts'
import type { MatrixRooms } from './matrix-rooms.ts'
import { Names } from './names.ts'
import { refusedBy } from './refusals.ts'

export interface AccessParts {
  readonly served: ServedRooms
  readonly face: MatrixRooms
  readonly ids: UserIdSpace
  readonly domains: RoomDomains
  readonly secret: Uint8Array
  /** The conversations of two. */
  readonly direct: () => DirectRooms
}
/** What of a room somebody may read: the log behind one place, and up to another one. */
export interface Readable {
  readonly awake: AwakeRoom
  readonly after: Seq
  readonly upTo: Seq
  /** If not, they do not see what the room is like now. */
  readonly isJoined: boolean
}

/** The same for a room that is not there and for one that is not theirs: nobody learns which rooms there are. */
const notYours = () => forbidden('You are not in this room')

export class Access {
  readonly #parts: AccessParts

  constructor(parts: AccessParts) {
    this.#parts = parts
  }
  /** The room of that id, or conversation of the user, if it is awake. */
  heldRoom(id: string, user: Jid): AwakeRoom | null {
    const found = roomOfId(this.#parts.secret, id)
    return found === null ? this.#parts.direct().held(id, user) : this.#parts.face.held(found.uid)
  }
  /** The room of that id, or conversation of the user; null: there is none. */
  async room(id: string, user: Jid): Promise<AwakeRoom | null> {
    const { secret, face, served, direct } = this.#parts
    const found = roomOfId(secret, id)
    if (found === null) return direct().find(id, user)
    const held = face.held(found.uid)
    if (held !== null) return held
    const address = await served.store.addressOf(found.uid)
    return address === null ? null : face.awake(found.uid, address)
  }
  get direct(): DirectRooms {
    return this.#parts.direct()
  }
  /** The id of the room at that address, which may be closed to Matrix; null: there is none. */
  async idAt(address: Jid): Promise<string | null> {
    const room = await this.#parts.served.rooms.find(address)
    return room === null ? null : this.roomIdOf(room)
  }
  /** One more room can be used after this. @throws MatrixError M_LIMIT_EXCEEDED */
  makeRoom(): void {
    this.#parts.face.makeRoom()
  }
  async at(address: Jid): Promise<AwakeRoom | null> {
    const room = await this.#parts.served.rooms.find(address)
    return room === null ? null : this.#parts.face.awake(room.uid, address)
  }
  /** A room that the user belongs to. @throws MatrixError */
  async joined(id: string, user: Jid): Promise<AwakeRoom> {
    const awake = await this.room(id, user)
    if (awake === null || !isLasting(awake.room.members.get(user.bare)) || !isOpen(awake.room)) throw notYours()
    return awake
  }
  /** A room that the user belongs to, or belonged to: up to the moment at which they left it (MXR-57). @throws MatrixError */
  async readable(id: string, user: Jid): Promise<Readable> {
    const awake = await this.room(id, user)
    const member = awake?.room.members.get(user.bare)
    const membership = member === undefined ? null : lastingMembership(member)
    if (awake === null || membership === null || !isOpen(awake.room)) throw notYours()
    const after = awake.floorFor(user.bare)
    if (membership === 'join') return { awake, after, upTo: awake.room.lastSeq, isJoined: true }
    const part = awake.parts.get(user.bare)
    if (part === undefined) throw notYours()
    return { awake, after: Math.min(after, part.seq), upTo: part.seq, isJoined: false }
  }
  /** @returns why the room refuses; null: it is done */
  async attempt(
    { backing }: Pick<AwakeRoom, 'backing'>,
    user: Jid,
    command: Command,
    transaction: Transaction | null = null,
  ): Promise<Outcome> {
    return backing.attempt(user, command, transaction)
  }
  /** @throws MatrixError the room refuses */
  async perform(awake: AwakeRoom, user: Jid, command: Command, transaction: Transaction | null = null): Promise<void> {
    const refusal = await this.attempt(awake, user, command, transaction)
    if (refusal !== null) throw refusedBy(refusal)
  }
  /** The person that an id in a request stands for. @throws MatrixError */
  person(id: string): Jid {
    const jid = jidOfUserId(id, this.#parts.ids)
    if (jid === null) throw invalidParam('This is no user id of this server')
    return jid
  }
  /**
   * The same of somebody in a room, where people may have ids of their own. Who may not know addresses is told nothing of whom an
   * address stands for there.
   * @throws MatrixError
   */
  personIn(awake: AwakeRoom, id: string, user: Jid): Jid {
    const bare = awake.names.bareOf(id)
    if (bare === null) throw invalidParam('This is no user id of this server, or of nobody whom the room knows')
    const { isVeiled, seesAddresses } = awake.sightOf(user.bare)
    if (isVeiled && bare !== user.bare && !isVeiledId(id) && !seesAddresses) throw refusedBy({ refuse: 'rank' })
    return storedJid(bare)
  }
  /** The person that is to be invited: whom an address stands for in the room is no matter of that. @throws MatrixError */
  invitee(awake: AwakeRoom, id: string): Jid {
    const bare = isVeiledId(id) ? awake.names.bareOf(id) : null
    return bare === null ? this.person(id) : storedJid(bare)
  }
  idOf(bare: string): string {
    return userIdOf(storedJid(bare), this.#parts.ids)
  }
  roomIdOf({ uid, address }: Room): string {
    const { secret, domains } = this.#parts
    return roomIdOf(secret, uid, serverName(domains.accountsAt(address.domain)))
  }
  /** @param creator bare JID */
  namesOf(room: Room, creator: string): Names {
    const { ids, domains } = this.#parts
    const domain = domains.accountsAt(room.address.domain)
    return new Names({ room, roomId: this.roomIdOf(room), alias: aliasOf(room.address, domains), creator, domain, ids })
  }
}
