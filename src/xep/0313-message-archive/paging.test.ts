import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ArchiveEnd, ArchiveRange } from '../../server/archive.ts'
import { FIRST_PAGE } from '../../xmpp/result-set.ts'
import { findPage, visibleIn, type Filtered } from './paging.ts'

interface Entry {
  readonly id: string
  readonly seq: number
}
const OCTETS = 60_000
/** An archive of 1000 long entries, and how many of them are held at once. */
function archive() {
  const all: readonly Entry[] = Array.from({ length: 1000 }, (_, i) => ({ id: `id${i + 1}`, seq: i + 1 }))
  const reads: number[] = []
  const page = async ({ after, before }: ArchiveRange, limit: number, end: ArchiveEnd) => {
    const inside = all.filter(({ seq }) => seq > (after ?? 0) && seq < (before ?? Infinity))
    const entries = end === 'first' ? inside.slice(0, Math.min(limit, 20)) : inside.slice(-Math.min(limit, 20))
    reads.push(entries.length)
    return { entries, isAll: entries.length === inside.length }
  }
  const byId = async (id: string): Promise<Entry | null> => all.find((entry) => entry.id === id) ?? null
  const filtered: Filtered<Entry> = { page, byId, count: async () => all.length, sizeOf: () => OCTETS }
  return { filtered, reads }
}
const ASK = {
  with: null,
  start: null,
  end: null,
  afterId: null,
  beforeId: null,
  ids: null,
  fullText: null,
  page: FIRST_PAGE,
  isFlipped: false,
}

test('MAM-36, LAB-27: where much is hidden, no more is gathered for a page than fits into it', async () => {
  const { filtered, reads } = archive()
  const even = visibleIn(filtered, (entry): entry is Entry => entry.seq % 2 === 0)
  const { entries, isComplete } = await findPage(even, { ...ASK, page: { ...FIRST_PAGE, max: 250 } })
  assert.deepEqual([entries.map(({ seq }) => seq), isComplete], [[2, 4, 6, 8], false])
  assert.deepEqual(reads, [20], 'nothing was read for the page beside the first entries')
})
test('LAB-27: a few visible entries at the far end of an archive are all found', async () => {
  const { filtered } = archive()
  const rare = visibleIn(filtered, (entry): entry is Entry => entry.seq > 998)
  const { entries, isComplete } = await findPage(rare, ASK)
  assert.deepEqual([entries.map(({ seq }) => seq), isComplete], [[999, 1000], true])
  const early = visibleIn(filtered, (entry): entry is Entry => entry.seq < 3)
  const last = await findPage(early, { ...ASK, page: { ...FIRST_PAGE, max: 1, before: '' } })
  assert.deepEqual([last.entries.map(({ seq }) => seq), last.isComplete], [[2], false])
})
