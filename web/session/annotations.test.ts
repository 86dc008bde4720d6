import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAnnotation } from './annotations.ts'

test('0203: since when a doubt holds; a time that is none is not shown', () => {
  const since = new Date('2026-01-01T00:00:00Z')
  assert.deepEqual(readAnnotation({ from: 'a.example', connectionPaused: true, since }).since, since)
  assert.equal(readAnnotation({ from: 'a.example', connectionPaused: true, since: new Date('rubbish') }).since, null)
  assert.equal(readAnnotation({ from: 'a.example', connectionPaused: true }).since, null)
})
