import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { backUp } from './backup.ts'

test('a copy of the database is one file, which its owner alone may read, and has what was written last', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'porchlight-'))
  t.after(() => rm(directory, { recursive: true }))
  const [from, to] = [join(directory, 'from.db'), join(directory, 'to.db')]
  const source = new DatabaseSync(from)
  t.after(() => source.close())
  source.exec("PRAGMA journal_mode = WAL; CREATE TABLE keys (name TEXT); INSERT INTO keys VALUES ('one')")
  await backUp(from, to)
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.startsWith('to')),
    ['to.db'],
  )
  assert.equal((await stat(to)).mode & 0o777, 0o600)
  const copy = new DatabaseSync(to, { readOnly: true })
  t.after(() => copy.close())
  assert.equal(copy.prepare('SELECT name FROM keys').get()!['name'], 'one')
})
