/**
 * All rooms of this server. Each has a lane: a command is decided, stored, put in force and told before the next one is looked
 * at (ROOM-1). A command that only changes who is present is not stored, and is done at once if nothing waits.
 */
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import { Turns } from '../base/turns.ts'
import type { ArchiveStore } from '../server/archive.ts'
import type { Jid } from '../xmpp/jid.ts'
import { emptyRoom, originOf } from './bringing.ts'
import type { Face } from './face.ts'
import { HeldRoom } from './held-room.ts'
import { LatePresence } from './late-presence.ts'
import type { Entry } from './log.ts'
import type { PaceLimits } from './paces.ts'
import { SERVICE, type Actor, type Command, type RoomLimits } from './machine/commands.ts'
import { decide, isRefused } from './machine/decide.ts'
import type { Plan } from './machine/plan.ts'
import { refuse, type Refusal } from './machine/refusals.ts'
import type { Room, Seq } from './machine/room.ts'
import type { RoomLabels } from './machine/room-labels.ts'
import { keepOccupants, mayBeOther, restoreOccupants, type Departed, type KeptRoom } from './snapshot.ts'
import { recoveryOf } from './recovery.ts'
import type { RoomStore } from './store.ts'
import { Whereabouts } from './whereabouts.ts'

export interface RoomsParts {
  readonly store: RoomStore
  readonly archive: ArchiveStore
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly limits: RoomLimits & HoldingLimits & PaceLimits
  /** Null: nothing is judged by security labels. */
  readonly labels: RoomLabels | null
  /** The occupants of this room (its bare address) have changed since they were last saved. */
  readonly occupantsChanged: (room: string) => void
}
export interface HoldingLimits {
  /** Rooms in memory. One more is refused while somebody is in each of them. */
  readonly roomsMax: number
  /** Of one person. */
  readonly ownedMax: number
  /** Of one person, that wait for their configuration. */
  readonly lockedMax: number
}
export const HOLDING: HoldingLimits = { roomsMax: 50_000, ownedMax: 100, lockedMax: 5 }

/** A command for the room at an address. */
export interface Order {
  readonly address: Jid
  readonly actor: Actor
  readonly command: Command
  /** Where there is no room: makes it, by this command in front of the other one. Null: it is not made. */
  readonly create: Extract<Command, { do: 'create' }> | null
  /** Called when it is done and stored, in the place that the machine has given to the answer; null: nobody waits for one. */
  readonly answered: (() => void) | null
}
/** The rooms of this server, for operators. */
export interface ServedRooms {
  readonly rooms: Rooms
  readonly store: RoomStore
  /** Where they are, such as `conference.example.org`. */
  readonly domains: readonly string[]
  /** Whether that person may make rooms. @param bare JID */
  readonly mayCreate: (bare: string) => boolean
  /** How many people a room can have at a time. */
  readonly occupantsMax: number
  /** How large the card of a room can be. */
  readonly cardOctetsMax: number
  /** How many stanzas people were sent by a room since it came into memory. */
  readonly sentBy: (room: Room) => number
}
/** An order of the server itself, which waits for no answer. */
const SERVICE_ORDER = { actor: SERVICE, create: null, answered: null } as const
/** Null: it is done. */
export type Outcome = Refusal | null

/** What replaces earlier presence of the session. */
const SAYS_PRESENCE: ReadonlySet<Command['do']> = new Set(['presence', 'enter', 'nick', 'exit', 'lost'])

export class Rooms {
  /** All of them are told everything. */
  readonly faces: Face[] = []
  readonly whereabouts = new Whereabouts()
  readonly #parts: RoomsParts
  readonly #held = new Map<string, HeldRoom>()
  readonly #turns = new Turns<() => void | Promise<void>>((work) => work())
  /** The occupants before the restart of rooms that are not loaded yet, by address. */
  readonly #kept = new Map<string, KeptRoom>()

  readonly #late: LatePresence<Order>
  /** The first numbers in the stream of what is being stored, in their order. */
  readonly #underWay = new Set<number>()

  constructor(parts: RoomsParts) {
    this.#parts = parts
    this.#late = new LatePresence(parts.clock, (order) => void this.perform(order))
  }

