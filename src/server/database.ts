/**
 * The database as everybody but `storage/` sees it: statements in, rows out, and a few promises. Those that throw throw a
 * `StorageError` (storage/storage-error.ts), which is an `OperatingError`.
 *
 * - A promise that resolves is on disk: it survives the death of the process.
 * - Statements take effect in the order in which they were issued. Those of one tick travel together and are
 *   committed together (one wait for the disk), but each fails alone. Reads issued together see one state.
 * - Times are milliseconds in `bigint` columns, booleans 0 and 1 in `smallint` ones; texts are `text`. Only
 *   what SQLite and PostgreSQL share: no rowid, no generated keys, no functions of one of them.
 *
 * How an extension keeps its own tables, in `src/xep/NNNN-.../store.ts`; the tables' names begin with its own:
 *
 *     interface BlockingTables { blocking_item: { owner: string; jid: string } }
 *
 *     export const migrations: Migrations = [
 *       (schema) => [
 *         schema.createTable('blocking_item')
 *           .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
 *           .addColumn('jid', 'text', (c) => c.notNull())
 *           .addPrimaryKeyConstraint('blocking_item_key', ['owner', 'jid']),
 *       ],
 *     ]   // append only: a released step never changes
 *
 *     export class BlockLists {
 *       constructor(database: Database) {
 *         const db = database.schema<BlockingTables>()
 *         this.#database = database
 *         this.#of = prepare((p: { owner: string }) => db.selectFrom('blocking_item').select('jid').where('owner', '=', p.owner))
 *       }
 *       async load(owner: string): Promise<readonly string[]> {
 *         return (await this.#database.read(this.#of({ owner }))).map((row) => row.jid)
 *       }
 *     }
 *
 * and at the start `await database.migrate('xep-0191', migrations)`, after the core's tables. Rows that refer
 * to `account.bare` with `on delete cascade` go when the account goes; others are removed by the extension
 * when it hears of 'account-deleted'. Queries that are asked rarely need no `prepare`:
 * `db.selectFrom(...).execute()` goes the same way, costs some 10 us more, and is issued a few microtasks later
 * than it is called: between statements whose order matters use `read`, `write` and `atomically`.
 */
import type { Compilable, Kysely } from 'kysely'

/** A statement and its values, ready to be sent. `R` is what its rows look like. `prepare` makes them. */
export interface Query<R> {
  readonly sql: string
  readonly parameters: readonly unknown[]
  /** Never there: it ties `R` to the query. */
  readonly row?: R
}

/**
 * The statements of one step by which the tables of an owner come into being and change, from a builder:
 * `schema.createTable(...)`, or queries over `tables`.
 */
export type Migration = (schema: Kysely<unknown>['schema'], tables: Kysely<unknown>) => readonly Compilable[]
/**
 * Every owner (the core, each extension) numbers its own from 1. Append only: a step that was released never changes. A step
 * and the note that it was taken are one transaction. There is no way back: a database that is ahead of the server is refused,
 * because the server would not know what it overlooks.
 */
export type Migrations = readonly Migration[]

export interface Database {
  /** Kysely's query builder over the tables of `S`. Its `transaction()` is refused: use `atomically`. */
  schema<S>(): Kysely<S>
  /** The rows that a query finds. @throws StorageError */
  read<R>(query: Query<R>): Promise<readonly R[]>
  /**
   * Like `read`, for what may find many rows: it holds up no other statement. It sees what was written before, if that has
   * resolved, and not what was issued in the same tick. @throws StorageError
   */
  readMany<R>(query: Query<R>): Promise<readonly R[]>
  /** Resolves with the number of rows that the statement changed. @throws StorageError */
  write(query: Query<unknown>): Promise<number>
  /**
   * All of `statements` or none. Resolves with the number of rows that each of them changed.
   * @throws StorageError, with trouble 'nothing-changed' if a `required` one among them changed no row
   */
  atomically(statements: readonly Statement[]): Promise<readonly number[]>
  /** Brings the tables of `owner` up to date. @throws StorageError with trouble 'newer-schema' */
  migrate(owner: string, migrations: Migrations): Promise<void>
  /** Why the last thing that was to be written was not, where that was the file's fault; null: it was written. */
  readonly trouble: Error | null
  /** Finishes what was begun, then lets go of the file. Whatever comes later is refused. */
  close(): Promise<void>
}

export type Statement = Query<unknown> | Compilable | Required

/** A statement that has to change at least one row: the others stand or fall with it. */
export class Required {
  readonly query: Query<unknown>

  constructor(query: Query<unknown>) {
    this.query = query
  }
}
export const required = (query: Query<unknown>): Required => new Required(query)
