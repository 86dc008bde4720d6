import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
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

/** A `SystemClock` on a machine whose two clocks the test moves. */
function machine(t: TestContext) {
  const at = { wall: 1_000_000, steady: 0 }
  t.mock.method(Date, 'now', () => Math.floor(at.wall))
  t.mock.method(performance, 'now', () => at.steady)
  const pass = (span: number): void => void ((at.wall += span), (at.steady += span))
  return { at, pass, clock: new SystemClock() }
}

test('the time that has passed is the same however often it is asked for', (t) => {
  const { clock, pass } = machine(t)
  for (let i = 0; i < 10_000; i++) {
    pass(0.3)
    clock.elapsed()
  }
  const wrong = clock.elapsed() - 3_000
  assert.ok(wrong > -1 && wrong < 20, `${wrong} ms more than 3 s`)
})

test('the time that has passed counts a pause of the machine and a clock that is set forward, and never goes back', (t) => {
  const { clock, pass, at } = machine(t)
  pass(100)
  assert.equal(clock.elapsed(), 100)
  at.wall += 30_000
  assert.equal(clock.elapsed(), 30_100)
  at.wall -= 60_000
  assert.equal(clock.elapsed(), 30_100)
  pass(5_000)
  assert.equal(clock.elapsed(), 35_100)
  at.wall += 500
  assert.equal(clock.elapsed(), 35_600)
  at.wall -= 500
  assert.equal(clock.elapsed(), 35_600)
})
