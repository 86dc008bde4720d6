import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SystemClock } from './clock.ts'

test('a timer of more than 24 days does not fire at once, and can be cancelled', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const DAY = 86_400_000
  let fired = 0
  const clock = new SystemClock()
  clock.after(60 * DAY, () => (fired += 1))
  clock.after(60 * DAY, () => (fired += 100)).cancel()
  for (let day = 0; day < 59; day++) t.mock.timers.tick(DAY)
  assert.equal(fired, 0)
  for (let day = 0; day < 3; day++) t.mock.timers.tick(DAY) // the mock starts a nested timer at the end of its tick
  assert.equal(fired, 1)
})
