import assert from 'node:assert/strict'
import fc from 'fast-check'
import { seededEntropy } from '../base/entropy.ts'
import {
  ABOUT_MAX,
  everythingOf,
  FEW_ABOUT,
  pagesFrom,
  READ_OCTETS_MAX,
  type ArchiveEntry,
  type ArchiveFilter,
} from '../server/archive.ts'
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
const seqs = ({ entries }: { readonly entries: readonly ArchiveEntry[] }): readonly number[] => entries.map(({ seq }) => seq)

contract(
  'what is about one entry is read up to a limit, and the newest of an author is found whatever came later',
  async (stores) => {
    const archive = await fresh(stores)
    const about = (seq: number, withFull: string): ArchiveEntry => entryOf(archive, seq, { target: 't', withFull })
    const many = Array.from({ length: ABOUT_MAX + 5 }, (_, i) => about(i + 3, 'bob@b.example/x'))
    await archive.append([about(1, 'carol@a.example'), about(2, 'carol@a.example/phone'), ...many])
    const found = await archive.about(OWNER, 't', 'message')
    assert.deepEqual([found.length, found[0]!.seq, found.at(-1)!.seq], [ABOUT_MAX, 8, ABOUT_MAX + 7])
    const newest = async (author: string) => (await archive.newestAbout(OWNER, 't', 'message', author))?.seq ?? null
    assert.deepEqual(
      [await newest('carol@a.example'), await newest('bob@b.example'), await newest('carol@a.exampl')],
      [2, ABOUT_MAX + 7, null],
    )
    const flagged = [1, 2, 3].map((i) => entryOf(archive, ABOUT_MAX + 7 + i, { target: 't', flags: i === 2 ? 4 : 5 }))
    await archive.append(flagged)
    const last = (before: number, set: number) =>
      archive.lastAbout({ owner: OWNER, target: 't', kind: 'message', before, mask: 1, set })
    assert.deepEqual(await last(ABOUT_MAX + 11, 1), [flagged[0], flagged[2]])
    assert.deepEqual(await last(ABOUT_MAX + 10, 1), [flagged[0]])
    const others = await last(ABOUT_MAX + 11, 0)
    assert.deepEqual([others.length, others.at(-1)], [FEW_ABOUT, flagged[1]])
  },
)

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
  assert.deepEqual(await archive.page(everythingOf(OWNER), 10, 'first'), { entries: [entry, bare], isAll: true })
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

contract('MAM-20: whose archives have got something lately is known without a look into each of them', async (stores) => {
  const archive = await fresh(stores)
  const owners = async (time: number): Promise<readonly string[]> => [...(await archive.ownersSince(time))].toSorted()
  await archive.append(
    [1, 2, 3].flatMap((seq) => [entryOf(archive, seq), entryOf(archive, seq + 5, { owner: `${seq}@a.example` })]),
  )
  assert.deepEqual(await owners(7001), ['3@a.example'])
  assert.deepEqual(await owners(3000), ['1@a.example', '2@a.example', '3@a.example', OWNER])
  assert.deepEqual(await owners(8001), [])
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
    assert.equal(await archive.prune(OWNER, { before: 0, entriesMax: 3, octetsMax: Infinity, kinds }), 0)
    assert.deepEqual(await left(), [1, 2, 3, 4, 5, 6])
    assert.equal(await archive.prune(OWNER, { before: 0, entriesMax: 1, octetsMax: Infinity, kinds }), 5)
    assert.deepEqual(await left(), [2, 4, 6])
    assert.equal(await archive.prune(OWNER, { before: 7000, entriesMax: 9, octetsMax: Infinity, kinds }), 6)
    assert.deepEqual(await left(), [2, 4])
    await archive.remove(OWNER)
    assert.deepEqual(await left(), [])
  },
)

