/** Waits for what a test cannot hear of as an event, turn by turn of the event loop, but not for ever. */
import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'

const PATIENCE_MS = 10_000

/**
 * Returns when `isSo`.
 * @param what is waited for
 * @param step brings it nearer; a turn of the event loop passes in any case
 * @throws AssertionError naming `what`, when it has not come about in good time
 */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  step: () => unknown = () => {},
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + patienceMs
  while (!(await isSo())) {
    assert(performance.now() < end, `waited ${patienceMs} ms in vain: ${what}`)
    await step()
    await turn()
  }
}
