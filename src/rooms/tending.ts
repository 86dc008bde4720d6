/**
 * What happens to rooms as time passes: rooms that nobody configures are given up or taken as they are (ROOM-91), visits
 * are forgotten, idle rooms leave memory, logs lose what is too old, and what remains of rooms that have ended goes.
 */
import { every, type Clock, type Millis, type Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { ArchiveStore } from '../server/archive.ts'
import type { Jid } from '../xmpp/jid.ts'
import { storedJid } from '../xmpp/stored-jid.ts'
import { SPOKEN } from './log.ts'
import { SERVICE, type Command } from './machine/commands.ts'
import type { HeldRoom } from './held-room.ts'
import type { Rooms } from './rooms.ts'
import type { RoomStore } from './store.ts'

export interface TendingTimes {
  /** How long a new room waits for its configuration. */
  readonly lockedMs: Millis
  /** How long a room that nobody uses stays in memory. */
  readonly idleMs: Millis
  /** How old an entry of a log may become. */
  readonly logMs: Millis
  /** How many messages a log has at most. */
  readonly logEntriesMax: number
  /** How many octets they have at most, about. */
  readonly logOctetsMax: number
}
export const TENDING: TendingTimes = {
  lockedMs: 600_000,
  idleMs: 600_000,
  logMs: 365 * 86_400_000,
  logEntriesMax: 100_000,
  logOctetsMax: 500 * 1024 * 1024,
}
const EVERY_MS: Millis = 60_000
/** How many logs are pruned each time. */
const LOGS_AT_ONCE = 20
const PAGE = 200

export interface TendingParts {
  readonly rooms: Rooms
  readonly store: RoomStore
  readonly archive: ArchiveStore
  readonly clock: Clock
  readonly log: Log
  readonly times: TendingTimes
}

export class Tending {
  readonly #parts: TendingParts
  #timer: Timer | null = null
  #isAtWork = false
  /** The `uid` of the room whose log was pruned last. */
  #lastLog = ''

  constructor(parts: TendingParts) {
    this.#parts = parts
  }
  start(): void {
    this.#timer ??= every(this.#parts.clock, EVERY_MS, () => void this.tend())
  }
  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** All of it once. Does nothing while an earlier one is at work. */
  async tend(): Promise<void> {
    if (this.#isAtWork) return
    this.#isAtWork = true
    const { rooms, store, clock, log } = this.#parts
    try {
      for (const held of [...rooms.all()]) await this.#tendRoom(held, clock.now())
      await store.clear(clock.now())
      await this.#pruneLogs()
    } catch (error) {
      log.error({ err: error }, 'Rooms could not be tended; the next attempt follows in a minute')
    } finally {
      this.#isAtWork = false
    }
  }
  async #tendRoom(held: HeldRoom, now: Millis): Promise<void> {
    const { times, rooms } = this.#parts
    const { facts, occupants, address } = held.room
    held.paces.rest(now)
    const isOverdue = facts.lockedFor !== null && facts.lockedFor.since <= now - times.lockedMs
    if (isOverdue) await this.#order(address, occupants.size === 0 ? { do: 'cancel' } : AS_IT_IS)
    if (held.lapsesAt <= now) await this.#order(address, { do: 'lapse' })
    if (occupants.size === 0 && held.usedAt <= now - times.idleMs) rooms.release(address.bare)
  }
  async #order(address: Jid, command: Command): Promise<void> {
    await this.#parts.rooms.perform({ address, actor: SERVICE, command, create: null, answered: null })
  }

  /**
   * After a start, when the sessions are restored: rooms with occupants are loaded, and temporary rooms and rooms that were never
   * configured end if nobody is in them.
   */
  async settle(): Promise<void> {
    const { rooms, store } = this.#parts
    for (const address of [...rooms.unrestored.keys()]) await rooms.find(storedJid(address))
    let after = ''
    for (;;) {
      const page = await store.unsettled(after, PAGE)
      for (const address of page) await this.#order(address, { do: 'settle' })
      if (page.length < PAGE) return
      after = page.at(-1)!.bare
    }
  }

  async #pruneLogs(): Promise<void> {
    const { store, archive, clock, times, rooms } = this.#parts
    const some = await store.after(this.#lastLog, LOGS_AT_ONCE)
    this.#lastLog = some.length < LOGS_AT_ONCE ? '' : some.at(-1)!.uid
    for (const { uid, address, edge: before } of some) {
      const retention = {
        before: clock.now() - times.logMs,
        entriesMax: times.logEntriesMax,
        octetsMax: times.logOctetsMax,
        kinds: SPOKEN,
      }
      const edge = await archive.prune(uid, retention)
      if (edge <= before) continue
      await store.moveEdge(uid, edge)
      rooms.edgeMoved(storedJid(address), uid, edge)
    }
  }
}
const AS_IT_IS: Command = { do: 'configure', changes: {}, owners: null, admins: null }