contract('MAM-20: entries are read up to a number of octets, however many are asked for; all are found', async (stores) => {
  const archive = await fresh(stores)
  const bob = { ...everythingOf(OWNER), withBare: 'bob@b.example' }
  const octets = (n: number): string => `<body>${'x'.repeat(n)}</body>`
  const large = READ_OCTETS_MAX / 4
  const all = Array.from({ length: 60 }, (_, i) =>
    entryOf(archive, i + 1, { payload: octets(i < 30 ? large : 10), mx: i === 59 ? octets(2 * READ_OCTETS_MAX) : null }),
  )
  await archive.append(all)
  for (const filter of [everythingOf(OWNER), bob]) {
    const few = await archive.page(filter, 30, 'first')
    assert.deepEqual([seqs(few), few.isAll], [[1, 2, 3, 4], false])
    const one = await archive.page(filter, 30, 'last')
    assert.deepEqual([seqs(one), one.isAll], [[60], false])
    const between = await archive.page({ ...filter, after: 27, before: 60 }, 100, 'last')
    assert.deepEqual([between.entries.length, between.isAll], [32, true])
    for (const end of ['first', 'last'] as const) {
      const found: number[] = []
      for await (const entries of pagesFrom((range) => archive.page({ ...filter, ...range }, 25, end), end))
        found.push(...seqs({ entries }))
      assert.deepEqual(
        found.toSorted((a, b) => a - b),
        all.map(({ seq }) => seq),
      )
    }
  }
})

contract('MAM-23: more is removed than fits into one step', async (stores) => {
  const archive = await fresh(stores)
  await archive.append(Array.from({ length: 2500 }, (_, i) => entryOf(archive, i + 1)))
  assert.equal(await archive.prune(OWNER, { before: 0, entriesMax: 100, octetsMax: Infinity, kinds: ['message'] }), 2400)
  assert.deepEqual(seqs(await archive.page(everythingOf(OWNER), 1, 'first')), [2401])
})

contract('MAM-21: an entry whose time is not in the order of positions is found by its time', async (stores) => {
  const archive = await fresh(stores)
  const between = async (owner: string, seconds: readonly number[], span: Partial<ArchiveFilter>) => {
    await archive.append(seconds.map((time, i) => entryOf(archive, i + 1, { owner, time: time * 1000 })))
    return seqs(await archive.page({ ...everythingOf(owner), ...span }, 9, 'first'))
  }
  assert.deepEqual(await between('a', [10, 100, 45, 200, 210, 220], { start: 60_000 }), [2, 4, 5, 6])
  assert.deepEqual(await between('b', [10, 20, 100, 45, 200, 210], { end: 60_000 }), [1, 2, 4])
  assert.deepEqual(await between('c', [10, 20], { start: 200_000 }), [])
  assert.deepEqual(await between('d', [], { start: 0, end: 200_000 }), [])
})

contract(
  'MAM-33: messages with one person are found though they came between the questions, or positions began anew',
  async (stores) => {
    const archive = await fresh(stores)
    const bob = { ...everythingOf(OWNER), withBare: 'bob@b.example' }
    const found = async (): Promise<readonly number[]> => seqs(await archive.page(bob, 9999, 'first'))
    assert.deepEqual(await found(), [])
    const others = Array.from({ length: 4500 }, (_, i) => entryOf(archive, i + 3, { withBare: 'carol@c.example' }))
    await archive.append([entryOf(archive, 1), entryOf(archive, 2, { withBare: null }), ...others])
    assert.deepEqual(await found(), [1])
    await archive.append([entryOf(archive, 4503), entryOf(archive, 4504, { withBare: 'carol@c.example' })])
    const late = archive.append([entryOf(archive, 4505)])
    assert.deepEqual(await found(), [1, 4503, 4505])
    await late
    assert.deepEqual(seqs(await archive.apart.page(bob, 1, 'last')), [4505])
    assert.equal(await archive.count(bob, 2), 2)
    await archive.remove(OWNER, 4503)
    assert.deepEqual(await found(), [4505])
    await archive.remove(OWNER)
    assert.deepEqual(await found(), [])
    await archive.append([entryOf(archive, 1), entryOf(archive, 2)])
    assert.deepEqual(await found(), [1, 2])
  },
)

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
      // Times are in the order of positions but for a minute
      time: fc.constantFrom(0, 20_000, 59_999),
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
    start: some(100_000, 200_000, 210_000, 2_000_000),
    end: some(220_000, 259_999, 300_000, 2_000_000),
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
      const entries = all.map((draft, i) => entryOf(archive, i + 1, { ...draft, owner, time: 20_000 * (i + 1) + draft.time }))
      await archive.append([...entries, entryOf(archive, 1, { owner: `${owner}x` })])
      const wanted = entries.filter((entry) => matches(entry, filter))
      const whole = { owner, ...filter }
      assert.deepEqual(
        (await archive.page(whole, limit, isLast ? 'last' : 'first')).entries,
        isLast ? wanted.slice(-limit) : wanted.slice(0, limit),
      )
      assert.equal(await archive.count(whole, 5), Math.min(5, wanted.length))
    }),
    { numRuns: 40 },
  )
})

