import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inWords, ratioOf } from './ratio.ts'

const against100 = (...now: readonly number[]): [number, number][] => now.map((n) => [n, 100])

test('the ratio of two builds is the median of the rounds, with the middle half as its range', () => {
  assert.deepEqual(ratioOf(against100(300, 104, 102, 103, 101)), { median: 1.03, low: 1.02, high: 1.04 })
})

test('a difference is called noise when the middle half of the rounds says both', () => {
  assert.equal(inWords(ratioOf(against100(97, 99, 102, 103, 104))), '1.020 (-1.0 % to +3.0 %): inside the noise')
  assert.equal(inWords(ratioOf(against100(104, 105, 106, 107, 108))), '1.060 (+5.0 % to +7.0 %): SLOWER')
  assert.equal(inWords(ratioOf(against100(90, 91, 92, 93, 94))), '0.920 (-9.0 % to -7.0 %): faster')
})
