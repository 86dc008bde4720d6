/** PostgreSQL's own: connections that are lost, and who may use a database. What both engines do is in the contract tests. */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { Between } from '../../test/support/postgres-between.ts'
import { Cluster, sharedCluster, withoutPostgres } from '../../test/support/postgres.ts'
import { SystemClock, type Clock } from '../base/clock.ts'
import { ManualClock } from '../base/manual-clock.ts'
import type { Database, Query } from '../server/database.ts'
import type { Member } from './postgres-members.ts'
import { openPostgres } from './postgres.ts'

const insert = (id: number): Query<unknown> => ({ sql: 'insert into entry values ($1)', parameters: [id] })
const ALL: Query<{ id: number }> = { sql: 'select id from entry order by id', parameters: [] }

interface Opened {
  readonly url: string
  readonly run?: string
  readonly clock?: Clock
  readonly member?: Member
}
async function open(t: TestContext, { url, run = 'a', clock = new SystemClock(), member }: Opened): Promise<Database> {
  const database = await openPostgres({ url, password: '', clock, run, ...(member && { member }) })
  t.after(() => database.close())
  await database.migrate('test', [(schema) => [schema.createTable('entry').addColumn('id', 'bigint', (c) => c.primaryKey())]])
  return database
}
const ids = async (database: Database): Promise<readonly number[]> => (await database.read(ALL)).map((row) => row.id)
const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

/** Numbers are written as fast as they are acknowledged. */
class Writer {
  readonly acknowledged: number[] = []
  readonly ended: Promise<unknown>
  #isOver = false

  constructor(database: Database, lanes: number) {
    let next = 0
    const lane = async (): Promise<void> => {
      while (!this.#isOver) {
        const id = next++
        await database.write(insert(id))
        this.acknowledged.push(id)
      }
    }
    this.ended = Promise.all(range(lanes).map(lane))
  }
  async until(count: number): Promise<void> {
    const wanted = this.acknowledged.length + count
    while (this.acknowledged.length < wanted) await Promise.race([setTimeout(5), this.ended])
  }
  stop(): Promise<unknown> {
    this.#isOver = true
    return this.ended
  }
}

