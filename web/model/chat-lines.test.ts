import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasNews, lastTheirs, plainLine, withArchived, withSaid, type ChatLine } from './chat-lines.ts'

const line = (id: string, at: number, more: Partial<ChatLine> = {}): ChatLine => ({
  ...plainLine({ id, archiveId: null, mine: false, text: id, at: new Date(at) }),
  ...more,
})
const ids = (lines: readonly ChatLine[]): string => lines.map(({ id }) => id).join('')

test('0313: what is here and what the archive has stand in one order, each once', () => {
  const here = [line('c', 3, { archiveId: 'C' }), line('d', 4, { mine: true })]
  const page = [line('a', 1, { archiveId: 'A' }), line('c', 3, { archiveId: 'C' }), line('d', 4, { archiveId: 'D', mine: true })]
  const lines = withArchived(here, page)
  assert.equal(ids(lines), 'acd')
  assert.equal(lines.at(-1)?.archiveId, 'D', 'the archive knows more')
  assert.equal(ids(withSaid(lines, line('other', 9, { archiveId: 'C' }))), 'acd')
  assert.equal(ids(withSaid(lines, line('d', 9))), 'acdd', 'the other person may use the same id')
})
test('0490: news is what others said after the line that was displayed last', () => {
  const lines = [line('a', 1, { archiveId: 'A' }), line('b', 2, { archiveId: 'B', mine: true }), line('c', 3, { archiveId: 'C' })]
  assert.deepEqual(
    [hasNews(lines, 'A'), hasNews(lines, 'C'), hasNews(lines, 'long ago'), hasNews(lines, null)],
    [true, false, true, false],
  )
  assert.equal(hasNews(lines.slice(0, 2), 'A'), false, 'our own words are no news')
  assert.equal(lastTheirs(lines)?.id, 'c')
})
