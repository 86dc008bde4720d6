/** A real server whose database is PostgreSQL: it moves there, and either of the two is killed. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Authority } from '../support/authority.ts'
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

test('a database over the network: TLS, whose certificate is checked, and a password', { skip: withoutPostgres }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'porchlight-tls-'))
  t.after(() => rm(directory, { recursive: true }))
  const authority = await Authority.found(directory)
  const port = await freePort()
  const cluster = await Cluster.start(...(await overTls(directory, authority, port)))
  t.after(() => cluster.stop('immediate'))
  await cluster.database('remote')
  await cluster.sql('remote', `create role guest login password 'it''s a secret'`)
  await cluster.sql('remote', 'grant create, usage on schema public to guest')
  const url = (host: string): string =>
    `postgresql://guest@${host}:${port}/remote?sslmode=verify-full&sslrootcert=${encodeURIComponent(authority.file)}`
  const passwordFile = join(directory, 'password')
  await writeFile(passwordFile, "it's a secret\n", { mode: 0o600 })
  const server = await startServer(t, { storage: { url: url('localhost'), password: `file:${passwordFile}` } })
  await server.addUser('romeo@localhost', 'secret')
  assert.deepEqual(await users(server), ['romeo@localhost'])
  const encrypted = `select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'guest'`
  assert.equal(await cluster.sql('remote', encrypted), 't')
  await server.stop()

  await writeFile(passwordFile, 'wrong\n')
  assert.match((await server.command(['check'])).stderr, /password authentication failed.*Check user and password/s)
  await writeFile(passwordFile, "it's a secret\n")
  assert.equal((await server.command(['check'])).code, 0)
  const configuration = await readFile(server.configFile, 'utf8')
  await writeFile(server.configFile, configuration.replace('guest@localhost:', 'guest@127.0.0.1:'))
  assert.match((await server.command(['check'])).stderr, /cannot be reached \(.*127\.0\.0\.1 is not in the cert/)
})

test('a server whose database another one has taken says so, and ends', { skip: withoutPostgres }, async (t) => {
  const cluster = await Cluster.start()
  t.after(() => cluster.stop('immediate'))
  const unattended = { after: () => {}, passed: true, diagnostic: () => {} }
  const server = await startServer(unattended, { storage: { url: await cluster.database('taken') } })
  t.after(() => rm(server.directory, { recursive: true }))
  await server.addUser('romeo@localhost', 'secret')
  await cluster.sql('taken', "update cluster_fence set incarnation = 'another'")
  await assert.rejects(server.addUser('juliet@localhost', 'secret'), /Another Porchlight has used the database/)
  assert.equal(await server.ended(), 69)
  assert.match(server.complaints().join(), /The server must end: nothing can be stored any more/)
})

/** Settings of a cluster that takes connections on a port of the loopback: over TLS only, with a password. */
async function overTls(directory: string, authority: Authority, port: number): Promise<readonly string[]> {
  const { certificateFile, keyFile } = await authority.certify('database', { dns: ['localhost'] })
  const rules = join(directory, 'pg_hba.conf')
  await writeFile(rules, 'local all all trust\nhostssl all all samehost scram-sha-256\n')
  await chmod(directory, 0o755)
  await chmod(keyFile, 0o600)
  if (userInfo().uid === 0) await chown(keyFile, Number(execFileSync('id', ['-u', 'postgres'])), -1)
  return [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'ssl=on',
    `ssl_cert_file=${certificateFile}`,
    `ssl_key_file=${keyFile}`,
    `hba_file=${rules}`,
  ]
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
