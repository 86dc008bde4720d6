/**
 * One SQLite file and the batches of statements on it, each batch one transaction. Runs in the worker thread, or in the server's
 * own thread for a database in memory.
 *
 * Durability: write-ahead log with `synchronous=FULL`, so a commit has reached the disk when it returns.
 */
import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { changesSchema, type Batch, type Call, type Outcome, type Reply, type Rows, type Unit } from './batch.ts'
import { FILE, UNMET, type Failure } from './storage-error.ts'

/** How long a statement waits for another process that has locked the file, in milliseconds. */
const BUSY_MS = 5000
/** Pages of the write-ahead log before it goes into the file: a page that is written again and again goes there once. 16 MB. */
const LOG_PAGES = 4000

/** A statement's text, compiled when it is first run, because the previous call may create its table. */
interface Slot {
  readonly sql: string
  readonly changesSchema: boolean
  compiled: StatementSync | null
  /** It returns rows. */
  finds: boolean
}

/** Thrown inside a unit whose required call changed nothing. */
class Unmet extends Error {}

export function failureOf(error: unknown): Failure {
  const { errcode, code, message } = error as { errcode?: number; code?: string; message?: string }
  if (error instanceof Unmet) return { code: UNMET, message: error.message }
  if (errcode !== undefined) return { code: errcode, message: message ?? 'unknown error' }
  // 1: SQLITE_ERROR. What node:sqlite itself rejects, such as a value of the wrong kind, has no result code.
  return { code: code !== undefined && /^E[A-Z]+$/.test(code) ? FILE : 1, message: message ?? String(error) }
}

export class SqliteEngine {
  readonly #db: DatabaseSync
  readonly #slots = new Map<number, Slot>()
  #columns: [number, string[]][] = []

  /** @throws what `failureOf` understands */
  constructor(path: string) {
    // The file contains credentials, so nobody else may read it. SQLite gives its side files the same mode.
    if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600))
    this.#db = new DatabaseSync(path, { timeout: BUSY_MS })
    try {
      this.#db.exec(
        `pragma journal_mode = wal; pragma wal_autocheckpoint = ${LOG_PAGES}; pragma synchronous = full; pragma foreign_keys = on`,
      )
      // The first look at the tables: it detects a file that is damaged at its root, or is not a database.
      this.#db.prepare('select count(*) from sqlite_schema').get()
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  /** Runs a batch. A unit that fails changes nothing and does not affect the others. */
  run(batch: Batch): Reply {
    for (const [slot, sql] of batch.texts) this.#slots.set(slot, slotFor(sql))
    const outcomes = this.#transaction(batch)
    for (const slot of batch.dropped) this.#slots.delete(slot)
    const columns = this.#columns
    if (columns.length > 0) this.#columns = []
    return { columns, outcomes }
  }
  close(): void {
    this.#db.close()
  }

  #transaction({ units, readsOnly }: Batch): readonly Outcome[] {
    if (readsOnly && units.length === 1 && units[0]!.length === 1) return [this.#unit(units[0]!)]
    try {
      this.#db.exec(readsOnly ? 'begin' : 'begin immediate')
      const outcomes: Outcome[] = []
      for (const unit of units) {
        const outcome = this.#unit(unit)
        // Some errors (disk full, I/O) end the whole transaction: then nothing of the batch has taken effect.
        if (!this.#db.isTransaction) return units.map(() => outcome)
        outcomes.push(outcome)
      }
      // Reads have nothing to commit; after a read that met a damaged page, a commit would fail.
      this.#db.exec(readsOnly ? 'rollback' : 'commit')
      return outcomes
    } catch (error) {
      const failure = failureOf(error)
      if (this.#db.isTransaction) this.#db.exec('rollback')
      return units.map(() => failure)
    }
  }

  #unit(unit: Unit): Outcome {
    // SQLite itself undoes a single failed statement; several need a savepoint.
    const guarded = unit.length > 1
    try {
      if (guarded) this.#db.exec('savepoint unit')
      const results: (Rows | number)[] = []
      for (const call of unit) results.push(this.#call(call))
      if (guarded) this.#db.exec('release unit')
      return results
    } catch (error) {
      if (guarded && this.#db.isTransaction) this.#db.exec('rollback to unit; release unit')
      return failureOf(error)
    }
  }

  #call([number, values, required]: Call): Rows | number {
    const slot = this.#slots.get(number)!
    const statement = (slot.compiled ??= this.#compile(number, slot))
    const result = slot.finds ? (statement.all(...values) as unknown as Rows) : Number(statement.run(...values).changes)
    if (required && (typeof result === 'number' ? result : result.length) === 0)
      throw new Unmet(`nothing was changed by: ${slot.sql}`)
    // `select *` may mean other columns now.
    if (slot.changesSchema) for (const other of this.#slots.values()) other.compiled = null
    return result
  }

  #compile(number: number, slot: Slot): StatementSync {
    const statement = this.#db.prepare(slot.sql, { returnArrays: true })
    const names = statement.columns().map((column) => column.name)
    slot.finds = names.length > 0
    if (slot.finds) this.#columns.push([number, names])
    return statement
  }
}

const slotFor = (sql: string): Slot => ({
  sql,
  changesSchema: changesSchema(sql),
  compiled: null,
  finds: false,
})
