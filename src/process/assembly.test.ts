import assert from 'node:assert/strict'
import { test } from 'node:test'
import { section } from '../base/settings.ts'
import type { Feature } from '../server/feature.ts'
import { inOrderOfNeed } from './assembly.ts'

const feature = (name: string, ...needs: readonly string[]): Feature => ({
  name,
  specs: [],
  needs,
  settings: section({}),
  install() {},
})
const names = (...all: readonly Feature[]): string[] => inOrderOfNeed(all).map((f) => f.name)

test('features are installed behind those that they need, otherwise as they stand', () => {
  assert.deepEqual(names(feature('a', 'c'), feature('b'), feature('c', 'd'), feature('d')), ['d', 'c', 'a', 'b'])
})

test('a need that nobody meets, and needs in a circle, stop the start', () => {
  assert.throws(() => names(feature('a', 'b')), /The feature a needs b, which does not exist/)
  assert.throws(() => names(feature('a', 'b'), feature('b', 'a')), /Features need each other: a, b, a/)
})
