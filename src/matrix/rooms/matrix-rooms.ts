/**
 * The face of rooms to Matrix (MXR-3): the rooms that Matrix clients look at, and who is told that there is news. A room that none
 * of them looks at costs one look into a map.
 */
import { every, type Clock, type Millis } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { isPassing, type Entry } from '../../rooms/log.ts'
import type { Face } from '../../rooms/face.ts'
import type { Room } from '../../rooms/machine/room.ts'
import type { Tell } from '../../rooms/machine/tells.ts'
import { EVERYTHING, type RoomLog } from '../../rooms/room-log.ts'
import { pagesFrom } from '../../server/archive.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import { CHAT_STATES } from '../../xmpp/chat-state.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { limitExceeded } from '../http/errors.ts'
import type { Positions } from '../sync/positions.ts'
import { AwakeRoom } from './awake-room.ts'
import { membershipAfter, STATE_KINDS } from './events.ts'
import { RoomMates } from './mates.ts'
import { displayedIn } from './marking-text.ts'
import { lastingMembership } from './memberships.ts'
import type { Names } from './names.ts'
import { People } from './people.ts'
import { FACE } from './picture.ts'
import { Receipts } from './receipts.ts'
import { Typing, TYPING_MAX_MS } from './typing.ts'
import { Visits } from './visits.ts'
import { serviceRoom } from './service-room.ts'
import type { MatrixRoomStore } from './store.ts'
import { Watchers } from './watchers.ts'

export interface MatrixRoomsParts {
  readonly rooms: Rooms
  readonly log: RoomLog
  readonly store: MatrixRoomStore
  readonly people: People
  readonly positions: Positions
  readonly clock: Clock
  readonly errors: Log
  /** What a room and the people in it are called. @param creator bare JID */
  readonly namesOf: (room: Room, creator: string) => Names
  /** There is news for that person (a bare JID). */
  readonly wake: (bare: string) => void
  /** Somebody belongs to a room from now on, has another name there, or does so no longer. */
  readonly moved: (room: Room, entry: Extract<Entry, { kind: 'member' }>) => void
  /** A client of XMPP says that somebody has read up to the entry with that id. */
  readonly displayed: (awake: AwakeRoom, by: string, id: string) => void
  /** The card of the room may have another picture. */
  readonly pictured: (awake: AwakeRoom) => void
  /** How long a visitor who has left is still shown. */
  readonly visitKeepMs: Millis
  /** Rooms above that many people show nobody's presence. */
  readonly quietAbove: number
  /** Rooms that are awake at the same time. While all of them are used, one more is refused. */
  readonly awakeMax: number
}

/** Of the log, in memory when the room awakes. */
const TAIL = 50
const PAGE = 500
const LAPSE_MS: Millis = 60_000
/** So long clients may be away and still hear that a room has ended. */
const ENDED_KEEP_MS: Millis = 30 * 86_400_000
const PURGE_MS: Millis = 86_400_000
/**
 * What nobody has asked for in this time leaves memory. Longer than somebody counts as looking at presence after the last request
 * (`viewers.ts`): all rooms of those who look are awake.
 */
const IDLE_MS: Millis = 15 * 60_000
/** A request may still be at work with a room that it has begun to use this short a time ago. */
const IN_USE_MS: Millis = 120_000

export class MatrixRooms implements Face {
  readonly name = FACE
  readonly mates: RoomMates
  readonly watchers = new Watchers()
  readonly #parts: MatrixRoomsParts
  /** By `uid`, the one that a request used longest ago first. */
  readonly #awake = new Map<string, AwakeRoom>()
  /** The moment at which somebody stops typing, if nothing else comes. */
  #typingEnds: Millis = Infinity

