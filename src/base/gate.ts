/** What enters a server waits here while the server may not work on it. */
import type { Clock, Millis, Timer } from './clock.ts'

export interface Gate {
  /** Asked each time that something enters. */
  isOpen(): boolean
  /** Calls `run` when the gate opens; never if the server has to end instead. */
  whenOpen(run: () => void): void
}

/** A clock whose timers fire only while the gate is open. */
export class GatedClock implements Clock {
  readonly #clock: Clock
  readonly #gate: Gate

  constructor(clock: Clock, gate: Gate) {
    this.#clock = clock
    this.#gate = gate
  }
  now(): Millis {
    return this.#clock.now()
  }
  elapsed(): Millis {
    return this.#clock.elapsed()
  }
  after(delay: Millis, fire: () => void): Timer {
    let isCancelled = false
    const entering = (): void => {
      if (isCancelled) return
      if (this.#gate.isOpen()) fire()
      else this.#gate.whenOpen(entering)
    }
    const timer = this.#clock.after(delay, entering)
    return {
      cancel() {
        isCancelled = true
        timer.cancel()
      },
    }
  }
}
