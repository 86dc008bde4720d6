import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../xml/wire.ts'
import { WireCache } from './wire-cache.ts'

test('keeps what is asked for, forgets what is not, and never holds more than its limit', () => {
  const cache = new WireCache<number>(10)
  cache.set(wire('hot'), -1)
  for (let i = 0; i < 100; i++) {
    cache.set(wire(`cold${i}`), i)
    assert.equal(cache.get(wire('hot')), -1)
  }
  let held = 0
  for (let i = 0; i < 100; i++) if (cache.get(wire(`cold${i}`)) === i) held++
  assert.ok(held > 0 && held <= 9, `${held} held`)
  assert.equal(cache.get(wire('cold0')), undefined)
})

test('a key that is set again has its new value', () => {
  const cache = new WireCache<number>(4)
  cache.set(wire('a'), 1)
  cache.set(wire('b'), 2)
  cache.set(wire('c'), 3)
  cache.set(wire('a'), 4)
  assert.equal(cache.get(wire('a')), 4)
})
