import assert from 'node:assert/strict'
import { test } from 'node:test'
import v8 from 'node:v8'
import { ManualClock } from './manual-clock.ts'
import { giveBackAtRest, heapOfThread } from './young-space.ts'

test('after a burst the space for new objects is collected a few times, and then left alone until the next', () => {
  const clock = new ManualClock()
  let load = 1
  let collected = ''
  const heap = { load: () => load, collectNew: () => void (collected += 'n'), collectAll: () => void (collected += 'A') }
  const timer = giveBackAtRest(clock, heap)
  const after = (span: number): string => {
    collected = ''
    clock.advance(span)
    return collected
  }
  assert.equal(after(60_000), '', 'not while there is work to do')
  load = 0.01
  assert.equal(after(4000), 'An', 'after the start everything')
  load = 0.5
  assert.equal(after(4000), '')
  load = 0.01
  assert.equal(after(3_600_000), 'nnnnn')
  load = 0.5
  clock.advance(2000)
  load = 0
  timer.cancel()
  assert.equal(after(60_000), '')
})

test('a collection takes away what nobody holds', () => {
  const heap = heapOfThread()
  const used = (): number => v8.getHeapSpaceStatistics().find((s) => s.space_name === 'new_space')!.space_used_size
  heap.collectNew()
  heap.collectNew()
  const before = used()
  for (let i = 0; i < 10_000; i++) Array.of(i)
  heap.collectNew()
  heap.collectNew()
  assert.ok(used() < before + 100_000, `${used()} octets`)
  const kept = Array.from({ length: 1000 }, () => ({}))
  heap.collectAll()
  assert.equal(kept.length, 1000)
  const load = heap.load()
  assert.ok(load >= 0 && load <= 1, `${load}`)
})
