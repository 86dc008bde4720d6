/** What an earlier Porchlight has written is opened, and nothing of it is lost (`test/fixtures/data-0.1.0/README.md`). */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { Clock } from '../../src/base/clock.ts'
import { ManualClock } from '../../src/base/manual-clock.ts'
import type { Database } from '../../src/server/database.ts'
import { filledTables, moveAll, type MovedTable } from '../../src/storage/moving.ts'
import type { PostgresSession } from '../../src/storage/postgres-connection.ts'
import { openPostgres, withPostgres } from '../../src/storage/postgres.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'
import { answer, ASKING } from '../support/annotations.ts'
import { sharedCluster, withoutPostgres } from '../support/postgres.ts'
import { delay, gone, here } from '../support/stanzas.ts'
import { Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { storyServer } from '../support/story-server.ts'
import { chat, got, resume, resumed, RESUME_MS, UNASKED } from '../support/stream-management.ts'

const FILE = new URL('../fixtures/data-0.1.0/porchlight.db.gz', import.meta.url)
/** A moment after it was written. */
const AFTERWARDS = Date.UTC(2026, 10, 30, 15, 29, 5)
const ALICE = { jid: 'alice@a.example/phone', id: 'wyAYRkZkRewIek6VopVjhZeY', got: 12, sent: 9 }
const BOB = { jid: 'bob@a.example/desk', id: 'yTOSfdu9TDdjeoO5W10SLUjn', got: 10, sent: 10 }
const WORDS = `<priority>3</priority><show>away</show><status>on the ferry</status>${ASKING.c}`

/** A server of today on that data, or on PostgreSQL, to which the data was moved. */
async function opened(t: TestContext, engine: string): Promise<Cast> {
  const directory = await mkdtemp(join(tmpdir(), 'porchlight-earlier-'))
  t.after(() => rm(directory, { recursive: true }))
  const path = join(directory, 'porchlight.db')
  await writeFile(path, gunzipSync(await readFile(FILE)))
  const clock = new ManualClock(AFTERWARDS)
  const database = engine === 'SQLite' ? await openSqlite(path, { clock }) : await moved(path, clock)
  const cast = new Cast(await storyServer('memory', { ...UNASKED, clock, database }))
  t.after(() => cast.end())
  assert.equal(await cast.server.server.keptSessions.restoreAll(), 2)
  assert.deepEqual(cast.server.errors, [])
  return cast
}
/** What `porchlight move` does. */
async function moved(path: string, clock: Clock): Promise<Database> {
  const old = await storyServer('memory', { ...UNASKED, clock, database: await openSqlite(path, { clock }) })
  await old.close()
  const address = { url: await (await sharedCluster()).schema(), password: '', clock }
  const empty = await storyServer('memory', { ...UNASKED, clock, database: await openPostgres({ ...address, run: 'empty' }) })
  await empty.close()
  await withPostgres(address, async (session) => {
    assert.deepEqual(await filledTables(session), [])
    const tables = await moveAll(path, session, 'a name')
    assert.deepEqual(await filledTables(session), tables.map(({ table }) => table).toSorted())
    await sameRows(path, session, tables)
  })
  return openPostgres({ ...address, run: 'moved' })
}
async function sameRows(path: string, session: PostgresSession, tables: readonly MovedTable[]): Promise<void> {
  assert.ok(tables.length > 5)
  const source = new DatabaseSync(path, { returnArrays: true })
  for (const { table, rows } of tables) {
    const columns = source
      .prepare(`select * from ${table}`)
      .columns()
      .map((column) => column.name)
    const all = `select ${columns.map((name) => `"${name}"`).join()} from ${table} order by ${columns.map((_, i) => i + 1).join()}`
    const inTarget = (await session.run(all)).rows
    assert.equal(inTarget.length, rows)
    assert.deepEqual(inTarget, source.prepare(all).all())
  }
  source.close()
}

/** Bob comes back, and is asked what his client can do: that is not kept. Alice has the same client. */
async function bothBack(cast: Cast): Promise<readonly [alice: StoryClient, bob: StoryClient]> {
  const bob = await back(cast, BOB)
  const question = await bob.expect(`<iq type='get' id='*' from='a.example' to='${BOB.jid}'>*</iq>`)
  answer(bob, question, ASKING.query)
  return [await back(cast, ALICE), bob]
}
async function back(cast: Cast, { jid, id, got: h, sent }: typeof ALICE): Promise<StoryClient> {
  const wire = await cast.authenticated(jid.slice(0, jid.indexOf('@')))
  wire.write(resume(id, h))
  await wire.expect(resumed(id, sent))
  return cast.adopt(wire, jid)
}

for (const [engine, skip] of [
  ['SQLite', false],
  ['PostgreSQL', withoutPostgres],
] as const) {
  test(`Data of 0.1.0: both clients resume, and have missed nothing (${engine})`, { skip }, async (t) => {
    const cast = await opened(t, engine)
    const [alice, bob] = await bothBack(cast)
    for (const word of ['one', 'two', 'three']) await alice.expect(got(BOB.jid, ALICE.jid, word, delay()))
    alice.send(chat(BOB.jid, 'four'))
    await bob.expect(got(ALICE.jid, BOB.jid, 'four'))
    await cast.expectNothing()
  })

  test(`Data of 0.1.0: what a client has switched on and asked for is still so (${engine})`, { skip }, async (t) => {
    const cast = await opened(t, engine)
    const [alice, bob] = await bothBack(cast)
    await cast.forget()
    const laptop = await cast.client('alice', 'laptop', { presence: null })
    laptop.send(chat(BOB.jid, 'five'))
    await bob.expect(got(laptop.jid, BOB.jid, 'five'))
    await alice.expect(
      `<message type='chat' from='alice@a.example' to='${ALICE.jid}'><sent xmlns='urn:xmpp:carbons:2'>*</sent></message>`,
    )
    laptop.send(`<iq type='set' id='n'><query xmlns='jabber:iq:roster'><item jid='bob@a.example' name='Bob'/></query></iq>`)
    await alice.expect(`<iq type='set' id='*' from='*' to='${ALICE.jid}'><query xmlns='jabber:iq:roster' ver='*'>*</query></iq>`)
    laptop.send(`<iq type='set' id='x'><block xmlns='urn:xmpp:blocking'><item jid='eve@e.example'/></block></iq>`)
    await alice.expect(`<iq type='set' id='*' from='*' to='${ALICE.jid}'><block xmlns='urn:xmpp:blocking'>*</block></iq>`)
    await cast.forget()
  })

  test(
    `Data of 0.1.0: contacts see the sessions that wait, and whoever they had told hears that they end (${engine})`,
    { skip },
    async (t) => {
      const cast = await opened(t, engine)
      const carol = await cast.client('carol', '1', { presence: null })
      carol.send('<presence/>')
      await carol.expectAll(
        here(carol.jid),
        got(BOB.jid, 'carol@a.example', 'four', '')
          .replace('<body>four', '<body>for later')
          .replace('</message>', `${delay()}</message>`),
      )
      const laptop = await cast.client('bob', 'laptop', { presence: null })
      laptop.send('<presence/>')
      await laptop.expectAll(here(laptop.jid), here(BOB.jid, WORDS), here(ALICE.jid, `${WORDS}*`))
      await cast.forget()
      cast.pass(RESUME_MS)
      await carol.expect(gone(ALICE.jid))
      await laptop.expectAll(gone(ALICE.jid), gone(BOB.jid))
      await cast.forget() // pings
    },
  )
}
