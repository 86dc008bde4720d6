import assert from 'node:assert/strict'
import fc from 'fast-check'
import { seededEntropy } from '../base/entropy.ts'
import { everythingOf, type ArchiveEntry, type ArchiveFilter } from '../server/archive.ts'
import { SqlArchive } from './archive.ts'
import type { Database } from '../server/database.ts'
import { contract, type OpenStores } from '../../test/support/contract.ts'

const OWNER = 'alice@a.example'
let runs = 0
const open = (database: Database): Promise<SqlArchive> => SqlArchive.open(database, seededEntropy(`archive ${(runs += 1)}`))
const fresh = async (stores: OpenStores): Promise<SqlArchive> => open((await stores()).database)

function entryOf(archive: SqlArchive, seq: number, more: Partial<ArchiveEntry> = {}): ArchiveEntry {
  return {
    owner: OWNER,
    seq,
    id: archive.newId(1000 * seq),
    stream: archive.nextStream(),
    time: 1000 * seq,
    withBare: 'bob@b.example',
    withFull: null,
    nick: null,
    kind: 'message',
    key: null,
    target: null,
    fromId: null,
    device: null,
    transaction: null,
    lang: null,
    payload: `<body>${seq}</body>`,
    mx: null,
    flags: 0,
    ...more,
  }
}
const seqs = (entries: readonly ArchiveEntry[]): readonly number[] => entries.map(({ seq }) => seq)

contract('MAM-20: what is kept comes out as it went in, each found by all its names', async (stores) => {
  const archive = await fresh(stores)
  const full: Partial<ArchiveEntry> = {
    withFull: 'bob@b.example/x',
    nick: 'Bob',
    key: 'k',
    target: 't',
    fromId: 'f',
    device: 'd',
    transaction: '1',
    lang: 'de',
    mx: '{}',
    flags: 5,
  }
  const [entry, bare] = [entryOf(archive, 1, full), entryOf(archive, 2, { payload: null, withBare: null })]
  await archive.append([entry, bare])
  assert.deepEqual(await archive.page(everythingOf(OWNER), 10, 'first'), [entry, bare])
  assert.deepEqual(await archive.byId(OWNER, entry.id), entry)
  assert.deepEqual(await archive.byFromId(OWNER, 'bob@b.example', 'f'), entry)
  assert.equal(await archive.byFromId(OWNER, 'bob@b.exampl', 'f'), null)
  assert.deepEqual(await archive.byTransaction(OWNER, 'd', '1'), entry)
  assert.deepEqual(await archive.about(OWNER, 't', 'message'), [entry])
  assert.deepEqual(await archive.newestOf(OWNER, 'message', 'k', 9), entry)
  assert.equal(await archive.newestOf(OWNER, 'message', 'k', 0), null)
  assert.equal(await archive.byId('carol@a.example', entry.id), null)
  assert.deepEqual(await archive.newest(OWNER), { seq: 2, time: 2000 })
  assert.deepEqual(await archive.newest('carol@a.example'), { seq: 0, time: 0 })
})

contract('MAM-20: an archive has no position, id and transaction twice', async (stores) => {
  const archive = await fresh(stores)
  const entry = entryOf(archive, 1, { device: 'd', transaction: '1' })
  await archive.append([entry])
  const others: Partial<ArchiveEntry>[] = [{ seq: 1 }, { seq: 2, id: entry.id }, { seq: 2, device: 'd', transaction: '1' }]
  for (const other of others) await assert.rejects(archive.append([entryOf(archive, other.seq!, other)]))
  await archive.append([
    entryOf(archive, 2, { device: 'e', transaction: '1' }),
    entryOf(archive, 1, { owner: 'carol@a.example' }),
  ])
})

contract('MXR-162: numbers of the stream rise over restarts, also after a crash', async (stores) => {
  const { database } = await stores()
  let last = 0
  for (let run = 0; run < 4; run++) {
    const archive = await open(database)
    for (let i = 0; i < 3; i++) {
      const seq = run * 3 + i + 1
      const entry = entryOf(archive, seq)
      assert.ok(entry.stream > last)
      last = entry.stream
      await archive.append([entry])
      assert.equal(await archive.at(OWNER, entry.stream), seq)
      assert.equal(await archive.at(OWNER, entry.stream - 1), seq - 1)
    }
  }
})

contract('MAM-23: a replacement keeps id, time and people', async (stores) => {
  const { database } = await stores()
  const archive = await open(database)
  const entry = entryOf(archive, 1, { mx: '{}' })
  await archive.append([entry])
  const { id, owner } = entry
  await database.atomically([archive.replacement({ owner, id, payload: '<gone/>', flags: 2 })])
  assert.deepEqual(await archive.byId(owner, id), { ...entry, payload: '<gone/>', mx: null, flags: 2 })
})

