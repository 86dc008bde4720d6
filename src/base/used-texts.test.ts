import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsedTexts } from './used-texts.ts'

test('a text is kept while somebody uses it', () => {
  const texts = new UsedTexts()
  assert.equal(texts.take('a'), 'a')
  texts.take('a')
  texts.take('b')
  texts.leave('a')
  texts.leave('none')
  assert.equal(texts.size, 2)
  texts.leave('a')
  assert.equal(texts.size, 1)
})
