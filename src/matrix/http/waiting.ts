/**
 * Requests that wait for news. A request stops waiting when there is news, when its time is over, when its client has gone, when
 * its device is logged out, or when the server stops.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { HttpExchange } from '../../base/http.ts'
import type { Jid } from '../../xmpp/jid.ts'

export type WhyAwake = 'woken' | 'over' | 'gone' | 'ended' | 'stopping'
/** Makes something call `wake` when there is news. @returns ends that */
export type Listen = (wake: () => void) => () => void

interface Waiting {
  readonly device: string
  readonly stop: (why: WhyAwake) => void
}

export class Waits {
  readonly #clock: Clock
  /** By account. */
  readonly #waiting = new Map<string, Set<Waiting>>()
  #isStopping = false

  constructor(clock: Clock) {
    this.#clock = clock
  }
  get size(): number {
    let size = 0
    for (const some of this.#waiting.values()) size += some.size
    return size
  }
  /** Never rejects. */
  wait(user: Jid, device: string, exchange: HttpExchange, span: Millis, listen: Listen): Promise<WhyAwake> {
    if (this.#isStopping) return Promise.resolve('stopping')
    if (span <= 0) return Promise.resolve('over')
    return new Promise((resolve) => {
      let isOver = false
      let unlisten: (() => void) | null = null
      const stop = (why: WhyAwake): void => {
        if (isOver) return
        isOver = true
        timer.cancel()
        unlisten?.()
        this.#remove(user.bare, waiting)
        resolve(why)
      }
      const waiting: Waiting = { device, stop }
      const timer = this.#clock.after(span, () => stop('over'))
      this.#add(user.bare, waiting)
      exchange.onLost(() => stop('gone'))
      unlisten = listen(() => stop('woken'))
      if (isOver) unlisten()
    })
  }
  /** @param device null: all devices of the user */
  end({ bare }: Jid, device: string | null): void {
    for (const waiting of [...(this.#waiting.get(bare) ?? [])])
      if (device === null || waiting.device === device) waiting.stop('ended')
  }
  /** From now on no request waits. */
  stop(): void {
    this.#isStopping = true
    for (const some of [...this.#waiting.values()]) for (const waiting of [...some]) waiting.stop('stopping')
  }

  #add(bare: string, waiting: Waiting): void {
    const some = this.#waiting.get(bare) ?? new Set()
    this.#waiting.set(bare, some.add(waiting))
  }
  #remove(bare: string, waiting: Waiting): void {
    const some = this.#waiting.get(bare)
    if (some?.delete(waiting) === true && some.size === 0) this.#waiting.delete(bare)
  }
}
