import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { ManualClock } from '../base/manual-clock.ts'
import { withoutPostgres } from '../../test/support/postgres.ts'
import { required, type Database } from '../server/database.ts'
import { prepare } from './prepare.ts'
import { openInMemory, openSqlite } from './sqlite.ts'
import type { StorageError, StorageTrouble } from './storage-error.ts'
import { openEmptyPostgres } from '../../test/support/contract.ts'

interface Tables {
  entry: { id: number; word: string; octets: Uint8Array | null }
}
const troubleOf = (promise: Promise<unknown>): Promise<StorageTrouble | null> =>
  promise.then(
    () => null,
    (error: unknown) => (error as StorageError).trouble,
  )

interface Kind {
  readonly open: () => Promise<Database>
  readonly skip: string | false
  /** Writes of one tick. */
  readonly many: number
}
const kinds: Record<string, Kind> = {
  'in this thread': { open: async () => openInMemory({ clock: new ManualClock() }), skip: false, many: 10_000 },
  'in a worker': { open: () => openSqlite(':memory:', { clock: new ManualClock() }), skip: false, many: 10_000 },
  'on PostgreSQL': { open: openEmptyPostgres, skip: withoutPostgres, many: 1000 },
}

for (const [where, { open, skip, many }] of Object.entries(kinds)) {
  describe(`a database ${where}`, { skip }, () => {
    let database: Database
    const db = () => database.schema<Tables>()
    const insert = (id: number, word = `word ${id}`) => db().insertInto('entry').values({ id, word, octets: null }).compile()
    const ids = async () => (await db().selectFrom('entry').select('id').orderBy('id').execute()).map((row) => row.id)

    before(async () => {
      database = await open()
      await database.migrate('test', [
        (schema) => [
          schema
            .createTable('entry')
            .addColumn('id', 'bigint', (c) => c.primaryKey())
            .addColumn('word', 'text', (c) => c.notNull())
            .addColumn('octets', 'blob'),
        ],
      ])
    })
    after(() => database.close())

    test('each statement of a tick fails alone', async () => {
      const outcomes = await Promise.all([insert(1), insert(1), insert(2)].map((query) => troubleOf(database.write(query))))
      assert.deepEqual(outcomes, [null, 'constraint', null])
      assert.deepEqual(await ids(), [1, 2])
    })

    test('statements take effect in their order, reads between writes too', async () => {
      const count = db()
        .selectFrom('entry')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where('id', 'in', [10, 11])
        .compile()
      const results = await Promise.all([
        database.read(count),
        database.write(insert(10)),
        database.read(count),
        database.write(insert(11)),
        database.read(count),
      ])
      assert.deepEqual(results, [[{ n: 0 }], 1, [{ n: 1 }], 1, [{ n: 2 }]])
    })

    test('what is done atomically is done whole or not at all, and its neighbours do not notice', async () => {
      const left = database.write(insert(20))
      const whole = database.atomically([insert(21), insert(22)])
      const broken = troubleOf(database.atomically([insert(23), insert(20), insert(24)]))
      const right = database.write(insert(25))
      assert.deepEqual(await Promise.all([left, whole, broken, right]), [1, [1, 1], 'constraint', 1])
      assert.deepEqual(
        (await ids()).filter((id) => id >= 20 && id < 30),
        [20, 21, 22, 25],
      )
    })

    test('a required statement that changes nothing takes the others with it', async () => {
      const nothing = db().updateTable('entry').set({ word: 'x' }).where('id', '=', 999).compile()
      assert.equal(await troubleOf(database.atomically([insert(30), required(nothing)])), 'nothing-changed')
      assert.deepEqual(await database.atomically([insert(31), nothing]), [1, 0])
      assert.deepEqual(
        (await ids()).filter((id) => id >= 30 && id < 40),
        [31],
      )
    })

    test('a statement that makes no sense is told so', async () => {
      await assert.rejects(sql`select * from nowhere`.execute(db()), {
        trouble: 'statement',
        message: /no such table: nowhere|"nowhere" does not exist/,
      })
    })

    test('octets, null, large numbers and texts of every kind come back as they went in', async () => {
      const row = {
        id: Number.MAX_SAFE_INTEGER,
        word: '\u{1f600} \u00e9 \t "quoted" \'too\'',
        octets: Uint8Array.of(0, 255, 128),
      }
      await db().insertInto('entry').values(row).execute()
      const [found] = await database.read(
        db().selectFrom('entry').selectAll().where('id', '=', row.id).compile() as {
          sql: string
          parameters: readonly unknown[]
          row?: Tables['entry']
        },
      )
      assert.deepEqual(found, row)
    })

    test('a value of another kind fails its own statement only', async () => {
      const odd = [undefined, true, () => 1, Symbol('s'), { a: () => 1 }]
      const outcomes = await Promise.all([
        ...odd.map((word, n) => troubleOf(database.write({ sql: insert(0).sql, parameters: [35 + n, word, null] }))),
        troubleOf(database.write(insert(34))),
      ])
      assert.deepEqual(outcomes, [...odd.map(() => 'statement'), null])
      assert.deepEqual(
        (await ids()).filter((id) => id >= 34 && id < 40),
        [34],
      )
    })

    test('a prepared query is asked with other values each time', async () => {
      const find = prepare((p: { id: number; limit: number }) =>
        db()
          .selectFrom('entry')
          .select(['id', 'word'])
          .where('id', '>=', p.id)
          .where('word', 'like', 'p%')
          .orderBy('id')
          .limit(p.limit),
      )
      await Promise.all([40, 41, 42].map((id) => database.write(insert(id, `p${id}`))))
      assert.deepEqual(await database.read(find({ id: 41, limit: 1 })), [{ id: 41, word: 'p41' }])
      assert.deepEqual(
        (await database.read(find({ id: 40, limit: 10 }))).map((row) => row.id),
        [40, 41, 42],
      )
    })

    test('a table that changes is seen with its new columns', async () => {
      await db().schema.createTable('grows').addColumn('a', 'integer').execute()
      const all = sql<object>`select * from grows`.compile(db())
      await sql`insert into grows values (1)`.execute(db())
      assert.deepEqual(await database.read(all), [{ a: 1 }])
      await db().schema.alterTable('grows').addColumn('b', 'integer').execute()
      assert.deepEqual(await database.read(all), [{ a: 1, b: null }])
    })

    test('more texts than are kept compiled still work', async () => {
      const asked = await Promise.all(
        Array.from({ length: 1500 }, (_, n) => sql<{ n: number }>`select ${sql.lit(n)} as n`.execute(db())),
      )
      assert.ok(asked.every(({ rows }, n) => rows[0]!.n === n))
    })

    test(`${many} writes of one tick, a tenth of them refused`, async () => {
      const outcomes = await Promise.all(
        Array.from({ length: many }, (_, n) => troubleOf(database.write(insert(100_000 + (n % 10 === 9 ? n - 9 : n))))),
      )
      assert.equal(outcomes.filter((trouble) => trouble === 'constraint').length, many / 10)
      assert.equal((await ids()).filter((id) => id >= 100_000 && id < 110_000).length, many - many / 10)
    })

    test('a read of many rows sees what was written before', async () => {
      await database.write(insert(50))
      const fifty = db().selectFrom('entry').select('word').where('id', '=', 50).compile()
      const [other, many] = await Promise.all([database.read(fifty), database.readMany(fifty)])
      assert.deepEqual([other, many], [[{ word: 'word 50' }], [{ word: 'word 50' }]])
    })

    test('texts are in the order of their code points', async () => {
      const words = ['Z', 'a', 'B', 'b', '-', 'ab', 'a-c', 'é', 'ü', '🌹', 'ÿ']
      await Promise.all(words.map((word, n) => database.write(insert(60 + n, word))))
      const found = db().selectFrom('entry').select('word').where('id', '>=', 60).where('id', '<', 80)
      const inOrder = async (query: typeof found) => (await query.orderBy('word').execute()).map((row) => row.word)
      assert.deepEqual(await inOrder(found), ['-', 'B', 'Z', 'a', 'a-c', 'ab', 'b', 'é', 'ü', 'ÿ', '🌹'])
      assert.deepEqual(await inOrder(found.where('word', '>', 'a').where('word', '<', 'é')), ['a-c', 'ab', 'b'])
    })

    test('a transaction that would wait for its next statement is refused', async () => {
      await assert.rejects(
        db()
          .transaction()
          .execute(async () => {}),
        /atomically/,
      )
    })
  })
}
