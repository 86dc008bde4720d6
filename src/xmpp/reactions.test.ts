/** Reactions in a message. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Payload } from './packet.ts'
import { reactionsElement, reactionsIn } from './relations.ts'

test('XEP-0444: of the reactions of one person the first fifty are looked at, and no long texts', () => {
  const now = ['👍', 'x'.repeat(101), ...Array.from({ length: 60 }, (_, i) => `r${i}`)]
  const found = reactionsIn(Payload.of(reactionsElement({ id: 'm', now })))!
  assert.deepEqual(found.now, ['👍', ...now.slice(2, 51)])
})
