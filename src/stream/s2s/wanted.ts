/** The pairs for which one stream has asked, by dialback, to send, and the callers that wait for the answer. */
import type { Clock, Millis } from '../../base/clock.ts'
import { pairKey, type DomainPair } from '../../xmpp/domain-pair.ts'
import type { Outcome } from './dialback/elements.ts'
import { refusedBy, type PeerFailure } from './failure.ts'

interface Waiting {
  readonly answer: Promise<void>
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
  /** @param ask makes the request, once for all callers. Resolves when it is granted. @throws PeerFailure */
  want(pair: DomainPair, ask: () => void): Promise<void> {
    const waiting = this.#waiting.get(pairKey(pair))
    if (waiting !== undefined) return waiting.answer
    const { promise: answer, resolve: granted, reject: refused } = Promise.withResolvers<void>()
    const timer = this.#clock.after(this.#withinMs, () => this.refused(pair, 'remote-server-timeout'))
    const stop = (): void => timer.cancel()
    answer.then(stop, stop)
    this.#waiting.set(pairKey(pair), { answer, granted, refused })
    ask()
    return answer
  }
  granted(pair: DomainPair): void {
    this.#take(pair)?.granted()
  }
  refused(pair: DomainPair, why: Outcome): void {
    this.#take(pair)?.refused(refusedBy(why))
  }
  /** The stream has ended. */
  over(why: PeerFailure): void {
    for (const { refused } of this.#waiting.values()) refused(why)
    this.#waiting.clear()
  }

  #take(pair: DomainPair): Waiting | undefined {
    const waiting = this.#waiting.get(pairKey(pair))
    this.#waiting.delete(pairKey(pair))
    return waiting
  }
}
