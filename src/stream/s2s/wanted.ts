/** Pairs of domains for which one stream has asked, by dialback, to be allowed to write, and who waits for the answer. */
import type { Clock, Millis } from '../../base/clock.ts'
import { keyOf, type Outcome, type Pair } from './dialback/elements.ts'
import { refusedBy, type PeerFailure } from './failure.ts'

interface Waiting {
  readonly granted: () => void
  readonly refused: (why: PeerFailure) => void
}

export class Wanted {
  readonly #clock: Clock
  readonly #withinMs: Millis
  readonly #waiting = new Map<string, Waiting>()

  constructor(clock: Clock, withinMs: Millis) {
    this.#clock = clock
    this.#withinMs = withinMs
  }
  /** @param ask makes the request. Resolves when it is granted. @throws PeerFailure */
  want(pair: Pair, ask: () => void): Promise<void> {
    return new Promise((granted, refused) => {
      const timer = this.#clock.after(this.#withinMs, () => this.refused(pair, 'remote-server-timeout'))
      const over =
        <T>(then: (what: T) => void) =>
        (what: T): void => {
          timer.cancel()
          then(what)
        }
      this.#waiting.set(keyOf(pair), { granted: over<void>(granted), refused: over(refused) })
      ask()
    })
  }
  granted(pair: Pair): void {
    this.#take(pair)?.granted()
  }
  refused(pair: Pair, why: Outcome): void {
    this.#take(pair)?.refused(refusedBy(why))
  }

  #take(pair: Pair): Waiting | undefined {
    const waiting = this.#waiting.get(keyOf(pair))
    this.#waiting.delete(keyOf(pair))
    return waiting
  }
}
