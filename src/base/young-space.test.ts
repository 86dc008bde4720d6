import assert from 'node:assert/strict'
import { test } from 'node:test'
import v8 from 'node:v8'
import { ManualClock } from './manual-clock.ts'
import { giveBackAtRest, youngSpace } from './young-space.ts'

test('after a burst the space for new objects is collected a few times, and then left alone until the next', () => {
  const clock = new ManualClock()
  let load = 1
  let collections = 0
  const timer = giveBackAtRest(clock, { load: () => load, collect: () => void (collections += 1) })
  const after = (span: number): number => {
    collections = 0
    clock.advance(span)
    return collections
  }
  assert.equal(after(60_000), 0, 'not while there is work to do')
  load = 0.01
  assert.equal(after(4000), 2)
  load = 0.5
  assert.equal(after(4000), 0)
  load = 0.01
  assert.equal(after(3_600_000), 5)
  load = 0.5
  clock.advance(2000)
  load = 0
  timer.cancel()
  assert.equal(after(60_000), 0)
})

test('a collection takes away what nobody holds', () => {
  const space = youngSpace()
  const used = (): number => v8.getHeapSpaceStatistics().find((s) => s.space_name === 'new_space')!.space_used_size
  space.collect()
  space.collect()
  const before = used()
  for (let i = 0; i < 10_000; i++) Array.of(i)
  space.collect()
  space.collect()
  assert.ok(used() < before + 100_000, `${used()} octets`)
  const load = space.load()
  assert.ok(load >= 0 && load <= 1, `${load}`)
})
