import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { plainLine } from './chat-lines.ts'
import { behind, foundIn, withPage, type Found, type Source } from './found.ts'

const found = (source: number, at: number): Found => ({
  ...{ kind: 'chat', jid: `${source}@a.example` },
  line: plainLine({ id: '', archiveId: `${source} ${at}`, mine: false, text: '', at: new Date(at) }),
})
const PAGE = 3
/** The next page of a source that has found at these times, the newest first. */
function next(source: Source, times: readonly number[], index: number): Source {
  const read = times.slice(source.found.length, source.found.length + PAGE)
  const isEnd = source.found.length + PAGE >= times.length
  return withPage(source, { found: read.map((at) => found(index, at)), before: isEnd ? null : 'more' })
}

test('property: what several archives have found stands in one order, and nothing comes in front of what was shown', () => {
  const times = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 20 }).map((all) => all.sort((a, b) => b - a))
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 5 }), (archives) => {
      let sources: readonly Source[] = archives.map((_, i) => ({ room: String(i), found: [], before: '' }))
      let shown: readonly number[] = []
      for (let late = behind(sources); late.length > 0; late = behind(sources)) {
        sources = sources.map((source, i) => (late.includes(source) ? next(source, archives[i]!, i) : source))
        const now = foundIn(sources).map(({ line }) => line.at.getTime())
        assert.deepEqual(now.slice(0, shown.length), shown)
        shown = now
      }
      assert.deepEqual(
        shown,
        archives.flat().sort((a, b) => b - a),
      )
    }),
  )
})
test('an archive that refuses does not hold up the others', () => {
  const sources: readonly Source[] = [
    { room: null, found: [found(0, 5)], before: null },
    withPage({ room: 'tea@a.example', found: [], before: '' }, null),
  ]
  assert.deepEqual([foundIn(sources).length, behind(sources)], [1, []])
})
