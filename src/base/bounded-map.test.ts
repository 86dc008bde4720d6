import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedMap } from './bounded-map.ts'

test('with one entry too many, the one that was set longest ago is forgotten', () => {
  const map = new BoundedMap<string, number>(2)
  map.set('a', 1).set('b', 2).set('a', 3).set('c', 4)
  assert.deepEqual(
    [...map],
    [
      ['a', 3],
      ['c', 4],
    ],
  )
  map.set('c', 5)
  assert.deepEqual([...map.keys()], ['a', 'c'], 'what is set again takes no room')
})
