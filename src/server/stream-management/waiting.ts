/**
 * What waits to be written to one client, in order. For each resource only the newest presence is kept, with what it does not
 * itself say: the client has not seen the older one, so nothing that it has counted changes.
 */
import { roomMark } from '../../xmpp/muc-user.ts'
import { isNotification, type Packet } from '../../xmpp/packet.ts'
import { saysAllOf } from '../../xmpp/state-annotation.ts'

export interface Waiter {
  readonly packet: Packet
  readonly octets: number
}

export class Waiting<T extends Waiter> {
  octets = 0
  readonly #entries = new Map<number, T>()
  /** By resource: the keys of the presences that its next one may replace. */
  readonly #presences = new Map<string, readonly number[]>()
  #keys = 0

  get size(): number {
    return this.#entries.size
  }
  values(): Iterable<T> {
    return this.#entries.values()
  }
  /** Adds an entry at the end. */
  put(entry: T): void {
    const key = (this.#keys += 1)
    if (isNotification(entry.packet)) this.#supersede(entry.packet, key)
    this.#entries.set(key, entry)
    this.octets += entry.octets
  }
  /** Removes entries from the beginning while `hasRoom`. */
  take(hasRoom: () => boolean, took: (entry: T) => void): void {
    for (const [key, entry] of this.#entries) {
      if (!hasRoom()) return
      this.#drop(key, entry)
      took(entry)
    }
  }

  #supersede(packet: Packet, key: number): void {
    const { full } = packet.from
    const before = this.#presences.get(full) ?? []
    const waiting = before.filter((old) => givesWay(this.#entries.get(old)!.packet))
    const superseded = waiting.filter((old) => saysAllOf(packet, this.#entries.get(old)!.packet))
    for (const old of superseded) this.#drop(old, this.#entries.get(old)!)
    this.#presences.set(full, [...waiting.filter((old) => !superseded.includes(old)), key])
  }
  #drop(key: number, entry: T): void {
    this.#entries.delete(key)
    this.octets -= entry.octets
    const { full } = entry.packet.from
    const rest = this.#presences.get(full)?.filter((one) => one !== key) ?? []
    if (rest.length > 0) this.#presences.set(full, rest)
    else this.#presences.delete(full)
  }
}

/**
 * Unavailable presence of an occupant is not replaced: the next one with that nickname may be another person (XEP-0045 7.6,
 * 7.14). Presence with a status code of the room is not replaced either, because the room sends it only once.
 */
function givesWay(packet: Packet): boolean {
  const mark = roomMark(packet)
  return mark === undefined || (packet.type === '' && mark.child('status') === undefined)
}
