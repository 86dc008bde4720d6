/**
 * Passes the octets of one bytestream on, in both directions. A side that does not read makes the other side wait: nothing
 * piles up here.
 */
import type { Duplex } from 'node:stream'
import type { Bucket } from '../../base/bucket.ts'
import type { Clock, Millis, Timer } from '../../base/clock.ts'

export interface RelayLimits {
  /** How long nothing may pass in either direction. */
  readonly idleMs: Millis
  /** Octets of both directions together; 0 for no limit. */
  readonly octetsMax: number
  /** Shared by all bytestreams; null for no limit. */
  readonly pace: Bucket | null
}

export interface RelayParts extends RelayLimits {
  readonly clock: Clock
  /** That many octets were passed on. */
  readonly passed: (octets: number) => void
  /** Both connections are closed. Called once. */
  readonly over: () => void
}

export class Relay {
  readonly #parts: RelayParts
  readonly #sides: readonly Duplex[]
  #idle: Timer
  #octets = 0
  #closed = 0

  /** @param sides two connections on which nothing has arrived yet */
  constructor(one: Duplex, other: Duplex, parts: RelayParts) {
    this.#parts = parts
    this.#sides = [one, other]
    this.#idle = this.#waitForOctets()
    this.#pass(one, other)
    this.#pass(other, one)
    for (const side of this.#sides) side.once('close', () => this.#left())
  }
  cut(): void {
    for (const side of this.#sides) side.destroy()
  }

  #pass(from: Duplex, to: Duplex): void {
    const goOn = (): void => void from.resume()
    from.on('data', (chunk: Buffer) => {
      const { clock, octetsMax, passed, pace } = this.#parts
      this.#octets += chunk.length
      if (octetsMax > 0 && this.#octets > octetsMax) return this.cut()
      passed(chunk.length)
      this.#idle.cancel()
      this.#idle = this.#waitForOctets()
      const hasRoom = to.write(chunk)
      const debt = pace?.take(chunk.length, clock.now()) ?? 0
      if (hasRoom && debt === 0) return
      from.pause()
      if (debt === 0) return void to.once('drain', goOn)
      clock.after(debt, () => (to.writableNeedDrain ? to.once('drain', goOn) : goOn()))
    })
    from.once('end', () => to.end())
    // A connection that broke: the other side must not take what it has for the whole.
    from.once('close', () => from.readableEnded || to.destroy())
    from.resume()
  }
  #waitForOctets(): Timer {
    return this.#parts.clock.after(this.#parts.idleMs, () => this.cut())
  }
  #left(): void {
    this.#closed += 1
    if (this.#closed < this.#sides.length) return
    this.#idle.cancel()
    this.#parts.over()
  }
}
