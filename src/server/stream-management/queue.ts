/**
 * XEP-0198 section 4: the stanzas that one client, or another server, has not acknowledged, pure. They are in two parts:
 *
 * - in flight: written, in order, and never changed again, because the client may have counted them;
 * - waiting (`waiting.ts`): not written, because there is no connection or because too much is in flight.
 *
 * It also decides when to ask: after a number of stanzas or after a while, never twice without an answer in between.
 * Counts here grow without end; the wire carries them modulo 2^32.
 */
import type { Millis } from '../../base/clock.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { authorOf } from '../../xmpp/forwarded.ts'
import { Waiting, type IsUnseen } from './waiting.ts'

export interface QueueLimits {
  readonly stanzas: number
  readonly octets: number
  /** If this number of octets is in flight, nothing more is written until some are acknowledged. */
  readonly windowOctets: number
  /** After this number of stanzas the client is asked at once. */
  readonly askAfter: number
}

export interface Entry<N> {
  /** Its place among all stanzas put in. */
  readonly n: number
  readonly packet: Packet
  /** When it was first to be written. */
  readonly at: Millis
  readonly octets: number
  /** Further data about it; null if none. */
  note: N | null
}

export type Acknowledgement =
  | 'accepted'
  /** Lower than an earlier acknowledgement. */
  | 'stale'
  /** Higher than what was ever written. */
  | 'too-high'

/**
 * Up to this part of the allowed amount the server adds what it has itself, stored messages of strangers among it: they have no more
 * of it than strangers who write to the client just then (`Room.isOpen`).
 */
const SOURCES_TO = 1 / 4
/** The cost of a stanza in addition to its content: its name and attributes, estimated. */
const ENVELOPE_OCTETS = 150
const NONE: readonly never[] = []
const never = (): boolean => false

const octetsOf = ({ payload }: Packet): number => payload.text.length + ENVELOPE_OCTETS

/** A count in the form of `h`. */
export const uint32 = (count: number): number => count >>> 0

/** @typeParam N the further data of a stanza */
export class UnacknowledgedQueue<N> {
  readonly #limits: QueueLimits
  readonly #isUnseen: IsUnseen
  #acknowledged: number
  readonly #inFlight: Entry<N>[] = []
  #octetsInFlight = 0
  /** Null if nothing waits. */
  #waiting: Waiting<Entry<N>> | null = null
  #newest: Entry<N> | null = null
  #last = 0
  #isConnected = true
  /** Written since the last request, and not acknowledged. */
  #unasked = 0
  #isAsking = false

