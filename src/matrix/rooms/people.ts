/** In which rooms people are, are invited, or were, as far as somebody has asked lately. It follows the logs of the rooms. */
import type { Millis } from '../../base/clock.ts'
import type { RoomStore } from '../../rooms/store.ts'
import type { Entry } from '../../rooms/log.ts'
import type { Room } from '../../rooms/machine/room.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { lastingMembership } from './memberships.ts'
import type { MatrixRoomStore } from './store.ts'

/** The rooms of one person. */
export interface Belongings {
  /** By the `uid` of the room: its address. Rooms with which the person has nothing to do any more may be among them. */
  readonly rooms: Map<string, Jid>
  /** The `uid` of those to which the person belongs. */
  readonly joined: Set<string>
  /**
   * The `uid` of those that they have left or are banned from, with the number in the stream of what the log last said of them; null:
   * it was not looked up.
   */
  readonly left: Map<string, number | null>
  /** The `uid` of rooms that they do not want to hear of. */
  readonly forgotten: Set<string>
}
type Known = Belongings & { usedAt: Millis }

export interface PeopleParts {
  readonly rooms: RoomStore
  readonly own: MatrixRoomStore
  readonly now: () => Millis
  /** Rooms that one person may join; of those that they are invited to, have left or are banned from, as many again are known. */
  readonly roomsMax: number
}

export class People {
  readonly #parts: PeopleParts
  readonly #known = new Map<string, Known>()
  /** Those that are being read. */
  readonly #reading = new Map<string, Promise<Belongings>>()

  constructor(parts: PeopleParts) {
    this.#parts = parts
  }
  get size(): number {
    return this.#known.size
  }
  /** @param bare of an account of ours */
  of(bare: string): Belongings | Promise<Belongings> {
    const known = this.#known.get(bare)
    if (known !== undefined) known.usedAt = this.#parts.now()
    const under = this.#reading.get(bare)
    if (known !== undefined && under === undefined) return known
    const reading = under ?? this.#read(bare).finally(() => this.#reading.delete(bare))
    this.#reading.set(bare, reading)
    return reading
  }
  /** May that person join one more room? */
  async mayJoinMore(bare: string): Promise<boolean> {
    const { joined } = await this.of(bare)
    return joined.size < this.#parts.roomsMax
  }
  async #read(bare: string): Promise<Belongings> {
    const { rooms, own, now } = this.#parts
    const belongings: Known = { rooms: new Map(), joined: new Set(), left: new Map(), forgotten: new Set(), usedAt: now() }
    // What the log says meanwhile is not missed
    this.#known.set(bare, belongings)
    try {
      const all = await rooms.lastingOf(bare)
      // Of too many, those to which they belong are not left out
      const inOrder = [...all.filter(({ isJoined }) => isJoined), ...all.filter(({ isJoined }) => !isJoined)]
      for (const { uid, address, isJoined, isOver } of inOrder) {
        const isKnown = belongings.rooms.has(uid)
        this.#put(belongings, uid, address, isJoined)
        if (isOver && !isKnown) belongings.left.set(uid, null)
      }
      for (const uid of await own.forgotten(bare)) belongings.forgotten.add(uid)
    } catch (error) {
      this.#known.delete(bare)
      throw error
    }
    return belongings
  }
  /** The log of a room says something about somebody. */
  logged({ uid, address }: Room, { of, after, stream }: Extract<Entry, { kind: 'member' }>): void {
    const known = this.#known.get(of)
    if (known === undefined) return
    const isMember = after.standing?.lasting === true && after.standing.is === 'joined'
    if (!isMember) known.joined.delete(uid)
    this.#put(known, uid, address, isMember)
    const membership = lastingMembership(after)
    if (membership === 'leave' || membership === 'ban') known.left.set(uid, stream)
    else known.left.delete(uid)
  }
  #put({ rooms, joined }: Belongings, uid: string, address: Jid, isMember: boolean): void {
    if (isMember) joined.add(uid)
    if (isMember || rooms.has(uid) || rooms.size < 2 * this.#parts.roomsMax) rooms.set(uid, address)
  }
  /** There is no such room any more. */
  ended({ uid, members }: Pick<Room, 'uid' | 'members'>): void {
    for (const bare of members.keys()) {
      const known = this.#known.get(bare)
      known?.rooms.delete(uid)
      known?.joined.delete(uid)
      known?.left.delete(uid)
    }
  }
  /** The account of that bare JID is gone. */
  drop(bare: string): void {
    this.#known.delete(bare)
  }
  /** Forgets the rooms of those for whom nobody has asked since then. */
  sweep(before: Millis): void {
    for (const [bare, { usedAt }] of this.#known) if (usedAt < before && !this.#reading.has(bare)) this.#known.delete(bare)
  }
}
