import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LossTimes } from './loss-times.ts'

test('a presence is in doubt since the first loss that came after it, whatever came later', () => {
  const losses = new LossTimes()
  losses.ends(1, 1000)
  losses.ends(4, 5000)
  const since = [0, 1, 3, 4].map((heardAfter) => losses.since(heardAfter))
  assert.deepEqual([...since, losses.doubtedBefore], [1000, 5000, 5000, null, 4])
})
test('a loss after which nothing was heard begins no other doubt', () => {
  const losses = new LossTimes()
  losses.ends(2, 1000)
  losses.ends(2, 5000)
  assert.deepEqual([losses.since(0), losses.since(1), losses.since(2)], [1000, 1000, null])
})
test('the losses that are remembered are limited; what is older stays in doubt', () => {
  const losses = new LossTimes()
  for (let n = 1; n <= 25; n++) losses.ends(n, n * 1000)
  assert.deepEqual([losses.since(0), losses.since(10), losses.since(24)], [6000, 11_000, 25_000])
})
test('a loss that is not over is the beginning of the doubt of what was heard before; its end confirms nothing', () => {
  const losses = new LossTimes()
  losses.begins(1000)
  const during = losses.since(3)
  losses.ends(4, 9000)
  assert.deepEqual([during, losses.since(3), losses.since(4)], [1000, 1000, null])
  losses.begins(20_000)
  assert.deepEqual([losses.since(3), losses.since(4)], [1000, 20_000])
})
