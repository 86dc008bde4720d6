import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { ManualClock } from '../base/manual-clock.ts'
import type { Database } from '../server/database.ts'
import { openSqlite } from './sqlite.ts'
import type { StorageError, StorageTrouble } from './storage-error.ts'

const directory = mkdtempSync(join(tmpdir(), 'porchlight-'))
const opened: Database[] = []
after(async () => {
  await Promise.all(opened.map((database) => database.close()))
  rmSync(directory, { recursive: true })
})

const clock = new ManualClock()
const file = (name: string): string => join(directory, name)
async function open(name: string): Promise<Database> {
  const database = await openSqlite(file(name), { clock })
  opened.push(database)
  return database
}
const run = <R>(database: Database, text: string) =>
  sql
    .raw<R>(text)
    .execute(database.schema<unknown>())
    .then(({ rows }) => rows)
const troubleOf = (promise: Promise<unknown>): Promise<StorageTrouble | null> =>
  promise.then(
    () => null,
    (error: unknown) => (error as StorageError).trouble,
  )

test('a new file is readable for the server alone, logs ahead, waits for the disk, and minds its references', async () => {
  const database = await open('new.db')
  assert.equal(statSync(file('new.db')).mode & 0o777, 0o600)
  assert.deepEqual(await run(database, 'select journal_mode from pragma_journal_mode'), [{ journal_mode: 'wal' }])
  assert.deepEqual(await run(database, 'select synchronous from pragma_synchronous'), [{ synchronous: 2 }])
  assert.deepEqual(await run(database, 'select foreign_keys from pragma_foreign_keys'), [{ foreign_keys: 1 }])
})

test('what was written is there when the file is opened again', async () => {
  const first = await open('again.db')
  await run(first, 'create table t (a)')
  void run(first, 'insert into t values (7)')
  await run(first, 'insert into t values (8)')
  await first.close()
  const second = await open('again.db')
  assert.deepEqual(await run(second, 'select a from t'), [{ a: 7 }, { a: 8 }])
  await second.close()
  assert.equal(await troubleOf(run(second, 'select a from t')), 'closed')
})

test('a file that cannot be made is refused with its name and a remedy', async () => {
  await assert.rejects(openSqlite(file('no/such/directory.db'), { clock }), {
    trouble: 'not-writable',
    message: /no\/such\/directory\.db cannot be written \(ENOENT.*Check that its directory exists/,
  })
  await assert.rejects(openSqlite(directory, { clock }), { trouble: 'not-writable', message: /EISDIR/ })
})

test('a file that is something else is refused, and left alone', async () => {
  writeFileSync(file('letter.db'), 'Dear Juliet, '.repeat(1000))
  await assert.rejects(open('letter.db'), {
    trouble: 'corrupt',
    message: /letter\.db is damaged or is not a database.*restore a backup/,
  })
  assert.match(readFileSync(file('letter.db'), 'utf8'), /^Dear Juliet/)
})

test('damage inside the file fails the statement that meets it, with the same advice', async () => {
  const first = await open('damaged.db')
  await run(first, 'create table t (a)')
  await run(first, 'create table whole (a)')
  await run(first, 'insert into t select hex(zeroblob(2000)) from (values (1), (2), (3), (4), (5), (6), (7), (8))')
  await first.close()
  const fd = openSync(file('damaged.db'), 'r+')
  // Page 2 is the root of the first table made; pages have 4096 octets and begin with their kind.
  writeSync(fd, Buffer.alloc(4096, 0x5a), 0, 4096, 4096)
  closeSync(fd)
  const second = await open('damaged.db')
  const [damaged, whole] = await Promise.all([
    troubleOf(run(second, 'select a from t')),
    troubleOf(run(second, 'select a from whole')),
  ])
  assert.deepEqual([damaged, whole], ['corrupt', null])
})

test('a full disk fails the writes that it keeps from being kept, and no more', async () => {
  const database = await open('full.db')
  await run(database, 'create table t (a)')
  await run(database, 'pragma max_page_count = 10')
  const before = run(database, "insert into t values ('before')")
  const large = run(database, 'insert into t values (zeroblob(100000))')
  assert.deepEqual(await Promise.all([before, large].map(troubleOf)).then(([, second]) => second), 'disk-full')
  const kept = (await troubleOf(before)) === null ? 1 : 0
  assert.deepEqual(await run(database, 'select count(*) as n from t'), [{ n: kept }])
  await run(database, 'pragma max_page_count = 1000')
  await run(database, 'insert into t values (zeroblob(100000))')
})

test('a file that somebody else has locked is called busy', async () => {
  const database = await open('shared.db')
  await run(database, 'create table t (a)')
  await run(database, 'pragma busy_timeout = 0')
  const other = new DatabaseSync(file('shared.db'))
  other.exec('begin immediate')
  await assert.rejects(run(database, 'insert into t values (1)'), {
    trouble: 'busy',
    message: /shared\.db is locked by another process/,
  })
  other.exec('rollback')
  await run(database, 'insert into t values (2)')
  assert.deepEqual(await run(database, 'select a from t'), [{ a: 2 }])
  other.close()
})

/** How many transactions the write-ahead log holds: frames that say how large the database is after a commit. */
function commitsIn(wal: Buffer): number {
  const frame = 24 + wal.readUInt32BE(8)
  let commits = 0
  for (let at = 32; at + frame <= wal.length; at += frame) if (wal.readUInt32BE(at + 4) !== 0) commits++
  return commits
}

test('the writes of one tick are one transaction', async () => {
  const database = await open('tick.db')
  await run(database, 'create table t (a)')
  const before = commitsIn(readFileSync(file('tick.db-wal')))
  await Promise.all(Array.from({ length: 50 }, (_, n) => run(database, `insert into t values (${n})`)))
  assert.equal(commitsIn(readFileSync(file('tick.db-wal'))), before + 1)
})
