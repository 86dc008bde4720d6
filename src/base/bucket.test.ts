import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Bucket } from './bucket.ts'

test('a full bucket gives what it holds, and then says how long the debt lasts', () => {
  const bucket = new Bucket(3, 10, 0)
  assert.deepEqual(
    [1, 1, 1, 1, 1].map((n) => bucket.take(n, 0)),
    [0, 0, 0, 100, 200],
  )
  assert.equal(bucket.take(1, 300), 0)
})

test('what cannot be had is not taken', () => {
  const bucket = new Bucket(1, 1, 0)
  assert.deepEqual(
    [0, 0, 400, 1000, 1000].map((now) => bucket.tryTake(1, now)),
    [0, 1000, 600, 0, 1000],
  )
})

test('it saves up no more than it holds, and a clock that is put back takes nothing away', () => {
  const bucket = new Bucket(2, 1, 0)
  assert.deepEqual(
    [1_000_000, 1_000_000, 1_000_000].map((now) => bucket.tryTake(1, now)),
    [0, 0, 1000],
  )
  assert.equal(bucket.tryTake(1, 0), 1000)
  assert.equal(bucket.tryTake(1, 1000), 0)
})

test('property: in no span is more to be had than was saved up and came in', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(500), { maxLength: 100 }),
      (capacity, perSecond, pauses) => {
        const bucket = new Bucket(capacity, perSecond, 0)
        let now = 0
        let had = 0
        for (const pause of pauses) {
          now += pause
          if (bucket.tryTake(1, now) === 0) had += 1
          assert.ok(had <= capacity + (now * perSecond) / 1000 + 1e-6)
        }
      },
    ),
  ))
