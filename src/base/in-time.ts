/** Waiting with a time limit. */
import type { Clock, Millis } from './clock.ts'

/** Resolves with true when `work` is done, or with false after `span`; `work` goes on then. Rejects if `work` rejects first. */
export async function inTime(clock: Clock, span: Millis, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = clock.after(span, () => late.resolve(false))
  try {
    return await Promise.race([work.then(() => true), late.promise])
  } finally {
    timer.cancel()
  }
}
