/**
 * What a stream without acknowledgements was given and the network has not taken: it is still ours. When the stream ends, the
 * stanzas are known that did not reach the other side, or may not have.
 */
import type { Millis } from '../base/clock.ts'
import type { Jid } from '../xmpp/jid.ts'
import type { Packet } from '../xmpp/packet.ts'

/** A carrier, as it is seen here. */
export interface Pipe {
  /** Octets that wait in the memory of the process and were not written yet. */
  readonly unwritten: number
  /** The last of those octets will not be written. */
  takeBack(octets: number): void
  /** When everything that was sent before is taken; false: nobody will ever know. */
  whenTaken(): Promise<boolean>
}

/** Where stanzas for a stream come from. */
export interface Giver {
  /** The network has taken the stanza. */
  taken(packet: Packet): void
  /** The network has taken some of what was given, so that there may be room for more. */
  goOn(): void
}

/** A stanza that the network has not taken. */
export interface Left<G> {
  readonly packet: Packet
  readonly giver: G
  /** Null: nobody is to be told when it does not get there. */
  readonly origin: Jid | null
  /** When it was to be written for the first time. */
  readonly since: Millis
  /** It was written, so that it may have got through. */
  readonly isUnsure: boolean
}

/** Stanzas that may keep the larger texts alive that they were cut out of. */
const LOOSE_MAX = 64

type Given<G> = Omit<Left<G>, 'isUnsure'> & {
  /** How many octets the stream had been given before it. */
  readonly start: number
}

export class UntakenStanzas<G extends Giver> {
  readonly #pipe: () => Pipe
  #given: Given<G>[] = []
  /** All that the stream was given since it may carry stanzas. */
  #octets = 0
  /** Octets that were written when that was last looked at, and when they had become more. */
  #written = 0
  #movedAt: Millis = 0
  readonly #behind = new Set<G>()
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
  give(octets: number, packet: Packet, giver: G, origin: Jid | null, since: Millis): void {
    this.#given.push({ packet, giver, origin, since, start: this.#octets })
    this.#octets += octets
    if (this.#given.length > LOOSE_MAX) packet.keep()
    this.#watch()
  }
  /** The giver goes on when the network has taken some of it. */
  whenTaken(giver: G): void {
    this.#behind.add(giver)
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
   * The stream is about to end. What was not written will not be written.
   * @param isInPeace no error was named: what was written will be read before the connection is closed, and counts as taken
   * @returns in their order, the first time
   */
  end(isInPeace: boolean): readonly Left<G>[] {
    if (this.#isOver) return []
    this.#isOver = true
    const given = this.#given
    this.#given = []
    if (given.length === 0) return []
    const written = this.#octets - this.#pipe().unwritten
    const first = given.find(({ start }) => start >= written)
    if (first !== undefined) this.#pipe().takeBack(this.#octets - first.start)
    const left: Left<G>[] = []
    for (const { packet, giver, origin, since, start } of given) {
      const isUnsure = start < written
      if (isInPeace && isUnsure) giver.taken(packet)
      else left.push({ packet, giver, origin, since, isUnsure })
    }
    return left
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
    for (const { packet, giver } of this.#given.splice(0, count)) giver.taken(packet)
    const behind = [...this.#behind]
    this.#behind.clear()
    for (const giver of behind) giver.goOn()
    if (this.#given.length > 0) this.#watch()
  }
}