  /** A promise if it has to wait: for its turn, for the disk, or for a face. */
  perform(order: Order): Outcome | Promise<Outcome> {
    let outcome: Outcome = null
    const waits = this.#inTurn(order.address, () => {
      const done = this.#perform(order)
      if (!(done instanceof Promise)) outcome = done
      else return done.then((later) => void (outcome = later))
    })
    return waits === undefined ? outcome : waits.then(() => outcome)
  }
  /** Makes a room by that command and those that follow it, all or none. */
  async make(
    address: Jid,
    create: Extract<Command, { do: 'create' }>,
    more: readonly Command[],
    actor: Actor = SERVICE,
  ): Promise<Outcome> {
    const command = { do: 'batch', commands: more } as const
    let outcome: Outcome = refuse('exists')
    await this.inTurn(address, async (room) => {
      if (room === null) outcome = await this.#performLoaded({ address, actor, command, create, answered: null })
    })
    return outcome
  }
  /** ROOM-7: the account of that bare JID is gone. */
  async forget(person: string): Promise<void> {
    const forget = { do: 'forget', who: person } as const
    for (const address of await this.#parts.store.roomsOf(person))
      await this.perform({ address, actor: SERVICE, command: forget, create: null, answered: null })
    for (const face of this.faces) await face.forgotten?.(person)
  }
  /** The room as it is after all commands that came before; null: there is none. */
  async find(address: Jid): Promise<Room | null> {
    const held = this.#held.get(address.bare)
    if (held !== undefined) return held.room
    await this.#inTurn(address, async () => void (await this.#load(address)))
    return this.#held.get(address.bare)?.room ?? null
  }
  /** Does this in the lane of a room, between two commands. */
  inTurn(address: Jid, work: (room: Room | null) => void | Promise<void>): Promise<void> {
    return Promise.resolve(this.#inTurn(address, async () => work((await this.#load(address))?.room ?? null)))
  }
  /** The room, if it is in memory. */
  held(address: Jid): Room | null {
    return this.#held.get(address.bare)?.room ?? null
  }
  /** What was said lately in a room without an archive, the oldest first. */
  recent(address: Jid): readonly Entry[] {
    return this.#held.get(address.bare)?.recent ?? []
  }
  /** Of the log of a room: nothing at this position or before is complete. A promise if the room is not in memory. */
  edge({ uid, address }: Room): Seq | Promise<Seq> {
    const held = this.#held.get(address.bare)
    return held?.room.uid === uid ? held.edge : this.#parts.store.edge(uid)
  }
  /** The log of that room lost what is at this position and before. */
  edgeMoved(address: Jid, uid: string, edge: number): void {
    const held = this.#held.get(address.bare)
    if (held?.room.uid === uid) held.edge = edge
  }
  all(): Iterable<HeldRoom> {
    return this.#held.values()
  }

  /** The lowest number in the stream that is being stored; Infinity: none is. Faces know of everything before it. */
  get underWay(): number {
    const [lowest = Infinity] = this.#underWay
    return lowest
  }

  /** Addresses of rooms in which somebody is. */
  *occupied(): Generator<string> {
    for (const [address, { room }] of this.#held) if (room.occupants.size > 0) yield address
    yield* this.#kept.keys()
  }
  keep(address: string): KeptRoom | null {
    const held = this.#held.get(address)
    return held === undefined ? (this.#kept.get(address) ?? null) : keepOccupants(held.room, held.gone)
  }
  /** From before a restart: they are in the room when it is loaded. */
  restore(address: string, kept: KeptRoom): void {
    this.#kept.set(address, kept)
  }
  /** Those of `restore` that nobody has asked for yet. */
  get unrestored(): ReadonlyMap<string, KeptRoom> {
    return this.#kept
  }

  /** Removes a room from memory if it has no occupants. */
  release(address: string): void {
    if (this.#held.get(address)?.room.occupants.size === 0) this.#held.delete(address)
  }

  #inTurn(address: Jid, work: () => void | Promise<void>): void | Promise<void> {
    return this.#turns.take(address.bare, work)
  }
  #perform(order: Order): Outcome | Promise<Outcome> {
    const held = this.#held.get(order.address.bare)
    return held === undefined ? this.#performLoaded(order) : this.#decide(held, order, order.command, false)
  }
  async #performLoaded(order: Order): Promise<Outcome> {
    const { address, create, command } = order
    const held = await this.#load(address)
    if (held !== null) return this.#decide(held, order, command, false)
    if (create === null) return refuse('no-such-room')
    const refusal = await this.#mayCreate(order)
    if (refusal !== null) return refusal
    return this.#decide(this.#made(address), order, { do: 'batch', commands: [create, command] }, true)
  }

  async #load(address: Jid): Promise<HeldRoom | null> {
    const known = this.#held.get(address.bare)
    if (known !== undefined) return known
    const { store, archive, clock, limits } = this.#parts
    const loaded = await store.load(address)
    if (loaded === null) this.#kept.delete(address.bare)
    if (loaded === null) return null
    const { room, edge, lastAt } = loaded
    const held = new HeldRoom(room, edge, lastAt, clock.now(), limits)
    const kept = this.#kept.get(address.bare)
    const recovery =
      kept !== undefined && mayBeOther(room, kept) ? await recoveryOf(archive, room, kept.seq ?? room.lastSeq) : null
    this.#kept.delete(address.bare)
    if (kept !== undefined) restoreOccupants(room, kept)
    if (kept?.gone !== undefined) held.departed(kept.gone)
    for (const session of room.nickOfSession.keys()) this.whereabouts.entered(session, address)
    this.#held.set(address.bare, held)
    if (recovery !== null) await this.#decide(held, { ...SERVICE_ORDER, address, command: recovery }, recovery, false)
    return this.#held.get(address.bare) ?? null
  }
  /** ROOM-168: the address of a destroyed room is free to its former owners. */
  async #mayCreate({ address, actor }: Order): Promise<Refusal | null> {
    const { store, clock, limits } = this.#parts
    const tombstone = await store.tombstone(address, clock.now())
    const isFormerOwner = actor.jid === null || tombstone?.owners.includes(actor.jid) === true
    if (tombstone !== null && !isFormerOwner) return { refuse: 'gone', alternate: tombstone.alternate }
    if (this.#held.size >= limits.roomsMax && !this.#makeRoom()) return refuse('busy')
    if (actor.jid === null) return null
    const { owned, locked } = await store.holdings(actor.jid, limits.ownedMax)
    return owned >= limits.ownedMax || locked >= limits.lockedMax ? refuse('busy') : null
  }
  /** Removes the room from memory that has been idle for the longest time. */
  #makeRoom(): boolean {
    let idle: HeldRoom | null = null
    for (const held of this.#held.values())
      if (held.room.occupants.size === 0 && (idle === null || held.usedAt < idle.usedAt)) idle = held
    if (idle !== null) this.#held.delete(idle.room.address.bare)
    return idle !== null
  }
  #made(address: Jid): HeldRoom {
    const { entropy, clock, limits } = this.#parts
    const room = emptyRoom(originOf(address, clock, entropy))
    return new HeldRoom(room, 0, 0, clock.now(), limits)
  }

  #decide(held: HeldRoom, order: Order, command: Command, isNew: boolean): Outcome | Promise<Outcome> {
    const { clock, limits, labels } = this.#parts
    held.usedAt = clock.now()
    if (held.paces.isTooFast(order.actor, command, clock.now())) return refuse('too-fast')
    if (SAYS_PRESENCE.has(command.do) && this.#isPutOff(held, order, command)) return null
    const plan = decide(held.room, order.actor, command, { now: clock.now(), limits, labels })
    if (isRefused(plan)) return plan
    const { archive } = this.#parts
    const entries = held.numbered(
      plan.entries,
      (at) => archive.newId(at),
      () => archive.nextStream(),
    )
    return plan.isDurable ? this.#store(held, order, plan, entries, isNew) : this.#done(held, order, plan, entries)
  }
  /** Presence that comes too fast waits; what the session says after it takes its place. */
  #isPutOff({ paces }: HeldRoom, order: Order, command: Command): boolean {
    const { session } = order.actor
    if (session === null) return false
    const wait = command.do === 'presence' ? paces.presenceWait(session.full, this.#parts.clock.now()) : 0
    const key = `${order.address.bare} ${session.full}`
    if (wait > 0) this.#late.put(key, order, wait)
    else this.#late.drop(key)
    return wait > 0
  }
  /** ROOM-3: what cannot be stored has not happened. */
  async #store(held: HeldRoom, order: Order, plan: Plan, entries: readonly Entry[], isNew: boolean): Promise<Outcome> {
    const { store, archive, log } = this.#parts
    const kept = entries.filter(({ isKept }) => isKept)
    const first = entries[0]?.stream ?? (plan.facts.ended === null ? undefined : archive.nextStream())
    if (first !== undefined) this.#underWay.add(first)
    try {
      if (kept.length > 0 || plan.isChange || plan.replacements.length > 0) await store.save(plan, kept, isNew, first)
    } catch (error) {
      log.error({ err: error, room: held.room.address.bare }, 'A change of a room could not be stored; it was refused')
      return refuse('failed')
    } finally {
      if (first !== undefined) this.#underWay.delete(first)
    }
    return this.#done(held, order, plan, entries)
  }
  #done(held: HeldRoom, order: Order, plan: Plan, entries: readonly Entry[]): Outcome | Promise<Outcome> {
    const { room } = held
    const moved = [...plan.nickOfSession.changes]
    const isOtherInside = plan.occupants.changes.size > 0
    if (order.command.do === 'lapse') held.lapsesAt = Infinity
    held.lapses(order.command.do === 'lapse' ? plan.members.values() : plan.members.changes.values())
    const gone = this.#departing(plan)
    if (gone.length > 0) held.departed(gone)
    plan.commit()
    held.logged(entries)
    held.forget(plan.replacements.map(({ id }) => id))
    for (const [session, nick] of moved)
      if (nick === null) this.whereabouts.left(session, room.address)
      else this.whereabouts.entered(session, room.address)
    if (isOtherInside) this.#parts.occupantsChanged(room.address.bare)
    if (room.facts.ended === null) this.#held.set(room.address.bare, held)
    else this.#held.delete(room.address.bare)
    if (entries.length > 0) for (const face of this.faces) void this.#safely(room, () => face.logged?.(room, entries))
    if (room.facts.ended !== null) for (const face of this.faces) void this.#safely(room, () => face.ended?.(room))
    const waits = this.#tell(room, order, plan, entries, 0)
    return waits === undefined ? null : waits.then(() => null)
  }

  /** Before the plan is committed. */
  #departing({ room, occupants }: Plan): readonly Departed[] {
    const now = this.#parts.clock.now()
    return [...occupants.changes].flatMap(([nick, next]) => {
      const before = next === null ? room.occupants.get(nick) : undefined
      return before === undefined ? [] : [[nick, before.bare, now] as const]
    })
  }
  #tell(room: Room, order: Order, plan: Plan, entries: readonly Entry[], from: number): void | Promise<void> {
    for (let i = from; i < plan.tells.length; i++) {
      const waits = this.#tellOne(room, order, plan, entries, i)
      if (waits !== null) return waits.then(() => this.#tell(room, order, plan, entries, i + 1))
    }
  }
  #tellOne(room: Room, { answered }: Order, { tells }: Plan, entries: readonly Entry[], i: number): Promise<unknown> | null {
    const tell = tells[i]!
    if (tell.tell === 'answered') this.#safely(room, () => answered?.())
    if (tell.tell === 'answered') return null
    const waits = this.faces.map((face) => this.#safely(room, () => face.tell(room, tell, entries)))
    const under = waits.filter((wait) => wait !== undefined)
    return under.length === 0 ? null : Promise.all(under)
  }
  /** An error of a face does not stop the room. */
  #safely(room: Room, work: () => void | Promise<void>): Promise<void> | undefined {
    const failed = (error: unknown): void =>
      this.#parts.log.error({ err: error, room: room.address.bare }, 'Occupants of a room could not be told of a change')
    try {
      return work()?.catch(failed) ?? undefined
    } catch (error) {
      failed(error)
      return undefined
    }
  }
}
