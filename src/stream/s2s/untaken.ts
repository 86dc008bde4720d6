/**
 * What a stream without acknowledgements was given and the network has not taken: it is still ours. When the stream ends, it
 * waits in its outlet for the next one, as what is not acknowledged does where stanzas are counted (managed-peer.ts).
 */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Outlet, Waiting } from './outlet.ts'

/** A carrier, as it is seen here. */
export interface Pipe {
  /** Octets that wait in the memory of the process and were not written yet. */
  readonly unwritten: number
  /** The last of those octets will not be written. */
  takeBack(octets: number): void
  /** When everything that was sent before is taken; false: nobody will ever know. */
  whenTaken(): Promise<boolean>
}

/** Stanzas that may keep the larger texts alive that they were cut out of. */
const LOOSE_MAX = 64

interface Given {
  readonly packet: Packet
  readonly outlet: Outlet
  /** Null: nobody is to be told when it does not get there. */
  readonly origin: Jid | null
  /** When it was to be written for the first time. */
  readonly since: Millis
  /** How many octets the stream had been given before it. */
  readonly start: number
}

export class Untaken {
  readonly #pipe: () => Pipe
  #given: Given[] = []
  /** All that the stream was given since it may carry stanzas. */
  #octets = 0
  /** Octets that were written when that was last looked at, and when they had become more. */
  #written = 0
  #movedAt: Millis = 0
  readonly #behind = new Set<Outlet>()
  #isWatching = false
  #isOver = false

  /** @param pipe asked for when there is something to write */
  constructor(pipe: () => Pipe) {
    this.#pipe = pipe
  }
  /** The stream was given octets that are no stanza, or one that is counted. */
  sent(octets: number): void {
    this.#octets += octets
  }
  /** The stream was given a stanza. @param since when it was to be written for the first time */
  give(octets: number, packet: Packet, outlet: Outlet, origin: Jid | null, since: Millis): void {
    this.#given.push({ packet, outlet, origin, since, start: this.#octets })
    this.#octets += octets
    if (this.#given.length > LOOSE_MAX) packet.keep()
    this.#watch()
  }
  /** The outlet goes on when the network has taken some of it. */
  whenTaken(outlet: Outlet): void {
    this.#behind.add(outlet)
    this.#watch()
  }
  /** How long nothing was written, because the network does not take what was written before. To be asked now and then. */
  stuckFor(now: Millis): Millis {
    const written = this.#octets - this.#pipe().unwritten
    if (written !== this.#written) this.#movedAt = now
    this.#written = written
    return now - this.#movedAt
  }
  /** Resolves when the network has taken everything, or the stream is over. */
  async whenEmpty(): Promise<void> {
    while (this.#given.length > 0 && !this.#isOver) if (!(await this.#pipe().whenTaken())) return
  }
  /**
   * The stream is about to end: what was not taken waits again, and what of it was written may have got through.
   * @param isInPeace no error was named: what was written will be read before the connection is closed
   */
  putBack(isInPeace: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    const given = this.#given
    this.#given = []
    if (given.length === 0) return
    const written = this.#octets - this.#pipe().unwritten
    const first = given.find(({ start }) => start >= written)
    if (first !== undefined) this.#pipe().takeBack(this.#octets - first.start)
    const byOutlet = new Map<Outlet, Waiting[]>()
    for (const { packet, outlet, origin, since, start } of given) {
      if (isInPeace && start < written) {
        outlet.taken(packet)
        continue
      }
      const waiting = outlet.waitingOf(packet, origin, start < written, since)
      const all = byOutlet.get(outlet)
      if (all === undefined) byOutlet.set(outlet, [waiting])
      else all.push(waiting)
    }
    for (const [outlet, waiting] of byOutlet) outlet.putBack(waiting)
  }

  #watch(): void {
    if (this.#isWatching || this.#isOver) return
    this.#isWatching = true
    const count = this.#given.length
    void this.#pipe()
      .whenTaken()
      .then((isTaken) => {
        this.#isWatching = false
        if (isTaken && !this.#isOver) this.#taken(count)
      })
  }
  #taken(count: number): void {
    for (const { packet, outlet } of this.#given.splice(0, count)) outlet.taken(packet)
    const behind = [...this.#behind]
    this.#behind.clear()
    for (const outlet of behind) outlet.goOn()
    if (this.#given.length > 0) this.#watch()
  }
}
