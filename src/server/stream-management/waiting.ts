/**
 * What waits to be written to one client, in order. For each resource only the newest presence is kept, with what it does not
 * itself say, and for each item of a node only the newest event (PEP-13): the client has not seen the older one, so nothing that it
 * has counted changes. Of a resource that came and went while the client was away nothing is kept.
 */
import type { Jid } from '../../xmpp/jid.ts'
import { roomMark } from '../../xmpp/muc-user.ts'
import { itemEventIn } from '../../xmpp/pubsub-event.ts'
import { isNotification, type Packet } from '../../xmpp/packet.ts'
import { saysAllOf } from '../../xmpp/state-annotation.ts'

export interface Waiter {
  readonly packet: Packet
  readonly octets: number
}

/** Does the client certainly not show this resource, of which available presence has just come? */
export type IsUnseen = (resource: Jid) => boolean

/** The presences of one resource that its next one may replace. */
interface Chain {
  readonly keys: readonly number[]
  /** The client did not show the resource before the first of them. */
  readonly isUnseen: boolean
}
const NO_CHAIN: Chain = { keys: [], isUnseen: false }

export class Waiting<T extends Waiter> {
  octets = 0
  readonly #isUnseen: IsUnseen
  readonly #entries = new Map<number, T>()
  /** By resource. */
  readonly #presences = new Map<string, Chain>()
  /** By item: the key of its newest event. */
  readonly #events = new Map<string, number>()
  #keys = 0

  constructor(isUnseen: IsUnseen) {
    this.#isUnseen = isUnseen
  }
  get size(): number {
    return this.#entries.size
  }
  values(): Iterable<T> {
    return this.#entries.values()
  }
  /** Adds an entry at the end, if it says anything to the client. */
  put(entry: T): void {
    const key = (this.#keys += 1)
    if (!isNotification(entry.packet)) this.#supersedeEvent(entry.packet, key)
    else if (!this.#supersede(entry.packet, key)) return
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

  /** Removes all that `which` says. */
  withdraw(which: (entry: T) => boolean, took: (entry: T) => void): void {
    for (const [key, entry] of this.#entries) {
      if (!which(entry)) continue
      this.#drop(key, entry)
      took(entry)
    }
  }

  /** @returns whether the presence has to be told; not if the client never learns that the resource was there */
  #supersede(packet: Packet, key: number): boolean {
    const { type, from } = packet
    const before = this.#presences.get(from.full) ?? NO_CHAIN
    const waiting = before.keys.filter((old) => givesWay(this.#entries.get(old)!.packet))
    const hasPassed = before.isUnseen && type === 'unavailable' && waiting.length === before.keys.length
    const superseded = hasPassed ? waiting : waiting.filter((old) => saysAllOf(packet, this.#entries.get(old)!.packet))
    const isUnseen = before.keys.length === 0 ? type === '' && this.#isUnseen(from) : before.isUnseen
    for (const old of superseded) this.#drop(old, this.#entries.get(old)!)
    if (hasPassed) return false
    this.#presences.set(from.full, { keys: [...waiting.filter((old) => !superseded.includes(old)), key], isUnseen })
    return true
  }
  #supersedeEvent(packet: Packet, key: number): void {
    const event = itemEventIn(packet)
    if (event === null) return
    const before = this.#events.get(event.key)
    if (before !== undefined) this.#drop(before, this.#entries.get(before)!)
    this.#events.set(event.key, key)
  }
  #drop(key: number, entry: T): void {
    this.#entries.delete(key)
    this.octets -= entry.octets
    const event = this.#events.size === 0 ? null : itemEventIn(entry.packet)
    if (event !== null && this.#events.get(event.key) === key) this.#events.delete(event.key)
    const { full } = entry.packet.from
    const { keys, isUnseen } = this.#presences.get(full) ?? NO_CHAIN
    const rest = keys.filter((one) => one !== key)
    if (rest.length > 0) this.#presences.set(full, { keys: rest, isUnseen })
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
