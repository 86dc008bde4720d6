/**
 * The database, as all code outside `storage/` sees it: statements in, rows out, and a few promises. Errors are a
 * `StorageError` (storage/storage-error.ts), which is an `OperatingError`.
 *
 * - When a promise resolves, its change is on disk: it survives the death of the process.
 * - Statements take effect in the order in which they were issued. Those of one tick travel and are committed together (one
 *   wait for the disk), but each can fail alone. Reads issued together see one state.
 * - Times are milliseconds in `bigint` columns, booleans 0 and 1 in `smallint` columns; texts are `text`. Only what SQLite
 *   and PostgreSQL share is used: no rowid, no generated keys, no functions of one of them.
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
 * to `account.bare` with `on delete cascade` are deleted with the account; the extension deletes others
 * when it is told of 'account-deleted'. Rare queries need no `prepare`: `db.selectFrom(...).execute()` has the same
 * effect, costs some 10 us more, and is issued a few microtasks after the call. Between statements whose order
 * matters use `read`, `write` and `atomically`.
 */
import type { Compilable, Kysely } from 'kysely'

/** A statement with its values, ready to be sent. `R` is the type of its rows. `prepare` makes it. */
export interface Query<R> {
  readonly sql: string
  readonly parameters: readonly unknown[]
  /** Never present: it ties `R` to the query. */
  readonly row?: R
}

/**
 * The statements of one step that creates or changes the tables of an owner, from a builder:
 * `schema.createTable(...)`, or queries over `tables`.
 */
export type Migration = (schema: Kysely<unknown>['schema'], tables: Kysely<unknown>) => readonly Compilable[]
/**
 * Every owner (the core, each extension) numbers its own steps from 1. Append only: a released step never changes. A step and
 * the record that it was done are one transaction. There is no way back: a database that is ahead of the server is refused,
 * because the server would not know what it ignores.
 */
export type Migrations = readonly Migration[]

export interface Database {
  /** Kysely's query builder over the tables of `S`. Its `transaction()` is refused: use `atomically`. */
  schema<S>(): Kysely<S>
  /** The rows that a query finds. @throws StorageError */
  read<R>(query: Query<R>): Promise<readonly R[]>
  /**
   * Like `read`, for a query that may find many rows: it delays no other statement. It sees earlier writes that have resolved,
   * and not those issued in the same tick. @throws StorageError
   */
  readMany<R>(query: Query<R>): Promise<readonly R[]>
  /** Resolves with the number of rows that the statement changed. @throws StorageError */
  write(query: Query<unknown>): Promise<number>
  /**
   * All of `statements` or none. Resolves with the number of rows that each of them changed.
   * @throws StorageError, with trouble 'nothing-changed' if a `required` one among them changed no row
   */
  atomically(statements: readonly Statement[]): Promise<readonly number[]>
  /** Upgrades the tables of `owner`. @throws StorageError with trouble 'newer-schema' */
  migrate(owner: string, migrations: Migrations): Promise<void>
  /** Why the last write failed, if the file is the cause; null if it succeeded. */
  readonly trouble: Error | null
  /**
   * Resolves, with the reason, if another server has used the database meanwhile: the memory of this one is out of date, all
   * further statements are refused, and it must end. Never resolves on an engine where that cannot happen.
   */
  readonly taken: Promise<Error>
  /** Finishes what was begun, then closes the file. Later statements are refused. */
  close(): Promise<void>
}

export type Statement = Query<unknown> | Compilable | Required

/** A statement that must change at least one row; otherwise none of the statements takes effect. */
export class Required {
  readonly query: Query<unknown>

  constructor(query: Query<unknown>) {
    this.query = query
  }
}
export const required = (query: Query<unknown>): Required => new Required(query)
