/**
 * Who is in the same rooms, of the rooms that Matrix clients look at: by person the rooms, by room the people. Presence asks it for
 * each change of each user, so it never goes through all rooms.
 */
import { isLasting } from '../../rooms/machine/members.ts'
import type { AwakeRoom } from './awake-room.ts'
import { isOpen, isVeiled } from './open-rooms.ts'

export class RoomMates {
  /** By bare JID. */
  readonly #roomsOf = new Map<string, Set<AwakeRoom>>()
  readonly #peopleIn = new Map<AwakeRoom, Set<string>>()
  /** Rooms with more people do not count. */
  readonly #peopleMax: number

  constructor(peopleMax: number) {
    this.#peopleMax = peopleMax
  }
  /** How many people are in any room. */
  get size(): number {
    return this.#roomsOf.size
  }
  /** The room is followed from now on. */
  put(awake: AwakeRoom): void {
    this.#peopleIn.set(awake, new Set())
    for (const bare of awake.room.members.keys()) this.look(awake, bare)
    for (const bare of awake.visits.present.keys()) this.look(awake, bare)
  }
  /** The room is followed no longer. */
  drop(awake: AwakeRoom): void {
    for (const bare of this.#peopleIn.get(awake) ?? []) this.#leave(awake, bare)
    this.#peopleIn.delete(awake)
  }
  /** Somebody may have come into the room, or gone. */
  look(awake: AwakeRoom, bare: string): void {
    const people = this.#peopleIn.get(awake)
    if (people === undefined || isThere(awake, bare) === people.has(bare)) return
    if (people.delete(bare)) return this.#leave(awake, bare)
    people.add(bare)
    const rooms = this.#roomsOf.get(bare)
    if (rooms === undefined) this.#roomsOf.set(bare, new Set([awake]))
    else rooms.add(awake)
  }
  /** Do both belong to the same room, or visit it? Rooms that hide addresses do not count. */
  share(one: string, other: string): boolean {
    return this.#haveInCommon(one, other, (awake) => this.#counts(awake))
  }
  /** The same, whatever the number of people in the room. */
  meet(one: string, other: string): boolean {
    return this.#haveInCommon(one, other, showsPeople)
  }
  #haveInCommon(one: string, other: string, isSuch: (awake: AwakeRoom) => boolean): boolean {
    const [ones, others] = [this.#roomsOf.get(one), this.#roomsOf.get(other)]
    if (ones === undefined || others === undefined) return false
    const [few, many] = ones.size <= others.size ? [ones, others] : [others, ones]
    for (const awake of few) if (many.has(awake) && isSuch(awake)) return true
    return false
  }
  /** Somebody in several of the rooms comes several times. */
  *of(bare: string): Generator<string> {
    for (const awake of this.#roomsOf.get(bare) ?? [])
      if (this.#counts(awake)) for (const mate of this.#peopleIn.get(awake)!) if (mate !== bare) yield mate
  }
  /** The same, whatever the number of people in the rooms. */
  *met(bare: string): Generator<string> {
    for (const awake of this.#roomsOf.get(bare) ?? [])
      if (showsPeople(awake)) for (const mate of this.#peopleIn.get(awake)!) if (mate !== bare) yield mate
  }
  /** The same, with what each is called in the room; '' if that is not known. */
  *named(bare: string): Generator<readonly [bare: string, name: string]> {
    for (const awake of this.#roomsOf.get(bare) ?? []) {
      if (!this.#counts(awake)) continue
      const { nicksOf, members } = awake.room
      for (const mate of this.#peopleIn.get(awake)!)
        if (mate !== bare) yield [mate, nicksOf.get(mate)?.[0] ?? members.get(mate)?.nick ?? '']
    }
  }

  #counts(awake: AwakeRoom): boolean {
    return showsPeople(awake) && this.#peopleIn.get(awake)!.size <= this.#peopleMax
  }
  #leave(awake: AwakeRoom, bare: string): void {
    const rooms = this.#roomsOf.get(bare)
    if (rooms?.delete(awake) === true && rooms.size === 0) this.#roomsOf.delete(bare)
  }
}
const showsPeople = ({ room }: AwakeRoom): boolean => isOpen(room) && !isVeiled(room.facts.config)
const isThere = ({ room, visits }: AwakeRoom, bare: string): boolean =>
  isLasting(room.members.get(bare)) || visits.present.has(bare)
