/** How the work for an input grows with it. Counted is the processor time of this thread, which does not pass while others have the processor. */
import assert from 'node:assert/strict'

/** A disturbed measurement is made again. What grows too fast does so each time. */
const TRIES = 5
/** How much longer the long input is. */
const LONGER = 16
/** The long one costs as much as all the short ones together if the work grows along, and 16 times as much if each part is held against each other one. */
const TIMES_MAX = 5
/** In milliseconds: the clock of some systems knows nothing smaller. */
const LEAST = 10

/** @param long 16 times as long as `short` */
export function assertGrowsAlong<T>(what: string, read: (input: T) => void, short: T, long: T): void {
  const manyShort = (): void => {
    for (let times = 0; times < LONGER; times += 1) read(short)
  }
  // Code becomes fast while it runs
  manyShort()
  const seen: string[] = []
  for (let tries = 0; tries < TRIES; tries += 1) {
    const [apart, together] = [workOf(manyShort), workOf(() => read(long))]
    if (together < TIMES_MAX * Math.max(apart, LEAST)) return
    seen.push(`${apart} ms in short inputs, ${together} ms in a long one`)
  }
  assert.fail(`${what}: ${seen.join('; ')}`)
}
function workOf(run: () => void): number {
  const begun = process.threadCpuUsage()
  run()
  const { user, system } = process.threadCpuUsage(begun)
  return (user + system) / 1000
}
