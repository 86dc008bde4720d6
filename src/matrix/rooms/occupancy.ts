/**
 * Matrix devices as occupants of rooms (MXR-51): a device that is not offline is in every room that its user belongs to, as a session
 * beside those of XMPP clients. One that goes offline stays for a while, in doubt, and then leaves; the user still belongs to the room.
 */
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Command } from '../../rooms/machine/commands.ts'
import type { Entry } from '../../rooms/log.ts'
import { isLasting } from '../../rooms/machine/members.ts'
import { occupantId } from '../../rooms/machine/occupants.ts'
import type { PresenceFacts, Room } from '../../rooms/machine/room.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Payload } from '../../xmpp/packet.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { veiledUserId } from '../ids/user-id.ts'
import { hiddenNicks } from './joining.ts'
import { isOpen, isVeiled } from './open-rooms.ts'
import type { People } from './people.ts'
import { FACE } from './picture.ts'

/** A Matrix device, as far as rooms need it. */
export interface RoomDevice {
  readonly jid: Jid
  /** What others are shown of it; null: it is offline for them. */
  readonly shown: Payload | null
  readonly priority: number
}
export interface OccupancyParts {
  readonly rooms: Rooms
  readonly people: People
  readonly clock: Clock
  readonly errors: Log
  /** The domains of accounts. */
  readonly domains: readonly string[]
  /** The devices of a user that are not offline. */
  readonly devicesOf: (user: Jid) => readonly RoomDevice[]
}

/** How long a device that is offline stays in its rooms. */
export const GRACE_MS: Millis = 60_000
const PAUSED: readonly Doubt[] = ['connection-paused']
const CERTAIN: readonly Doubt[] = []

export class Occupancy {
  readonly #parts: OccupancyParts
  /** Devices that leave if they do not come back, by full JID. */
  readonly #leaving = new Map<string, Timer>()

  constructor(parts: OccupancyParts) {
    this.#parts = parts
  }
  /** After a start: devices that were in rooms before it and do not come back leave. */
  begin(): void {
    this.#parts.clock.after(GRACE_MS, () => this.#sweep())
  }
  /** What a device shows of itself is something else, or it is gone. */
  changed(device: RoomDevice): void {
    if (device.shown === null) return this.#away(device.jid)
    this.#leaving.get(device.jid.full)?.cancel()
    this.#leaving.delete(device.jid.full)
    this.#show(device).catch((error: unknown) => this.#failed(error))
  }
  /** Somebody belongs to a room from now on, or has another name there. */
  moved(room: Room, { of, before, after }: Extract<Entry, { kind: 'member' }>): void {
    if (after.standing?.is !== 'joined' || !after.standing.lasting) return
    const isNew = before.standing?.is !== 'joined'
    if (!isNew && before.nick === after.nick) return
    for (const device of this.#parts.devicesOf(storedJid(of))) {
      const facts = factsOf(device)
      if (facts === null) continue
      const isIn = room.nickOfSession.has(device.jid.full)
      if (isIn && after.nick !== null)
        this.#order(room.address, device.jid, { do: 'nick', who: device.jid, nick: after.nick, presence: facts })
      else if (!isIn) this.#enter(room, device.jid, facts)
    }
  }

  async #show(device: RoomDevice): Promise<void> {
    const { people, rooms } = this.#parts
    const { rooms: its } = await people.of(device.jid.bare)
    for (const [uid, address] of [...its]) {
      const room = await rooms.find(address)
      const facts = factsOf(device)
      if (facts === null) return
      if (room === null || room.uid !== uid) continue
      if (!room.nickOfSession.has(device.jid.full)) this.#enter(room, device.jid, facts)
      else
        this.#order(address, device.jid, {
          do: 'presence',
          who: device.jid,
          presence: facts,
          wantsDoubts: false,
          doubts: CERTAIN,
        })
    }
  }
  #enter(room: Room, as: Jid, presence: PresenceFacts): void {
    const member = room.members.get(as.bare)
    if (!isLasting(member) || !isOpen(room)) return
    const nick = room.nicksOf.get(as.bare)?.[0] ?? member!.nick ?? nickOf(room, as)
    const usual = { face: FACE, password: null, wantsDoubts: false, history: null, affiliationsSince: null, byStanding: true }
    this.#order(room.address, as, { do: 'enter', as, nick, presence, ...usual })
  }
  #away(who: Jid): void {
    if (this.#leaving.has(who.full)) return
    for (const address of this.#roomsOf(who)) this.#order(address, who, { do: 'doubt', who: [who], doubts: PAUSED })
    const leave = (): void => {
      this.#leaving.delete(who.full)
      this.#leave(who)
    }
    this.#leaving.set(who.full, this.#parts.clock.after(GRACE_MS, leave))
  }
  #leave(who: Jid): void {
    for (const address of this.#roomsOf(who)) this.#order(address, who, { do: 'exit', who, presence: null })
  }
  #sweep(): void {
    const { rooms, domains, devicesOf } = this.#parts
    for (const domain of domains)
      for (const who of rooms.whereabouts.sessionsAt(domain).map(storedJid)) {
        const isOurs = this.#roomsOf(who).some((address) => isOfMatrix(rooms.held(address), who))
        if (isOurs && !devicesOf(who.asBare).some(({ jid }) => jid.full === who.full)) this.#away(who)
      }
  }
  #roomsOf({ full }: Jid): readonly Jid[] {
    return this.#parts.rooms.whereabouts.roomsOf(full).map(storedJid)
  }
  #order(address: Jid, who: Jid, command: Command): void {
    const actor = { jid: who.bare, session: who, transaction: null }
    const done = this.#parts.rooms.perform({ address, actor, command, create: null, answered: null })
    if (done instanceof Promise) done.catch((error: unknown) => this.#failed(error))
  }
  #failed(error: unknown): void {
    this.#parts.errors.error({ err: error }, 'A Matrix device could not be shown in its rooms')
  }
}
/** Of somebody who has none. MXR-25: where addresses are hidden, it is no part of one. */
const nickOf = ({ facts, secret }: Room, { bare, domain, local }: Jid): string =>
  isVeiled(facts.config) ? hiddenNicks(veiledUserId(occupantId(secret, bare), domain), null)[0]! : local
const factsOf = ({ shown, priority }: RoomDevice): PresenceFacts | null =>
  shown === null ? null : { payload: shown, lang: null, priority }
function isOfMatrix(room: Room | null, { full }: Jid): boolean {
  const nick = room?.nickOfSession.get(full)
  return nick !== undefined && room!.occupants.get(nick)!.sessions.some(({ jid, face }) => jid.full === full && face === FACE)
}