contract('MAM-23: the edge is set by octets too, which are measured once, also over a restart', async (stores) => {
  const { database } = await stores()
  let archive = await open(database)
  const large = (seq: number) => entryOf(archive, seq, { payload: 'ä'.repeat(50_000) })
  const prune = (octetsMax: number) => archive.prune(OWNER, { before: 0, entriesMax: null, octetsMax, kinds: ['message'] })
  const left = async () => seqs(await archive.page(everythingOf(OWNER), 99, 'first'))
  await archive.append([1, 2, 3, 4, 5, 6, 7].map(large))
  assert.equal(await prune(700_000), 0)
  archive = await open(database)
  await archive.append([8, 9, 10].map(large))
  assert.equal(await prune(1_000_000), 0)
  assert.equal(await prune(999_999), 3, 'a block of 300,000')
  assert.deepEqual(await left(), [4, 5, 6, 7, 8, 9, 10])
  assert.equal(await prune(400_000), 6)
  archive = await open(database)
  assert.equal(await prune(400_000), 0)
  await archive.append([large(11)])
  assert.equal(await prune(400_000), 9)
  assert.deepEqual(await left(), [10, 11])
  await archive.remove(OWNER)
  await archive.append([large(1)])
  assert.equal(await prune(100_000), 0, 'positions begin anew')
})

contract('MAM-23: messages that only waited counted as part of the archive when they were gone', async (stores) => {
  const { database } = await stores()
  const archive = await open(database)
  const large = (seq: number, kind: string) => entryOf(archive, seq, { kind, payload: 'x'.repeat(300_000) })
  await archive.append([large(1, 'message'), large(2, 'held'), large(3, 'held'), large(4, 'message')])
  const retention = { before: 0, entriesMax: null, kinds: ['message'] }
  assert.equal(await archive.edgeFor(OWNER, { ...retention, octetsMax: 600_000 }), 0)
  assert.equal(await archive.edgeFor(OWNER, { ...retention, octetsMax: 599_999 }), 1)
})

contract('MAM-23: an archive that was measured while it was removed shortened the next one of its owner', async (stores) => {
  const { database } = await stores()
  const archive = await open(database)
  const all = Array.from({ length: 4000 }, (_, i) => entryOf(archive, i + 1, { payload: 'x'.repeat(300) }))
  await archive.append(all)
  const edge = (octetsMax: number) => archive.edgeFor(OWNER, { before: 0, entriesMax: null, octetsMax, kinds: ['message'] })
  await Promise.all([archive.remove(OWNER), edge(Infinity)])
  await archive.append([entryOf(archive, 1)])
  assert.equal(await edge(100_000), 0)
})

contract(
  'MAM-33: the first question for messages with one person read the whole archive; most of it is prepared',
  async (stores) => {
    const { database } = await stores()
    const archive = await open(database)
    const all = Array.from({ length: 12_500 }, (_, i) => entryOf(archive, i + 1, { withBare: `${i % 2}@b.example` }))
    for (let i = 0; i < all.length; i += 2500) await archive.append(all.slice(i, i + 2500))
    const upTo = async (): Promise<number | undefined> =>
      (await database.read<{ seq: number }>({ sql: 'select seq from archive_peers_up_to', parameters: [] }))[0]?.seq
    await archive.prepare(OWNER)
    assert.equal(await upTo(), 10_000, 'a part at a time')
    await archive.prepare(OWNER)
    assert.equal(await upTo(), 12_000, 'and not for a few')
    await archive.prepare(OWNER)
    assert.equal(await upTo(), 12_000)
    assert.equal(await archive.count({ ...everythingOf(OWNER), withBare: '1@b.example' }, 9999), 6250)
    assert.equal(await upTo(), 12_500)
    await archive.remove(OWNER)
    await archive.prepare(OWNER)
  },
)
