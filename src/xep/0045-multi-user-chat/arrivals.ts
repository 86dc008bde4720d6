/**
 * Sessions that enter one room (XEP-0045 7.1, 7.2; ROOM-53, ROOM-151). Each is sent the list of occupants as fast as its
 * client reads. What the room sends to the session meanwhile waits until the list is complete.
 */
import type { Room } from '../../rooms/machine/room.ts'
import type { Source } from '../../server/account/room.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { WaitingStanzas } from './queue.ts'

export interface ArrivalsParts {
  readonly room: Room
  /** The packet has an address. */
  readonly send: (packet: Packet) => void
  /** Takes from the source as fast as that session reads; several sources in their order. */
  readonly pour: (to: Jid, source: Source) => void
  /** The client of this session does not read. */
  readonly lose: (room: Room, who: Jid) => void
}

/** Octets that may wait for one session while it enters, beside those for each occupant: all may say something of themselves. */
const WAITING_OCTETS_MAX = 1024 * 1024
const OCCUPANT_OCTETS = 1024

export class Arrival {
  readonly to: Jid
  readonly waiting = new WaitingStanzas()
  /** The nickname of the session. */
  nick: string
  /** The session has received the list of occupants. */
  isListed = false

  constructor(to: Jid, nick: string) {
    this.to = to
    this.nick = nick
  }
}

export class Arrivals {
  readonly #parts: ArrivalsParts
  /** By full JID. */
  readonly #under = new Map<string, Arrival>()
  /** The session that is being given a piece; null: none. */
  #given: Arrival | null = null

  constructor(parts: ArrivalsParts) {
    this.#parts = parts
  }
  /** Everything that the room sends goes through here. */
  readonly send = (packet: Packet): void => {
    const arrival = this.#under.size === 0 ? undefined : this.#under.get(packet.to!.full)
    if (arrival === undefined || arrival === this.#given) return this.#parts.send(packet)
    if (this.#parts.room.nickOfSession.has(arrival.to.full)) return this.#hold(arrival, packet)
    this.#under.delete(arrival.to.full)
    this.#parts.send(packet)
  }
  /** From now on what the room says to the session waits, until `rest` has come to its end. */
  begin(to: Jid, nick: string): Arrival {
    const arrival = new Arrival(to, nick)
    this.#under.set(to.full, arrival)
    return arrival
  }
  /** @param pieces each step of it sends one stanza to the session */
  give(arrival: Arrival, pieces: Source): void {
    this.#parts.pour(arrival.to, this.#steps(arrival, pieces))
  }
  /** What has waited; then nothing waits any more. */
  *rest(arrival: Arrival): Generator<void, void> {
    for (let packet = arrival.waiting.take(); packet !== null; packet = arrival.waiting.take()) {
      yield
      this.#parts.send(packet)
    }
    this.#under.delete(arrival.to.full)
  }

  /** Ends when the session has left, or enters again. */
  *#steps(arrival: Arrival, pieces: Source): Generator<void, void> {
    while (this.#under.get(arrival.to.full) === arrival) {
      this.#given = arrival
      try {
        if (pieces.next().done === true) return
      } finally {
        this.#given = null
      }
      yield
    }
  }

  #hold(arrival: Arrival, packet: Packet): void {
    const { waiting } = arrival
    const { room, lose } = this.#parts
    const { kind, from } = packet
    const isOwn = from.resource === arrival.nick
    arrival.nick = room.nickOfSession.get(arrival.to.full)!
    if (kind !== 'presence' || isOwn || from.resource === arrival.nick) waiting.putLast(packet)
    // An occupant that the list has not reached yet is listed as they are then
    else if (arrival.isListed || waiting.hasPassed(from.resource)) waiting.putPresence(packet)
    if (waiting.octets <= WAITING_OCTETS_MAX + OCCUPANT_OCTETS * room.occupants.size) return
    this.#under.delete(arrival.to.full)
    lose(room, arrival.to)
  }
}
