import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { distance, nearest, remedyFor } from './suggestion.ts'

test('distance: known pairs', () => {
  assert.equal(distance('', ''), 0)
  assert.equal(distance('kitten', 'sitting'), 3)
  assert.equal(distance('flaw', 'lawn'), 2)
  assert.equal(distance('', 'abc'), 3)
})

test('distance: it is a metric', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      assert.equal(distance(a, b) === 0, a === b)
      assert.equal(distance(a, b), distance(b, a))
      assert(distance(a, c) <= distance(a, b) + distance(b, c))
    }),
  )
})

test('the nearest name wins; case and underscores make no difference', () => {
  const known = ['stanza-size', 'stanza-size-before-login', 'depth']
  assert.equal(nearest('Stanza_Size', known), 'stanza-size')
  assert.equal(nearest('dept', known), 'depth')
  assert.equal(nearest('colour', known), null)
  assert.equal(remedyFor('colour', ['a', 'b']), 'Known are: a, b.')
})
