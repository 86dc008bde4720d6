import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Batch, Reply } from './batch.ts'
import { StatementQueue } from './statement-queue.ts'
import { StorageError, type StorageTrouble } from './storage-error.ts'

/** A queue whose ticks end and whose batches are answered when the test says so. */
function bench(limit = 100) {
  const posted: Batch[] = []
  const ticks: (() => void)[] = []
  let closed = 0
  const carrier = {
    post: (batch: Batch) => {
      posted.push(batch)
    },
    close: async () => {
      closed++
    },
  }
  const queue = new StatementQueue(
    carrier,
    (run) => ticks.push(run),
    limit,
    (f) => new StorageError('statement', f.message),
  )
  const endTick = (): void => ticks.splice(0).forEach((run) => run())
  const changed = (batch: Batch): Reply => ({ columns: [], outcomes: batch.units.map((unit) => unit.map(() => 1)) })
  return { queue, posted, endTick, changed, closed: () => closed }
}
const insert = (n: number) => ({ sql: 'insert into t values (?)', parameters: [n] })
const select = { sql: 'select a from t', parameters: [] }
const troubleOf = (promise: Promise<unknown>): Promise<StorageTrouble | null> =>
  promise.then(
    () => null,
    (error: unknown) => (error as StorageError).trouble,
  )

test('the statements of one tick are one message, and a text is told once', async () => {
  const { queue, posted, endTick, changed } = bench()
  const all = Promise.all([1, 2, 3].map((n) => queue.submit([insert(n)])))
  assert.equal(posted.length, 0)
  endTick()
  assert.deepEqual(posted[0], {
    texts: [[0, insert(0).sql]],
    dropped: [],
    readsOnly: false,
    units: [[[0, [1], false]], [[0, [2], false]], [[0, [3], false]]],
  })
  queue.replied(changed(posted[0]!))
  assert.deepEqual(
    (await all).map(([result]) => result!.count),
    [1, 1, 1],
  )
  void queue.submit([insert(4)])
  endTick()
  assert.deepEqual(posted[1]!.texts, [])
})

test('two batches are under way at most; what comes meanwhile becomes one', () => {
  const { queue, posted, endTick, changed } = bench()
  for (let n = 1; n <= 5; n++) {
    void queue.submit([insert(n)])
    endTick()
  }
  assert.equal(posted.length, 2)
  queue.replied(changed(posted[0]!))
  endTick()
  assert.deepEqual(
    posted[2]!.units.map(([call]) => call![1]),
    [[3], [4], [5]],
  )
})

test('a batch of selects alone is marked as one that writes nothing', () => {
  const { queue, posted, endTick } = bench()
  void queue.submit([select])
  endTick()
  void queue.submit([select])
  void queue.submit([insert(1)])
  endTick()
  assert.deepEqual(
    posted.map((batch) => batch.readsOnly),
    [true, false],
  )
})

test('rows are put together with the names that came with the text', async () => {
  const { queue, posted, endTick } = bench()
  const first = queue.submit([select])
  endTick()
  queue.replied({ columns: [[posted[0]!.texts[0]![0], ['a']]], outcomes: [[[[1], [2]]]] })
  const second = queue.submit([select])
  endTick()
  queue.replied({ columns: [], outcomes: [[[[3]]]] })
  assert.deepEqual([(await first)[0]!.rows, (await second)[0]!.rows], [[{ a: 1 }, { a: 2 }], [{ a: 3 }]])
})

test('past the limit a statement is refused, and only until others are done', async () => {
  const { queue, posted, endTick, changed } = bench(2)
  const accepted = queue.submit([insert(1), insert(2)])
  assert.equal(await troubleOf(queue.submit([insert(3)])), 'overloaded')
  endTick()
  queue.replied(changed(posted[0]!))
  await accepted
  void queue.submit([insert(4)])
  endTick()
  assert.equal(posted[1]!.units.length, 1)
})

test('closing waits for what was accepted and refuses the rest', async () => {
  const { queue, posted, endTick, changed, closed } = bench()
  const accepted = queue.submit([insert(1)])
  const closing = queue.close()
  assert.equal(await troubleOf(queue.submit([insert(2)])), 'closed')
  endTick()
  assert.equal(closed(), 0)
  queue.replied(changed(posted[0]!))
  await Promise.all([accepted, closing])
  assert.equal(closed(), 1)
})

test('when the thread dies, nobody waits for ever', async () => {
  const { queue, endTick } = bench()
  const posted = queue.submit([insert(1)])
  endTick()
  const gathered = queue.submit([insert(2)])
  queue.lost(new StorageError('closed', 'died'))
  assert.deepEqual(await Promise.all([posted, gathered, queue.submit([insert(3)])].map(troubleOf)), [
    'closed',
    'closed',
    'closed',
  ])
  await queue.close()
})

test('when there are very many texts the oldest is dropped, and told anew when it comes again', () => {
  const { queue, posted, endTick } = bench(10_000)
  for (let n = 0; n <= 1000; n++) void queue.submit([{ sql: `select ${n}`, parameters: [] }])
  void queue.submit([{ sql: 'select 0', parameters: [] }])
  endTick()
  const { texts, dropped } = posted[0]!
  assert.deepEqual(dropped, [0, 1])
  assert.deepEqual(
    [texts[0], texts[1001]],
    [
      [0, 'select 0'],
      [1001, 'select 0'],
    ],
  )
})
