import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reductionOf, sizeFor } from './sizes.ts'

test('a reduced picture is made in one of five sizes', () => {
  for (const [width, height, isCrop, made] of [
    [1, 1, true, '32x32 crop'],
    [33, 20, true, '96x96 crop'],
    [97, 97, true, '320x240'],
    [32, 32, false, '320x240'],
    [320, 241, false, '640x480'],
    [700, 500, false, '800x600'],
    [9000, 9000, true, '800x600'],
  ] as const) {
    const size = sizeFor(width, height, isCrop)
    assert.equal(`${size.width}x${size.height}${size.isCrop ? ' crop' : ''}`, made)
  }
})

test('a picture is reduced as a whole, or cut, and never made larger', () => {
  const [whole, cut] = [sizeFor(320, 240, false), sizeFor(96, 96, true)]
  const all = (width: number, height: number) => ({ width, height, part: { x: 0, y: 0, width, height } })
  assert.equal(reductionOf(320, 240, whole), null)
  assert.equal(reductionOf(10, 20, cut), null)
  assert.deepEqual(reductionOf(640, 240, whole), all(320, 120))
  assert.deepEqual(reductionOf(1, 30_000, whole), all(1, 240))
  assert.deepEqual(reductionOf(192, 96, cut), { width: 192, height: 96, part: { x: 48, y: 0, width: 96, height: 96 } })
  assert.deepEqual(reductionOf(20, 200, cut), { width: 20, height: 200, part: { x: 0, y: 52, width: 20, height: 96 } })
})
