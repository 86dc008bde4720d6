import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOut, isSilent, waitBefore } from './stakes.ts'

const MINUTE = 60_000

test('a room that has lost us is joined again at once, and more and more slowly if that does not last', () => {
  const stake = { attempts: 0, enteredAt: 0 }
  const waits = Array.from({ length: 8 }, () => waitBefore(stake, MINUTE))
  assert.deepEqual(waits, [0, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  stake.enteredAt = 2 * MINUTE
  assert.equal(waitBefore(stake, 2 * MINUTE + 1000), 60_000, 'it has put us out again soon after it let us in')
  assert.equal(waitBefore(stake, 4 * MINUTE), 0)
})
test('XEP-0410 3.2: what the answer to the ping of oneself means', () => {
  for (const condition of ['not-acceptable', 'not-allowed', 'bad-request']) assert.ok(isOut(condition, 'cancel'), condition)
  for (const condition of [
    'service-unavailable',
    'feature-not-implemented',
    'item-not-found',
    'timeout',
    'remote-server-timeout',
  ])
    assert.ok(!isOut(condition, 'cancel'), condition)
  assert.ok(!isOut('not-acceptable', 'wait'))
})
test('XEP-0410 3.2: a room is asked after a quarter of an hour of silence', () => {
  assert.ok(!isSilent({ heardAt: 0 }, 15 * MINUTE))
  assert.ok(isSilent({ heardAt: 0 }, 15 * MINUTE + 1))
})
