import assert from 'node:assert/strict'
import { test } from 'node:test'
import { every, SystemClock } from './clock.ts'
import { ManualClock } from './manual-clock.ts'

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

test('every: after each interval, until the timer is cancelled, which the work itself may do', () => {
  const clock = new ManualClock(0)
  const at: number[] = []
  const timer = every(clock, 10, () => {
    at.push(clock.now())
    if (at.length === 3) timer.cancel()
  })
  assert.deepEqual(at, [])
  clock.advance(100)
  assert.deepEqual(at, [10, 20, 30])
})