describe('PostgreSQL', { skip: withoutPostgres }, () => {
  test('connections that PostgreSQL ends: nothing acknowledged is lost, nothing is done twice, nobody is refused', async (t) => {
    const cluster = await sharedCluster()
    const url = await cluster.database('ended')
    const database = await open(t, { url })
    const writer = new Writer(database, 20)
    for (const _ of range(8)) {
      await writer.until(30)
      await cluster.sql('postgres', "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'ended'")
    }
    await writer.stop()
    assert.deepEqual(await ids(database), range(writer.acknowledged.length))
  })

  test('a database server that is killed and comes back: what was acknowledged is there, the rest waits', async (t) => {
    const cluster = await Cluster.start()
    const database = await open(t, { url: await cluster.database('killed') })
    t.after(() => cluster.stop('immediate'))
    const writer = new Writer(database, 20)
    await writer.until(30)
    await cluster.kill()
    await cluster.start()
    await writer.until(30)
    await writer.stop()
    assert.deepEqual(await ids(database), range(writer.acknowledged.length))
    assert.equal(database.trouble, null)
  })

  for (const what of ['lose-commit', 'lose-answer'] as const) {
    test(`a connection that breaks while a commit is under way (${what}): it is done once, and acknowledged`, async (t) => {
      const url = await (await sharedCluster()).schema()
      const between = await Between.start(t, url)
      const database = await open(t, { url: between.url })
      between.next = what
      assert.equal(await database.write(insert(1)), 1)
      assert.equal(between.next, 'pass')
      between.next = what
      assert.deepEqual(await database.atomically([insert(2), insert(3)]), [1, 1])
      assert.deepEqual(await ids(database), [1, 2, 3])
    })
  }

  test('a database that stays away: an error that says so, nothing acknowledged, and it works when it is back', async (t) => {
    const cluster = await Cluster.start()
    t.after(() => cluster.stop('immediate'))
    const clock = new ManualClock()
    const database = await open(t, { url: await cluster.database('away'), clock })
    await cluster.stop('immediate')
    const refused = assert.rejects(database.write(insert(1)), {
      trouble: 'unreachable',
      isPassing: true,
      message:
        /^The database postgresql:\/\/\S+ cannot be reached \(.*\)\. Check that PostgreSQL runs and that \[storage\] url is right/,
    })
    await passing(clock, refused)
    assert.match(String(database.trouble), /cannot be reached/)
    await assert.rejects(database.write(insert(2)), { trouble: 'unreachable' })
    await cluster.start()
    await passing(
      clock,
      until(async () => (await database.write(insert(3)).catch(() => 0)) === 1),
    )
    assert.deepEqual(await ids(database), [3])
    assert.equal(database.trouble, null)
  })

  test('CL-29: one server at a time; another is refused with the place of the first, until the first has left', async (t) => {
    const url = await (await sharedCluster()).schema()
    const first = await open(t, { url, member: { identity: 'one', place: 'mercury, in /data', role: 'alone' } })
    const clock = new ManualClock()
    const refused = assert.rejects(openPostgres({ url, password: '', clock, run: 'b' }), {
      trouble: 'busy',
      message: /is used by another Porchlight \(mercury, in \/data\)\. Stop that server first/,
    })
    await passing(clock, refused)
    await first.close()
    const second = await open(t, { url, run: 'b' })
    assert.deepEqual(await ids(second), [])
  })

  test('CL-22: a server that was put out while it was cut off writes nothing more', async (t) => {
    const cluster = await sharedCluster()
    const url = await cluster.database('cut_off')
    const first = await open(t, { url })
    const second = await taken(t, cluster, { url, run: 'b' })
    await assert.rejects(first.write(insert(1)), {
      trouble: 'closed',
      message: /^Another Porchlight has used the database .* while this one was cut off from it/,
    })
    assert.match(String(await first.taken), /Another Porchlight has used the database/)
    assert.equal(await second.write(insert(1)), 1)
    await second.close()
    await assert.rejects(first.write(insert(2)), { trouble: 'closed' })
  })

  test('CL-29: a server whose process has ended is followed at once by the next run with its data directory', async (t) => {
    const cluster = await sharedCluster()
    const url = await cluster.database('again')
    const member: Member = { identity: 'one', place: 'here', role: 'alone' }
    const between = await Between.start(t, url)
    await openPostgres({ url: between.url, password: '', clock: new ManualClock(), run: 'a', member })
    between.sever()
    // Its clock stands still: it could wait for no lease
    await open(t, { url, run: 'b', member, clock: new ManualClock() })
  })

  test('T-N24: PostgreSQL that has lost what it had acknowledged: the server ends, because its memory is ahead', async (t) => {
    const cluster = await sharedCluster()
    const url = await cluster.database('behind')
    const database = await open(t, { url })
    await database.write(insert(1))
    await database.write(insert(2))
    await cluster.sql('behind', 'update cluster_fence set batch = batch - 1')
    await cluster.sql('postgres', "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'behind'")
    await assert.rejects(database.write(insert(3)), { trouble: 'closed', message: /has lost changes that it had acknowledged/ })
    assert.match(String(await database.taken), /Start this server again/)
  })

  for (const isDone of [true, false])
    test(`T-N24: a commit whose outcome is not known is answered when it is known, however long that takes (${isDone ? 'it was done' : 'it was not'})`, async (t) => {
      const cluster = await sharedCluster()
      const url = await cluster.schema()
      const between = await Between.start(t, url)
      const clock = new ManualClock()
      const database = await open(t, { url: between.url, clock })
      between.next = isDone ? 'lose-answer' : 'lose-commit'
      between.isAway = true
      let isAnswered = false
      const written = database.write(insert(1)).then((count) => {
        isAnswered = true
        return count
      })
      const waited = clock.now()
      while (clock.now() - waited < 120_000) {
        clock.advance(1000)
        await setTimeout(2)
      }
      assert.equal(isAnswered, false)
      between.isAway = false
      await passing(clock, written)
      assert.equal(await written, 1)
      assert.deepEqual(await ids(database), [1])
    })

  test('what cannot be used is refused with what to do', async () => {
    const cluster = await sharedCluster()
    const openAt = (url: string) => openPostgres({ url, password: '', clock: new SystemClock(), run: 'a' })
    await assert.rejects(openAt(cluster.url('nowhere')), {
      trouble: 'unreachable',
      message: /"nowhere" does not exist.*createdb/,
    })
    const latin = await cluster.database('latin', `encoding 'LATIN1' locale_provider libc`)
    await assert.rejects(openAt(latin), { trouble: 'unreachable', message: /has the encoding LATIN1\. Make one with/ })
    const readOnly = await cluster.database('read_only')
    await cluster.sql('postgres', 'alter database read_only set default_transaction_read_only = on')
    await assert.rejects(openAt(readOnly), { trouble: 'not-writable', message: /cannot be written.*right to create tables/ })
    const held = await cluster.database('held')
    // As a server of an earlier version, for as long as it ran
    const holder = new Client({ connectionString: held })
    await holder.connect()
    await holder.query('select pg_advisory_lock(1349481059, hashtext(current_schema()))')
    try {
      await assert.rejects(openAt(held), { trouble: 'busy', message: /held\S* is locked by another program .*Stop it/ })
    } finally {
      await holder.end()
    }
  })
})

/** The lease of the first server is over, and another one takes its place. */
async function taken(t: TestContext, cluster: Cluster, other: Opened): Promise<Database> {
  await cluster.sql('cut_off', "update cluster_member set state = 'left'")
  return open(t, other)
}
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setImmediate()
}
/** Time passes until it has happened. */
async function passing(clock: ManualClock, it: Promise<unknown>): Promise<void> {
  const over = it.then(() => true)
  const aWhile = () => setTimeout(2).then(() => false)
  while (!(await Promise.race([aWhile(), over]))) clock.advance(100)
}
