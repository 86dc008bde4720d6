import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededEntropy } from './entropy.ts'
import { timeId, timeIdFrom } from './time-id.ts'

const time = fc.integer({ min: 0, max: 2 ** 47 })

test('MAM-20: ids have 22 characters of base64url, and none comes twice', () => {
  const entropy = seededEntropy('ids')
  const ids = Array.from({ length: 2000 }, () => timeId(1_767_268_800_000, entropy))
  assert.equal(new Set(ids).size, 2000)
  for (const id of ids) assert.match(id, /^[\w-]{22}$/)
})

test('MAM-20: ids sort by their time', () => {
  const entropy = seededEntropy('ids')
  fc.assert(
    fc.property(time, time, (a, b) => {
      const [one, other] = [timeId(a, entropy), timeId(b, entropy)]
      if (a !== b) assert.equal(one < other, a < b)
      assert.equal(timeIdFrom(a) <= other, a <= b)
    }),
  )
})
