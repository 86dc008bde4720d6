import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minutesBack, ticksUpTo } from './axis.ts'

test('an axis has round numbers, and the highest value is on it', () => {
  assert.deepEqual(ticksUpTo(7), [0, 2, 4, 6, 8])
  assert.deepEqual(ticksUpTo(1000), [0, 250, 500, 750, 1000])
  assert.deepEqual(ticksUpTo(0.3), [0, 0.1, 0.2, 0.3])
  assert.deepEqual(ticksUpTo(1), [0, 0.25, 0.5, 0.75, 1])
  for (let most = 0.013; most < 1e6; most *= 1.37) {
    const ticks = ticksUpTo(most)
    assert.ok(ticks.length <= 5 && ticks.at(-1)! >= most * 0.999 && ticks.at(-2)! < most, `${most}: ${ticks}`)
  }
})
test('what is counted has no halves on its axis', () => {
  assert.deepEqual(ticksUpTo(0, true), [0, 1])
  assert.deepEqual(ticksUpTo(1, true), [0, 1])
  assert.deepEqual(ticksUpTo(3, true), [0, 1, 2, 3])
  assert.deepEqual(ticksUpTo(10, true), [0, 5, 10])
  assert.deepEqual(ticksUpTo(1000, true), [0, 250, 500, 750, 1000])
  for (let most = 1; most < 2000; most++) assert.ok(ticksUpTo(most, true).every(Number.isInteger), String(most))
})
test('times before now: at most five', () => {
  assert.deepEqual(minutesBack(3_600_000), [60, 45, 30, 15])
  assert.deepEqual(minutesBack(10 * 60_000), [10, 8, 6, 4, 2])
  assert.deepEqual(minutesBack(30_000), [])
})
