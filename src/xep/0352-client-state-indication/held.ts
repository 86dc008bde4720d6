/** XEP-0352: the stanzas that wait for one client, in order, and by the key under which they are replaced. */
import { keptPacket } from '../../im/kept.ts'
import type { Packet } from '../../xmpp/packet.ts'

interface Entry {
  readonly key: string
  readonly packet: Packet
}

export class Held {
  octets = 0
  /** The turn in which it began. */
  readonly since: number
  readonly #entries = new Map<number, Entry>()
  /** The places of stanzas, by key. */
  readonly #places = new Map<string, readonly number[]>()
  /** The keys of resources that the client did not show before what waits of them. */
  readonly #unseen = new Set<string>()
  #last = 0

  constructor(since: number) {
    this.since = since
  }

  get size(): number {
    return this.#entries.size
  }
  has(key: string): boolean {
    return this.#places.has(key)
  }
  of(key: string): readonly Packet[] {
    return (this.#places.get(key) ?? []).map((place) => this.#entries.get(place)!.packet)
  }
  isUnseen(key: string): boolean {
    return this.#unseen.has(key)
  }
  markUnseen(key: string): void {
    this.#unseen.add(key)
  }
  /** Adds a stanza at the end. */
  add(key: string, packet: Packet): void {
    this.#last += 1
    this.#entries.set(this.#last, { key, packet: keptPacket(packet) })
    this.#places.set(key, [...(this.#places.get(key) ?? []), this.#last])
    this.octets += packet.payload.text.length
  }
  /** Drops the stanzas with that key that may be replaced. */
  dropOf(key: string, givesWay: (packet: Packet) => boolean = () => true): void {
    for (const place of this.#places.get(key) ?? []) if (givesWay(this.#entries.get(place)!.packet)) this.#remove(place)
  }
  drop(givesWay: (packet: Packet) => boolean): void {
    for (const [place, { packet }] of this.#entries) if (givesWay(packet)) this.#remove(place)
  }
  /** Removes and returns stanzas, in order. */
  *take(which: (packet: Packet) => boolean): Generator<Packet> {
    for (const [place, { packet }] of this.#entries) {
      if (!which(packet)) continue
      this.#remove(place)
      yield packet
    }
  }

  #remove(place: number): void {
    const { key, packet } = this.#entries.get(place)!
    this.#entries.delete(place)
    const rest = this.#places.get(key)!.filter((one) => one !== place)
    if (rest.length > 0) this.#places.set(key, rest)
    else {
      this.#places.delete(key)
      this.#unseen.delete(key)
    }
    this.octets -= packet.payload.text.length
  }
}
