import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { historyOf } from './history.ts'
import type { HistoryAsk } from './tells.ts'

const all = Array.from({ length: 100 }, (_, i) => ({ at: 1000 * i, characters: 10 }))
const NO_WISH: HistoryAsk = { maxCharacters: null, maxStanzas: null, since: null }
const count = (ask: Partial<HistoryAsk> | null, max = 50): number =>
  historyOf(all, ask === null ? null : { ...NO_WISH, ...ask }, max).length

test('ROOM-61: the smallest of all wishes and limits holds, whole messages only, the newest', () => {
  assert.equal(count(null), 20)
  assert.equal(count({}), 20)
  assert.equal(count(null, 5), 5)
  assert.equal(count({ maxStanzas: 3 }), 3)
  assert.equal(count({ maxStanzas: 300 }), 50)
  assert.equal(count({ maxStanzas: 0 }), 0)
  assert.equal(count({ maxCharacters: 0 }), 0)
  assert.equal(count({ maxCharacters: 35 }), 3)
  assert.equal(count({ since: 90_000 }), 10)
  assert.equal(count({ since: 90_000, maxStanzas: 4, maxCharacters: 35 }), 3)
  assert.deepEqual(historyOf(all, { ...NO_WISH, maxStanzas: 1 }, 50), [all.at(-1)])
})

test('ROOM-61: what is shown is the end of what there is, and breaks no limit', () => {
  const wish = fc.option(fc.integer({ min: 0, max: 60 }))
  const messages = fc.array(fc.record({ at: fc.integer({ min: 0, max: 60 }), characters: fc.integer({ min: 1, max: 9 }) }))
  fc.assert(
    fc.property(messages, wish, wish, wish, fc.integer({ min: 0, max: 60 }), (some, maxCharacters, maxStanzas, since, max) => {
      const sorted = some.toSorted((a, b) => a.at - b.at)
      const shown = historyOf(sorted, { maxCharacters, maxStanzas, since }, max)
      assert.deepEqual(shown, sorted.slice(sorted.length - shown.length))
      const sum = shown.reduce((n, { characters }) => n + characters, 0)
      assert.ok(shown.length <= Math.min(max, maxStanzas ?? max))
      assert.ok(maxCharacters === null || sum <= maxCharacters)
      assert.ok(since === null || shown.every(({ at }) => at >= since))
    }),
  )
})
