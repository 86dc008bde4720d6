/**
 * RFC 8305 (happy eyeballs) section 5: attempts start one after another. The next one starts when the previous one has
 * failed or has taken a while. The first success wins, and the others are cancelled.
 */
import type { Clock, Millis, Timer } from '../base/clock.ts'

export interface Attempt<T> {
  readonly done: Promise<T>
  /** Gives the attempt up; `done` may then settle in any way, or never. */
  cancel(): void
}

/** RFC 8305 8: "Connection Attempt Delay". */
export const ATTEMPT_DELAY: Millis = 250

/**
 * The result of the first attempt that succeeds.
 * @param starts at least one
 * @throws the error of the attempt that failed last
 */
export function race<T>(starts: readonly (() => Attempt<T>)[], clock: Clock, delay: Millis = ATTEMPT_DELAY): Promise<T> {
  return new Promise((resolve, reject) => {
    const open = new Set<Attempt<T>>()
    let next = 0
    let won = false
    let timer: Timer | null = null
    const startNext = (): void => {
      timer?.cancel()
      const start = starts[next]
      if (start === undefined) return
      next += 1
      const attempt = start()
      open.add(attempt)
      if (next < starts.length) timer = clock.after(delay, startNext)
      attempt.done.then(
        (result) => {
          open.delete(attempt)
          if (won) return
          won = true
          timer?.cancel()
          for (const other of open) other.cancel()
          resolve(result)
        },
        (error: unknown) => {
          open.delete(attempt)
          if (won) return
          if (next < starts.length) startNext()
          else if (open.size === 0) reject(error)
        },
      )
    }
    startNext()
  })
}
