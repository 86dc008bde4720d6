import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { ManualClock } from '../base/manual-clock.ts'
import type { Migration } from '../server/database.ts'
import { engines, type Engine } from '../../test/support/contract.ts'

type Tables = {
  porchlight_migration: { owner: string; number: number; applied_at: number }
  first: { a: number; b: number | null }
}
const one: Migration = (schema) => [schema.createTable('first').addColumn('a', 'integer')]
const two: Migration = (schema, tables) => [
  schema.alterTable('first').addColumn('b', 'integer'),
  tables.withTables<Tables>().insertInto('first').values({ a: 1, b: 2 }),
]
const broken: Migration = (schema) => [
  schema.createTable('second').addColumn('a', 'integer'),
  schema.createTable('first').addColumn('a', 'integer'),
]

async function fresh(t: TestContext, engine: Engine) {
  const clock = new ManualClock()
  const database = await engine.open(clock)
  t.after(() => database.close())
  const db = database.schema<Tables>()
  const taken = () =>
    db.selectFrom('porchlight_migration').select(['owner', 'number', 'applied_at']).orderBy('owner').orderBy('number').execute()
  return { clock, database, db, taken }
}

for (const engine of engines) {
  test(
    `each step is taken once, in its order, whenever it comes to be known (${engine.name})`,
    { skip: engine.skip },
    async (t) => {
      const { clock, database, db, taken } = await fresh(t, engine)
      const start = clock.now()
      await database.migrate('core', [one])
      clock.advance(1000)
      await database.migrate('core', [one, two])
      await database.migrate('core', [one, two])
      assert.deepEqual(await taken(), [
        { owner: 'core', number: 1, applied_at: start },
        { owner: 'core', number: 2, applied_at: start + 1000 },
      ])
      assert.deepEqual(await db.selectFrom('first').selectAll().execute(), [{ a: 1, b: 2 }])
    },
  )

  test(`every owner counts for itself (${engine.name})`, { skip: engine.skip }, async (t) => {
    const { database, taken } = await fresh(t, engine)
    await database.migrate('core', [one])
    await database.migrate('xep-0160', [(schema) => [schema.createTable('offline_message').addColumn('a', 'integer')]])
    assert.deepEqual(
      (await taken()).map(({ owner, number }) => [owner, number]),
      [
        ['core', 1],
        ['xep-0160', 1],
      ],
    )
  })

  test(`a step that fails leaves nothing behind, and is tried again (${engine.name})`, { skip: engine.skip }, async (t) => {
    const { database, db, taken } = await fresh(t, engine)
    await assert.rejects(database.migrate('core', [one, broken]), { trouble: 'statement' })
    assert.deepEqual(
      (await taken()).map(({ number }) => number),
      [1],
    )
    await assert.rejects(sql`select * from second`.execute(db), { trouble: 'statement' })
    await database.migrate('core', [one, two])
    assert.deepEqual(
      (await taken()).map(({ number }) => number),
      [1, 2],
    )
  })

  test(`a database that is ahead of the server is refused in words (${engine.name})`, { skip: engine.skip }, async (t) => {
    const { database } = await fresh(t, engine)
    await database.migrate('core', [one, two])
    await assert.rejects(database.migrate('core', [one]), {
      trouble: 'newer-schema',
      message: /newer version.*core: step 2, known here: 1.*Install that version again, or restore the backup/,
    })
  })
}
