/** A real server with a real database file: after a crash it sets right what two of its rosters say of one subscription. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { startServer, type ServerProcess } from '../support/server-process.ts'
import { SystemClock } from '../../src/base/clock.ts'
import type { Subscription } from '../../src/im/subscription.ts'
import { SqlRosters } from '../../src/storage/rosters.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'
import { itemOf, setting } from '../../src/storage/testing.ts'

const [ROMEO, JULIET] = ['romeo@localhost', 'juliet@localhost']
const COMPARED = 'all rosters were compared with each other'
const TRIES = 600

/** As when the server dies between the two halves of a step: one roster has changed. */
async function halfStep(server: ServerProcess, subscription: Subscription): Promise<void> {
  const clock = new SystemClock()
  const database = await openSqlite(join(server.directory, 'data', 'porchlight.db'), { clock })
  const rosters = new SqlRosters(database, clock, 'half')
  const { version } = await rosters.load(ROMEO)
  await rosters.save(ROMEO, setting(itemOf(JULIET, { subscription }), version + 1))
  await database.close()
}
async function disagreements(server: ServerProcess): Promise<number> {
  const page = { domain: 'localhost', owner: '', contact: '', fix: false }
  return ((await server.ask('roster.check', page)) as { readonly findings: readonly unknown[] }).findings.length
}

test('a server that was killed inside a subscription step sets right that two rosters disagree, and says so', async (t) => {
  const server = await startServer(t)
  for (const jid of [ROMEO, JULIET]) await server.addUser(jid, 'secret')
  await server.kill()
  await halfStep(server, 'both')
  await server.start()
  assert.equal(await disagreements(server), 2)
  for (let i = 0; i < TRIES && !server.log.includes(COMPARED); i++) await setTimeout(100)
  assert.match(server.log, /"what":"unshown","watcher":"romeo@localhost","contact":"juliet@localhost","mended":true/)
  assert.match(server.log, /"what":"unwanted","watcher":"juliet@localhost","contact":"romeo@localhost","mended":true/)
  assert.match(server.log, /"accounts":2,"contacts":1,"disagreements":2,"mended":2/)
  assert.equal(await disagreements(server), 0)
})
