/** One piece of work at a time, and each owner in turn. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FairTurns } from './fair-turns.ts'

test('the owners have their turns in a circle, whoever came with more', async () => {
  const turns = new FairTurns({ ofOne: 3, ofAll: 10 })
  const done: string[] = []
  const first = Promise.withResolvers<void>()
  const all = [
    turns.take('a', () => first.promise),
    ...['a1', 'a2', 'a3', 'b1', 'c1', 'c2'].map((name) =>
      turns.take(name[0]!, () => {
        done.push(name)
        return name === 'a1' ? Promise.reject(new Error(name)) : Promise.resolve()
      }),
    ),
  ]
  assert.ok(turns.isFullFor('a'))
  assert.ok(!turns.isFullFor('b'))
  assert.deepEqual(done, [])
  first.resolve()
  const outcomes = await Promise.allSettled(all)
  assert.deepEqual(done, ['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 1)
  assert.ok(!turns.isFullFor('a'))
})

test('of all owners together only so much waits', async () => {
  const turns = new FairTurns({ ofOne: 3, ofAll: 2 })
  const all = ['a', 'b', 'c'].map((owner) => turns.take(owner, () => Promise.resolve()))
  assert.ok(turns.isFullFor('d'))
  await Promise.all(all)
  assert.ok(!turns.isFullFor('d'))
})
