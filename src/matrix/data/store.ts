/**
 * What clients keep on the server for the account, in general or for a room, and their filters. Every change of account data has
 * a number in the order of everything that the server keeps, so that other devices are told what is new.
 */
import { sql, type Kysely } from 'kysely'
import type { Millis } from '../../base/clock.ts'
import { required, type Database, type Migrations } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import { StorageError } from '../../storage/storage-error.ts'

interface DataRow {
  owner: string
  /** '': of the account in general. */
  room: string
  type: string
  /** JSON. */
  content: string
  octets: number
  stream: number
}
interface Tables {
  matrix_data: DataRow
  matrix_filter: { owner: string; id: string; content: string; stored_at: Millis }
}

const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('matrix_data')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('room', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('octets', 'integer', (c) => c.notNull())
      .addColumn('stream', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('matrix_data_key', ['owner', 'room', 'type']),
    schema.createIndex('matrix_data_new').on('matrix_data').columns(['owner', 'stream']),
    schema
      .createTable('matrix_filter')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('stored_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('matrix_filter_key', ['owner', 'id']),
  ],
]

export type Datum = Pick<DataRow, 'room' | 'type' | 'content' | 'stream'>
/** How much one account may keep. */
export interface DataLimits {
  readonly entriesMax: number
  readonly octetsMax: number
}

export class DataStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  static async open(database: Database): Promise<DataStore> {
    await database.migrate('matrix-data', migrations)
    return new DataStore(database)
  }
  private constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<Tables>())
  }
  /** False if it would be too much; nothing is stored then. */
  async put(owner: string, { room, type, content, stream }: Datum, { entriesMax, octetsMax }: DataLimits): Promise<boolean> {
    const row = { owner, room, type, content, octets: Buffer.byteLength(content), stream }
    try {
      await this.#database.atomically([required(this.#queries.put({ ...row, entriesMax, octetsMax }))])
      return true
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'nothing-changed') return false
      throw error
    }
  }
  async get(owner: string, room: string, type: string): Promise<string | null> {
    const [row] = await this.#database.read(this.#queries.get({ owner, room, type }))
    return row?.content ?? null
  }
  /** What was stored after that number, in the order in which it was. */
  since(owner: string, stream: number): Promise<readonly Datum[]> {
    return this.#database.read(this.#queries.since({ owner, stream }))
  }
  /** Of more than `max` filters, those stored longest ago are forgotten. */
  async putFilter(owner: string, id: string, content: string, now: Millis, max: number): Promise<void> {
    await this.#database.atomically([
      this.#queries.putFilter({ owner, id, content, stored_at: now }),
      this.#queries.crowdOut({ owner, max }),
    ])
  }
  async filter(owner: string, id: string): Promise<string | null> {
    const [row] = await this.#database.read(this.#queries.filter({ owner, id }))
    return row?.content ?? null
  }
}

type Name = Pick<DataRow, 'owner' | 'room' | 'type'>
type FilterName = { owner: string; id: string }

function queriesOf(db: Kysely<Tables>) {
  const table = 'matrix_data'
  const filters = 'matrix_filter'
  return {
    /** Changes nothing if there is too much beside the row. */
    put: prepare((p: DataRow & DataLimits) =>
      db
        .insertInto(table)
        .columns(['owner', 'room', 'type', 'content', 'octets', 'stream'])
        .expression((eb) => {
          const text = (value: string) => eb.cast<string>(eb.val(value), 'text')
          const octets = eb.cast<number>(eb.val(p.octets), 'integer')
          const { fn } = eb
          return eb
            .selectFrom(table)
            .select([
              text(p.owner).as('a'),
              text(p.room).as('b'),
              text(p.type).as('c'),
              text(p.content).as('d'),
              octets.as('e'),
              // An aggregate, so that there is one row whatever else there is
              fn.coalesce(eb.cast<number>(eb.val(p.stream), 'bigint'), fn.max('stream')).as('f'),
            ])
            .where('owner', '=', p.owner)
            .where((of) => of.not(of.and([of('room', '=', p.room), of('type', '=', p.type)])))
            .having(fn.count('type'), '<', p.entriesMax)
            .having(eb(fn.coalesce(fn.sum<number>('octets'), sql<number>`0`), '+', octets), '<=', p.octetsMax)
        })
        .onConflict((c) =>
          c.columns(['owner', 'room', 'type']).doUpdateSet((eb) => ({
            content: eb.ref('excluded.content'),
            octets: eb.ref('excluded.octets'),
            stream: eb.ref('excluded.stream'),
          })),
        ),
    ),
    get: prepare((p: Name) =>
      db.selectFrom(table).select('content').where('owner', '=', p.owner).where('room', '=', p.room).where('type', '=', p.type),
    ),
    since: prepare((p: { owner: string; stream: number }) =>
      db
        .selectFrom(table)
        .select(['room', 'type', 'content', 'stream'])
        .where('owner', '=', p.owner)
        .where('stream', '>', p.stream)
        .orderBy('stream'),
    ),
    putFilter: prepare((p: FilterName & { content: string; stored_at: Millis }) =>
      db
        .insertInto(filters)
        .values({ owner: p.owner, id: p.id, content: p.content, stored_at: p.stored_at })
        .onConflict((c) => c.columns(['owner', 'id']).doUpdateSet((eb) => ({ stored_at: eb.ref('excluded.stored_at') }))),
    ),
    crowdOut: prepare((p: { owner: string; max: number }) =>
      db
        .deleteFrom(filters)
        .where('owner', '=', p.owner)
        .where('id', 'not in', (eb) =>
          eb
            .selectFrom(filters)
            .select('id')
            .where('owner', '=', p.owner)
            .orderBy('stored_at', 'desc')
            .orderBy('id')
            .limit(p.max),
        ),
    ),
    filter: prepare((p: FilterName) =>
      db.selectFrom(filters).select('content').where('owner', '=', p.owner).where('id', '=', p.id),
    ),
  }
}
