import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pause } from './clock.ts'
import { ManualClock } from './manual-clock.ts'
import { inPortions, Portions } from './portions.ts'
import { tickOver } from './tick.ts'

test('the first portion is done at once, each of the others after a pause, and the last may be smaller', async () => {
  const clock = new ManualClock(0)
  const done: string[] = []
  const all = inPortions(
    [1, 2, 3, 4, 5],
    2,
    () => pause(clock, 10),
    (some) => void done.push(`${clock.now()}: ${some.join(' ')}`),
  )
  assert.deepEqual(done, ['0: 1 2'])
  for (let i = 0; i < 3; i++) {
    await tickOver()
    clock.advance(10)
  }
  await all
  assert.deepEqual(done, ['0: 1 2', '10: 3 4', '20: 5'])
})

test('a portion that fails ends the work, and its error is told', async () => {
  const done: number[] = []
  const work = ([n]: readonly number[]): void => {
    done.push(n!)
    if (n === 2) throw new Error('two')
  }
  await assert.rejects(
    inPortions([1, 2, 3], 1, () => Promise.resolve(), work),
    /two/,
  )
  assert.deepEqual(done, [1, 2])
})

function* steps(n: number, step: () => void): Generator {
  for (let i = 0; i < n; i++) {
    step()
    yield
  }
}

test('a small job is done at once, a large one in turns; what comes meanwhile waits for it', async () => {
  const clock = new ManualClock(0)
  const portions = new Portions(clock, (error) => assert.fail(String(error)))
  let large = 0
  let small = 0
  portions.do(steps(10, () => (small += 1)))
  assert.equal(small, 10)
  portions.do(steps(2500, () => (large += 1)))
  assert.ok(large > 0 && large < 2500, `${large}`)
  portions.do(steps(1, () => (small += 1)))
  assert.equal(small, 10)
  clock.advance(1000)
  assert.deepEqual([large, small], [2500, 11])
})

test('a job that throws is told of, and the next one is done', () => {
  const errors: unknown[] = []
  const portions = new Portions(new ManualClock(0), (error) => errors.push(error))
  let done = 0
  portions.do(
    steps(1, () => {
      throw new Error('job')
    }),
  )
  portions.do(steps(3, () => (done += 1)))
  assert.deepEqual([errors.length, done], [1, 3])
})
