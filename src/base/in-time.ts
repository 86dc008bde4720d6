/** Waiting that has an end. */
import type { Clock, Millis } from './clock.ts'

/** Resolves when `work` is done, or after `span`: then with false, and `work` goes on. Rejects if `work` does before. */
export async function inTime(clock: Clock, span: Millis, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = clock.after(span, () => late.resolve(false))
  try {
    return await Promise.race([work.then(() => true), late.promise])
  } finally {
    timer.cancel()
  }
}
