import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, lasting } from './words.ts'

const now = new Date(Date.UTC(2026, 5, 15, 12))
const before = (seconds: number): Date => new Date(now.getTime() - seconds * 1000)

test('times as people say them', () => {
  const spans = [2, 40, 90, 7200, 86_400, 40 * 86_400, 800 * 86_400]
  assert.deepEqual(
    spans.map((s) => ago(before(s), now)),
    ['just now', '40 seconds ago', '1 minute ago', '2 hours ago', 'yesterday', 'last month', '2 years ago'],
  )
  assert.equal(lasting(before(600), now), '10 minutes')
})
test('a clock of another machine that is ahead of ours says nothing about the future', () => {
  assert.equal(ago(before(-30), now), 'just now')
})
