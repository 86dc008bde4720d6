import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, lasting, doubtedFor } from './words.ts'

const now = new Date(Date.UTC(2026, 5, 15, 12))
const before = (seconds: number): Date => new Date(now.getTime() - seconds * 1000)

test('times as people say them', () => {
  const spans = [2, 40, 90, 7200, 86_400, 40 * 86_400, 800 * 86_400]
  assert.deepEqual(
    spans.map((s) => ago(before(s), now)),
    ['just now', '40 seconds ago', '1 minute ago', '2 hours ago', 'yesterday', 'last month', '2 years ago'],
  )
  assert.equal(lasting(before(600), now), '10 minutes')
  assert.equal(lasting(before(40 * 86_400), now), '1 month')
})
test('a clock of another machine that is ahead of ours says nothing about the future', () => {
  assert.equal(ago(before(-30), now), 'just now')
})
test('0203: how long a doubt has held', () => {
  const [since, now] = [new Date(0), new Date(3 * 60_000)]
  const doubt = { from: 'a.example' }
  assert.equal(doubtedFor({ ...doubt, doubt: 'connection-paused', since }, now), 'connection interrupted for 3 minutes')
  assert.equal(doubtedFor({ ...doubt, doubt: 'server-unavailable', since: null }, now), 'server out of reach')
  assert.equal(doubtedFor({ ...doubt, doubt: 'connection-paused', since: now }, since), 'connection interrupted for a moment')
})