  /** @param start how many stanzas were written and acknowledged before */
  constructor(limits: QueueLimits, start = 0, isUnseen: IsUnseen = never) {
    this.#limits = limits
    this.#isUnseen = isUnseen
    this.#acknowledged = start
  }
  get size(): number {
    return this.#inFlight.length + (this.#waiting?.size ?? 0)
  }
  get octets(): number {
    return this.#octetsInFlight + (this.#waiting?.octets ?? 0)
  }
  get isOverfull(): boolean {
    return this.isBeyond(1)
  }
  /** Is more than this part of the allowed amount used? */
  isBeyond(part: number): boolean {
    return this.size > this.#limits.stanzas * part || this.octets > this.#limits.octets * part
  }
  /** Would the sender have more here than is still free for others? All stanzas are checked only if half of it is used. */
  isBeyondShare(packet: Packet): boolean {
    const octets = octetsOf(packet)
    const stanzasFree = this.#limits.stanzas - this.size - 1
    const octetsFree = this.#limits.octets - this.octets - octets
    if (stanzasFree > this.size && octetsFree >= this.octets + octets) return false
    const author = authorOf(packet)
    const own = { stanzas: 1, octets }
    for (const entry of this) {
      if (authorOf(entry.packet) !== author) continue
      own.stanzas += 1
      own.octets += entry.octets
    }
    return own.stanzas > stanzasFree || own.octets > octetsFree
  }
  /** The number of written stanzas, acknowledged or not. */
  get written(): number {
    return this.#acknowledged + this.#inFlight.length
  }
  /** The number of these that are not acknowledged. */
  get inFlight(): number {
    return this.#inFlight.length
  }
  /** Does anything wait that was not written? */
  get isBlocked(): boolean {
    return this.#waiting !== null
  }
  /** Must the other side acknowledge some of it before the server adds more of what it has itself? */
  get isBehind(): boolean {
    return this.isBlocked || this.isBeyond(SOURCES_TO)
  }
  /** The newest stanza; null if there is none, or it was acknowledged. */
  get newest(): Entry<N> | null {
    return this.#newest
  }
  /** All of them, in order. */
  *[Symbol.iterator](): Generator<Entry<N>> {
    yield* this.#inFlight
    if (this.#waiting !== null) yield* this.#waiting.values()
  }

  /** The next stanza gets this place. */
  goOnFrom(n: number): void {
    this.#last = n - 1
  }
  /** Puts a stanza in. Returns whether to write it now. */
  push(packet: Packet, at: Millis, note: N | null = null): boolean {
    this.#last += 1
    const entry: Entry<N> = { n: this.#last, packet, at, octets: octetsOf(packet), note }
    this.#newest = entry
    const isFlying = this.#isConnected && this.#waiting === null && this.#hasRoom
    if (isFlying) this.#fly(entry)
    else (this.#waiting ??= new Waiting(this.#isUnseen)).put(entry)
    return isFlying
  }
  /**
   * The client has handled this number of stanzas, modulo 2^32. After 'accepted', `release` returns what there is room for.
   * @param received called with the further data of these stanzas
   */
  acknowledge(h: number, received?: (note: N) => void): Acknowledgement {
    const more = uint32(h - this.#acknowledged)
    if (more > this.#inFlight.length && !this.#wasAcknowledged(h)) return 'too-high'
    this.#isAsking = false
    if (more > this.#inFlight.length) return 'stale'
    this.#take(more, received)
    return 'accepted'
  }
  /** Of the waiting stanzas, those to be written now, in order. */
  release(): readonly Entry<N>[] {
    if (!this.#isConnected || this.#waiting === null) return NONE
    const released: Entry<N>[] = []
    const fly = (entry: Entry<N>): void => {
      this.#fly(entry)
      released.push(entry)
    }
    this.#waiting.take(() => this.#hasRoom, fly)
    if (this.#waiting.size === 0) this.#waiting = null
    return released
  }
  /** The connection is lost: nothing is written until `connect`. */
  disconnect(): void {
    this.#isConnected = false
    this.#isAsking = false
  }
  /** There is a connection again. Returns what must be written again, in order; `release` returns what follows. */
  connect(): readonly Entry<N>[] {
    this.#isConnected = true
    this.#unasked = this.#inFlight.length
    return this.#inFlight
  }

  /**
   * Takes out stanzas that must not be written. While there is a connection, those that wait; without one, also those in flight: only when
   * the client has come back and said what it has received, because it has not counted them.
   */
  withdraw(which: (packet: Packet) => boolean): readonly Entry<N>[] {
    const withdrawn: Entry<N>[] = []
    if (!this.#isConnected) {
      const all = this.#inFlight.splice(0)
      for (const entry of all) (which(entry.packet) ? withdrawn : this.#inFlight).push(entry)
      for (const { octets } of withdrawn) this.#octetsInFlight -= octets
    }
    this.#waiting?.withdraw(
      ({ packet }) => which(packet),
      (entry) => withdrawn.push(entry),
    )
    if (this.#waiting?.size === 0) this.#waiting = null
    if (this.#newest !== null && withdrawn.includes(this.#newest)) this.#newest = null
    return withdrawn
  }

  /** Is it time to ask the client how many stanzas it has handled? */
  get asks(): 'now' | 'later' | 'no' {
    if (!this.#isConnected || this.#isAsking || this.#inFlight.length === 0) return 'no'
    const { isBehind } = this
    if (this.#unasked >= this.#limits.askAfter || (isBehind && this.#unasked > 0)) return 'now'
    // A client that does not handle what it was asked for is not asked again, unless others wait for it.
    return isBehind || this.#unasked > 0 ? 'later' : 'no'
  }
  /** An answer is due. */
  get isAsking(): boolean {
    return this.#isAsking
  }
  asked(): void {
    this.#isAsking = true
    this.#unasked = 0
  }

  get #hasRoom(): boolean {
    return this.#octetsInFlight < this.#limits.windowOctets
  }
  #take(count: number, received?: (note: N) => void): void {
    for (const entry of this.#inFlight.splice(0, count)) {
      this.#octetsInFlight -= entry.octets
      if (entry === this.#newest) this.#newest = null
      this.#acknowledged += 1
      if (entry.note !== null) received?.(entry.note)
    }
    this.#unasked = Math.min(this.#unasked, this.#inFlight.length)
  }
  #fly(entry: Entry<N>): void {
    this.#inFlight.push(entry)
    this.#octetsInFlight += entry.octets
    this.#unasked += 1
  }
  /** Was this the count at some earlier time? A wrapped count can mean several; the last one is taken. */
  #wasAcknowledged(h: number): boolean {
    const back = uint32(this.#acknowledged - h)
    return back <= this.#acknowledged && back < 2 ** 31
  }
}
