import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Filtered } from './paging.ts'
import { WordSearch, wordsIn } from './word-search.ts'

interface Entry {
  readonly id: string
  readonly seq: number
  readonly text: string
}
const archiveOf = (texts: readonly string[]): Filtered<Entry> & { readonly entries: readonly Entry[] } => {
  const entries = texts.map((text, i) => ({ id: `id${i + 1}`, seq: i + 1, text }))
  const page: Filtered<Entry>['page'] = async ({ after, before }, limit, end) => {
    const inside = entries.filter(({ seq }) => seq > (after ?? 0) && seq < (before ?? Infinity))
    const found = end === 'first' ? inside.slice(0, limit) : inside.slice(-limit)
    return { entries: found, isAll: found.length < limit }
  }
  return { entries, page, count: async () => 0, byId: async () => null, sizeOf: () => 1 }
}
const searchIn = (texts: readonly string[], words: string, messagesMax = 10_000): WordSearch<Entry> =>
  new WordSearch({ archive: archiveOf(texts), words: wordsIn(words), messagesMax, textOf: ({ text }) => text })
const EVERYTHING = { after: null, before: null }

test('property: a search gives what a plain filter gives, from either end, over any number of pieces', async () => {
  const texts = fc.array(fc.constantFrom('red', 'Réd car', 'blue car', ''), { maxLength: 700 })
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 1, max: 300 }), fc.boolean(), async (all, limit, isFirst) => {
      const expected = archiveOf(all).entries.filter(({ text }) => /r[eé]d/i.test(text))
      const found = await searchIn(all, 'RED').page(EVERYTHING, limit, isFirst ? 'first' : 'last')
      assert.deepEqual(found.entries, isFirst ? expected.slice(0, limit) : expected.slice(-limit))
    }),
    { numRuns: 50 },
  )
})
test('a search ends after so many messages, and knows that there are more', async () => {
  const texts = [...Array.from({ length: 1000 }, () => 'dull'), 'gem', ...Array.from({ length: 300 }, () => 'dull')]
  const cut = searchIn(texts, 'gem', 200)
  assert.deepEqual([(await cut.page(EVERYTHING, 10, 'last')).entries, cut.isCut], [[], true])
  const enough = searchIn(texts, 'gem', 2000)
  assert.deepEqual([(await enough.page(EVERYTHING, 10, 'last')).entries.length, enough.isCut], [1, false])
})
