/**
 * What waits to be written to one client, in order. Of what a resource says of itself only the newest is left: the
 * client has not seen the older, so nothing that it has counted changes.
 */
import { roomMark } from '../../xmpp/muc-user.ts'
import { isNotification, type Packet } from '../../xmpp/packet.ts'

export interface Waiter {
  readonly packet: Packet
  readonly octets: number
}

export class Waiting<T extends Waiter> {
  octets = 0
  readonly #entries = new Map<number, T>()
  /** The key of each resource's last presence. */
  readonly #presences = new Map<string, number>()
  #keys = 0

  get size(): number {
    return this.#entries.size
  }
  values(): Iterable<T> {
    return this.#entries.values()
  }
  /** At the end. */
  put(entry: T): void {
    const key = (this.#keys += 1)
    if (isNotification(entry.packet)) this.#supersede(entry.packet.from.full, key)
    this.#entries.set(key, entry)
    this.octets += entry.octets
  }
  /** From the beginning, for as long as `hasRoom`: they wait no longer. */
  take(hasRoom: () => boolean, took: (entry: T) => void): void {
    for (const [key, entry] of this.#entries) {
      if (!hasRoom()) return
      this.#drop(key, entry)
      took(entry)
    }
  }

  #supersede(from: string, key: number): void {
    const old = this.#presences.get(from)
    if (old !== undefined) {
      const entry = this.#entries.get(old)!
      if (givesWay(entry.packet)) this.#drop(old, entry)
    }
    this.#presences.set(from, key)
  }
  #drop(key: number, entry: T): void {
    this.#entries.delete(key)
    this.octets -= entry.octets
    const from = entry.packet.from.full
    if (this.#presences.get(from) === key) this.#presences.delete(from)
  }
}

/**
 * An occupant's leaving does not: who next comes by that nickname may be somebody else (XEP-0045 7.6, 7.14). Nor does what
 * a room says with a status code, which it says once.
 */
function givesWay(packet: Packet): boolean {
  const mark = roomMark(packet)
  return mark === undefined || (packet.type === '' && mark.child('status') === undefined)
}