  constructor(parts: MatrixRoomsParts) {
    this.#parts = parts
    this.mates = new RoomMates(parts.quietAbove)
  }
  /** How many rooms are awake. */
  get size(): number {
    return this.#awake.size
  }
  begin(): void {
    every(this.#parts.clock, LAPSE_MS, () => this.#lapse())
    every(this.#parts.clock, LAPSE_MS, () => this.#sweep())
    every(this.#parts.clock, PURGE_MS, () => this.#purge())
  }

  /**
   * The room at that address, awake; null: there is none, or another one.
   * @throws MatrixError M_LIMIT_EXCEEDED: too many others are in use
   */
  async awake(uid: string, address: Jid): Promise<AwakeRoom | null> {
    const known = this.held(uid)
    if (known !== null) return known
    this.makeRoom()
    await this.#parts.rooms.inTurn(address, async (room) => {
      if (room?.uid !== uid || this.#awake.has(uid)) return
      const awake = await this.#wake(room)
      // Others have awoken meanwhile
      this.makeRoom()
      this.put(awake)
      this.#parts.pictured(awake)
    })
    return this.#awake.get(uid) ?? null
  }
  /** A room that has just awoken. */
  put(awake: AwakeRoom): void {
    this.#use(awake)
    this.mates.put(awake)
  }
  /** The same, if it is awake. */
  held(uid: string): AwakeRoom | null {
    const awake = this.#awake.get(uid)
    if (awake !== undefined) this.#use(awake)
    return awake ?? null
  }
  #use(awake: AwakeRoom): void {
    const { uid } = awake.room
    awake.usedAt = this.#parts.clock.now()
    this.#awake.delete(uid)
    this.#awake.set(uid, awake)
  }
  /** From now on that person is told of news in the room, until they have asked for nothing for a while. */
  watch({ room: { uid } }: AwakeRoom, bare: string): void {
    this.watchers.watch(uid, bare, this.#parts.clock.now())
  }
  /** Tells those who look at a room that there is news. */
  news({ room: { uid } }: Pick<AwakeRoom, 'room'>): void {
    for (const bare of this.watchers.of(uid)) this.#parts.wake(bare)
  }

  logged(room: Room, entries: readonly Entry[]): void {
    for (const entry of entries) if (entry.kind === 'member') this.#parts.people.logged(room, entry)
    const awake = this.#awake.get(room.uid)
    if (awake !== undefined) this.#follow(awake, room, entries)
    for (const entry of entries) if (entry.kind === 'member') this.#told(room, entry)
  }
  #told(room: Room, entry: Extract<Entry, { kind: 'member' }>): void {
    this.#parts.wake(entry.of)
    this.#parts.moved(room, entry)
  }
  #follow(awake: AwakeRoom, room: Room, entries: readonly Entry[]): void {
    awake.room = room
    awake.logged(entries)
    const now = this.#parts.clock.now()
    for (const entry of entries) {
      this.#marked(awake, entry)
      if (entry.kind === 'member') {
        this.#moved(awake, entry, now)
        this.mates.look(awake, entry.of)
      } else if (isPassing(entry)) this.#passing(awake, entry, now)
      else if (entry.by !== null) awake.typing.set(entry.by, 0, now)
    }
    this.news(awake)
  }
  #moved({ visits, room }: AwakeRoom, entry: Extract<Entry, { kind: 'member' }>, now: Millis): void {
    const membership = membershipAfter(entry)
    if (membership === 'leave' || membership === 'ban') {
      // Where addresses are hidden, what becomes of people who are not inside is not told by the log (MXR-22)
      const isTold = !entry.veiled || entry.isOut === true || lastingMembership(entry.before) === 'join'
      if (isTold) visits.end(entry.of)
      else visits.expel(entry.of, now)
      return
    }
    visits.look(room, entry.of, now)
    const givesUp = entry.before.standing?.is === 'joined' && entry.after.standing === null
    if (givesUp && !room.nicksOf.has(entry.of)) visits.over(entry.of, entry.before.nick ?? '', now)
  }
  #marked(awake: AwakeRoom, entry: Entry): void {
    const id = entry.kind === 'message' && entry.by !== null ? displayedIn(entry.payload) : null
    if (id !== null) this.#parts.displayed(awake, entry.by!, id)
  }
  /** What is told and not kept: somebody is typing, or has stopped (XEP-0085). */
  #passing({ typing }: AwakeRoom, entry: Entry, now: Millis): void {
    if (entry.kind !== 'message' || entry.by === null) return
    const state = entry.payload.elements.find(({ ns }) => ns === CHAT_STATES)?.name
    if (state === undefined) return
    typing.set(entry.by, state === 'composing' ? TYPING_MAX_MS : 0, now)
    this.typingEndsAt(typing.nextEnd)
  }
  /** Somebody who is typing then does so no longer, if nothing else comes. */
  typingEndsAt(end: Millis): void {
    if (end >= this.#typingEnds) return
    this.#typingEnds = end
    this.#parts.clock.after(Math.max(0, end - this.#parts.clock.now()), () => this.#endTyping())
  }
  #endTyping(): void {
    this.#typingEnds = Infinity
    const now = this.#parts.clock.now()
    for (const awake of this.#awake.values()) {
      if (awake.typing.lapse(now)) this.news(awake)
      this.typingEndsAt(awake.typing.nextEnd)
    }
  }

  tell(room: Room, tell: Tell): void {
    const awake = this.#awake.get(room.uid)
    if (awake === undefined) return
    awake.room = room
    const now = this.#parts.clock.now()
    switch (tell.tell) {
      case 'in':
        return this.#looked(awake, awake.visits.look(room, tell.occupant.bare, now))
      case 'renamed':
        return this.#looked(awake, awake.visits.look(room, tell.after.bare, now))
      case 'card':
        return this.#parts.pictured(awake)
      case 'out': {
        if (tell.to === 'self') return
        const isGone = tell.exit === 'left' || tell.exit === 'lost'
        const { bare } = tell.occupant
        return this.#looked(awake, isGone ? awake.visits.look(room, bare, now) : awake.visits.expel(bare, now))
      }
    }
  }
  #looked(awake: AwakeRoom, isNews: boolean): void {
    if (isNews) this.news(awake)
  }

  #lapse(): void {
    const now = this.#parts.clock.now()
    for (const awake of this.#awake.values()) this.#looked(awake, awake.visits.lapse(now - this.#parts.visitKeepMs, now))
  }
  /** Forgets what nobody has asked for lately: it is on disk. */
  #sweep(): void {
    const before = this.#parts.clock.now() - IDLE_MS
    for (const awake of this.#awake.values()) {
      if (awake.usedAt >= before) break
      this.#sleep(awake)
    }
    this.watchers.sweep(before)
    this.#parts.people.sweep(before)
  }
  /** One more can be awake after this. @throws MatrixError M_LIMIT_EXCEEDED: too many others are in use */
  makeRoom(): void {
    if (this.#awake.size < this.#parts.awakeMax) return
    const [oldest] = this.#awake.values()
    if (oldest!.usedAt >= this.#parts.clock.now() - IN_USE_MS) throw limitExceeded(IN_USE_MS)
    this.#sleep(oldest!)
  }
  #sleep(awake: AwakeRoom): void {
    const { uid } = awake.room
    this.mates.drop(awake)
    this.watchers.end(uid)
    this.#awake.delete(uid)
  }
  #purge(): void {
    const { store, clock, errors } = this.#parts
    store
      .purge(clock.now() - ENDED_KEEP_MS)
      .catch((error: unknown) =>
        errors.error({ err: error }, 'Rooms that ended long ago could not be forgotten for Matrix clients'),
      )
  }
  async #wake(room: Room): Promise<AwakeRoom> {
    const { rooms, store, positions, namesOf, clock, log } = this.#parts
    const [states, last, maker, visitRows, receiptRows] = await Promise.all([
      this.#states(room),
      log.page(room, EVERYTHING, TAIL, 'last'),
      store.maker(room.uid),
      store.visits(room.uid),
      store.receipts(room.uid),
    ])
    const first = states.find(({ kind }) => kind === 'member')
    const creator = maker ?? (first?.kind === 'member' ? first.of : (ownerOf(room) ?? room.address.bare))
    if (maker === null) this.#quietly(store.putMaker(room.uid, creator))
    const names = namesOf(room, creator)
    const nextStream = (): number => positions.at()
    const visits = new Visits({
      uid: room.uid,
      nextStream,
      keep: (row) => {
        this.visited(room.uid, row.jid)
        this.#quietly(store.putVisit(row))
      },
      drop: (jid) => {
        this.visited(room.uid, jid)
        this.#quietly(store.dropVisit(room.uid, jid))
      },
    })
    visits.restore(visitRows, room, clock.now())
    const backing = serviceRoom({ rooms, log, room: () => names.room, news: () => this.news(names), store })
    const parts = { backing, visits, typing: new Typing(nextStream, positions.at()), receipts: new Receipts(receiptRows) }
    const awake = new AwakeRoom(names, parts)
    awake.fill(states, last.entries, last.isAll)
    for (const entry of last.entries) this.#marked(awake, entry)
    return awake
  }
  /** All that the log has of states, the oldest first. */
  async #states(room: Room): Promise<readonly Entry[]> {
    const filter = { ...EVERYTHING, kinds: STATE_KINDS }
    const pages = pagesFrom((range) => this.#parts.log.statePage(room, { ...filter, ...range }, PAGE, 'last'), 'last')
    return (await Array.fromAsync(pages)).toReversed().flat()
  }
  #quietly(write: Promise<void>): void {
    write.catch((error: unknown) =>
      this.#parts.errors.error({ err: error }, 'What Matrix clients are told of a room could not be stored'),
    )
  }

  async forgotten(person: string): Promise<void> {
    this.#parts.people.drop(person)
    for (const { receipts } of this.#awake.values()) receipts.dropAllOf(person)
    await this.#parts.store.dropPerson(person)
  }
  /** A visit of that person has begun, or is over. */
  visited(uid: string, bare: string): void {
    const awake = this.#awake.get(uid)
    if (awake !== undefined) this.mates.look(awake, bare)
  }
  /** Nobody hears of it any more, and those who looked at it are told. What they are told is on disk. */
  ended(room: Room): void {
    const { uid } = room
    this.#parts.people.ended(room)
    this.news({ room })
    const awake = this.#awake.get(uid)
    if (awake !== undefined) this.#sleep(awake)
  }
}
const ownerOf = ({ members }: Room): string | null => {
  for (const { jid, affiliation } of members.values()) if (affiliation === 'owner') return jid
  return null
}
