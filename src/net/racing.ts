/**
 * RFC 8305 (happy eyeballs) section 5: attempts are started one after another, the next when the one before it has
 * failed or has taken a while; the first that succeeds wins, and the others are given up.
 */
import type { Clock, Millis, Timer } from '../base/clock.ts'

export interface Attempt<T> {
  readonly done: Promise<T>
  /** Gives it up; `done` may then do as it likes. */
  cancel(): void
}

/** RFC 8305 8: "Connection Attempt Delay". */
export const ATTEMPT_DELAY: Millis = 250

/**
 * What the first attempt that succeeds gives.
 * @param starts at least one
 * @throws what the last attempt to fail was rejected with
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
