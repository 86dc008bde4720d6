import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wholeAddress } from './address.ts'

test('a name alone is one of the server that the page comes from; a whole address stays as it is', () => {
  assert.equal(wholeAddress('آدم', 'example.org'), 'آدم@example.org')
  for (const host of ['127.0.0.1', '[::1]', 'localhost']) assert.equal(wholeAddress('romeo', host), 'romeo@localhost')
  assert.equal(wholeAddress('romeo@example.net', 'localhost'), 'romeo@example.net')
})