contract(
  'MAM-23, MXR-172: the edge is set by time or by the number of messages; behind it the newest of each state stays',
  async (stores) => {
    const archive = await fresh(stores)
    const state = (seq: number, key: string) => entryOf(archive, seq, { kind: 'config', key, payload: null })
    const all = [state(1, 'a'), state(2, 'b'), entryOf(archive, 3), state(4, 'a'), entryOf(archive, 5), entryOf(archive, 6)]
    await archive.append(all)
    const left = async () => seqs(await archive.page(everythingOf(OWNER), 10, 'first'))
    const kinds = ['message']
    assert.equal(await archive.prune(OWNER, { before: 0, entriesMax: 3, kinds }), 0)
    assert.deepEqual(await left(), [1, 2, 3, 4, 5, 6])
    assert.equal(await archive.prune(OWNER, { before: 0, entriesMax: 1, kinds }), 5)
    assert.deepEqual(await left(), [2, 4, 6])
    assert.equal(await archive.prune(OWNER, { before: 7000, entriesMax: 9, kinds }), 6)
    assert.deepEqual(await left(), [2, 4])
    await archive.remove(OWNER)
    assert.deepEqual(await left(), [])
  },
)

contract('MAM-23: more is removed than fits into one step', async (stores) => {
  const archive = await fresh(stores)
  await archive.append(Array.from({ length: 2500 }, (_, i) => entryOf(archive, i + 1)))
  assert.equal(await archive.prune(OWNER, { before: 0, entriesMax: 100, kinds: ['message'] }), 2400)
  assert.deepEqual(seqs(await archive.page(everythingOf(OWNER), 1, 'first')), [2401])
})

contract('MAM-21: any filter gives what a plain search gives, from either end, page by page', async (stores) => {
  const people = ['bob@b.example', 'carol@c.example', null] as const
  const some = <T>(...values: readonly T[]) => fc.constantFrom<T | null>(null, ...values)
  const drafts = fc.array(
    fc.record({
      withBare: fc.constantFrom(...people),
      withFull: some('eve@b.example', 'eve@b.example/1', 'eve@b.example0', 'eve@b.exampl'),
      nick: some('n', 'm'),
      kind: fc.constantFrom('message', 'subject', 'config'),
      payload: some('<body/>'),
      flags: fc.constantFrom(0, 1, 2),
    }),
    { maxLength: 30 },
  )
  const filters = fc.record({
    after: some(0, 3, 10),
    before: some(1, 8, 40),
    kinds: some(['message'], ['message', 'subject']),
    withBare: some('bob@b.example'),
    withFull: fc.constant(null),
    author: some('eve@b.example'),
    nick: some('n'),
    start: some(2000, 9000, 200_000),
    end: some(4000, 12_000, 200_000),
    flags: some([0, 2]),
    isStanza: fc.boolean(),
  })
  const matches = (e: ArchiveEntry, f: Omit<ArchiveFilter, 'owner'>): boolean =>
    (f.after === null || e.seq > f.after) &&
    (f.before === null || e.seq < f.before) &&
    (f.kinds === null || f.kinds.includes(e.kind)) &&
    (f.withBare === null || e.withBare === f.withBare) &&
    (f.author === null || e.withFull?.split('/')[0] === f.author) &&
    (f.nick === null || e.nick === f.nick) &&
    (f.start === null || e.time >= f.start) &&
    (f.end === null || e.time <= f.end) &&
    (f.flags === null || f.flags.includes(e.flags)) &&
    (!f.isStanza || e.payload !== null)
  const archive = await fresh(stores)
  let owners = 0
  await fc.assert(
    fc.asyncProperty(drafts, filters, fc.integer({ min: 1, max: 7 }), fc.boolean(), async (all, filter, limit, isLast) => {
      const owner = `owner${(owners += 1)}@a.example`
      const entries = all.map((draft, i) => entryOf(archive, i + 1, { ...draft, owner }))
      await archive.append([...entries, entryOf(archive, 1, { owner: `${owner}x` })])
      const wanted = entries.filter((entry) => matches(entry, filter))
      const whole = { owner, ...filter }
      assert.deepEqual(
        await archive.page(whole, limit, isLast ? 'last' : 'first'),
        isLast ? wanted.slice(-limit) : wanted.slice(0, limit),
      )
      assert.equal(await archive.count(whole, 5), Math.min(5, wanted.length))
    }),
    { numRuns: 40 },
  )
})
