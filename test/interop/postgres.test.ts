/** A real server whose database is PostgreSQL: it moves there, and either of the two is killed. */
import assert from 'node:assert/strict'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Cluster, withoutPostgres } from '../support/postgres.ts'
import { startServer, type ServerProcess } from '../support/server-process.ts'

const users = async (server: ServerProcess): Promise<readonly string[]> => {
  const { code, stdout, stderr } = await server.command(['user', 'list'])
  assert.equal(code, 0, stderr)
  return stdout.trim().split('\n')
}

test('an installation moves from SQLite to PostgreSQL, once, and goes on there', { skip: withoutPostgres }, async (t) => {
  const cluster = await Cluster.start()
  const server = await startServer(t)
  t.after(() => cluster.stop('immediate'))
  for (const name of ['romeo', 'juliet']) await server.addUser(`${name}@localhost`, 'secret')
  const nowhere = await server.command(['move'])
  assert.match(nowhere.stderr, /names no PostgreSQL database.*\[storage\], option url/)
  const url = await cluster.database('porchlight')
  await appendFile(server.configFile, `\n[storage]\nurl = ${JSON.stringify(url)}\n`)
  assert.match((await server.command(['move'])).stderr, /The server is running\. Stop it first/)
  assert.equal(await server.stop(), 0)
  const { code, stdout, stderr } = await server.command(['move'])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^ *2 account\n(.*\n)*Moved \d+ rows to postgresql:\/\/.*porchlight\.db is as it was/)
  const again = await server.command(['move'])
  assert.equal(again.code, 1)
  assert.match(again.stderr, /is not empty: there are rows in account.*Nothing was moved/)
  assert.deepEqual(await users(server), ['juliet@localhost', 'romeo@localhost'])
  await server.start()
  await server.addUser('nurse@localhost', 'secret')
  assert.equal(await cluster.sql('porchlight', 'select count(*) from account'), '3')
  assert.equal((await server.command(['check'])).code, 0)
  const backup = await server.command(['backup', join(server.directory, 'copy')])
  assert.match(backup.stdout, /copy holds server-secret, .*pg_dump --format=custom --file=\S+copy\/porchlight\.dump/s)
})

test('PostgreSQL is killed, the server is killed: what was acknowledged is there', { skip: withoutPostgres }, async (t) => {
  const cluster = await Cluster.start('fsync=on')
  const server = await startServer(t, { storage: { url: await cluster.database('porchlight') } })
  t.after(() => cluster.stop('immediate'))
  const added: string[] = []
  const add = async (name: string): Promise<void> => {
    await server.addUser(`${name}@localhost`, 'secret')
    added.push(`${name}@localhost`)
  }
  await add('a')
  await cluster.kill()
  const waits = add('b')
  await cluster.start()
  await waits
  await add('c')
  const dying = ['d', 'e', 'f', 'g', 'h', 'i'].map((name) => add(name).catch(() => {}))
  await Promise.race(dying)
  await server.kill()
  await Promise.all(dying)
  await server.start()
  const stored = await users(server)
  assert.deepEqual(
    added.filter((name) => !stored.includes(name)),
    [],
  )
  assert.ok(added.length >= 4)
  await server.restart()
  assert.deepEqual(await users(server), stored)
})
