/**
 * The embedded database: SQLite in a worker thread of its own, so that waiting for the disk holds up nobody,
 * or in memory and in this thread for tests and trials.
 */
import { Worker } from 'node:worker_threads'
import { Kysely } from 'kysely'
import type { Clock } from '../base/clock.ts'
import { endOfTick, type EndOfTick } from '../base/tick.ts'
import { Required, type Database, type Migrations, type Query, type Statement } from '../server/database.ts'
import { migrate } from './migrate.ts'
import { SqliteWorkerDialect } from './sqlite-dialect.ts'
import { SqliteEngine } from './sqlite-engine.ts'
import type { Opened, Reply } from './sqlite-messages.ts'
import { StatementQueue, type Carrier } from './statement-queue.ts'
import { storageError, StorageError, type Failure } from './storage-error.ts'

export interface SqliteOptions {
  readonly clock: Clock
  /** When the statements that have gathered are sent. */
  readonly endOfTick?: EndOfTick
  /** Statements that may wait at one time; more are refused with trouble 'overloaded'. */
  readonly statementsMax?: number
}
const STATEMENTS_MAX = 100_000

/**
 * Opens the database file, making it if need be. The process lives until it is closed.
 * @param path of the file, or ':memory:'
 * @throws StorageError that says what is wrong with the file and what to do
 */
export async function openSqlite(path: string, options: SqliteOptions): Promise<Database> {
  const errorOf = (failure: Failure): StorageError => storageError(failure, path)
  // The same kind of file as this one: '.ts' in the repository, '.js' in the package.
  const kind = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  const worker = new Worker(new URL(`./sqlite-worker${kind}`, import.meta.url), { workerData: path })
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const { failure } = await new Promise<Opened>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  if (failure !== null) {
    await ended
    throw errorOf(failure)
  }
  const carrier: Carrier = {
    post: (batch) => worker.postMessage(batch),
    close: () => {
      worker.postMessage(null)
      return ended
    },
  }
  const queue = new StatementQueue(carrier, options.endOfTick ?? endOfTick, options.statementsMax ?? STATEMENTS_MAX, errorOf)
  worker.on('message', (reply: Reply) => queue.replied(reply))
  worker.on('error', (error) =>
    queue.lost(new StorageError('closed', `The thread of the database ${path} has died (${String(error)}). Restart the server.`)),
  )
  return new SqliteDatabase(queue, path, options.clock)
}

/** A database that ends with the process, in this thread: nothing to wait for but the end of the tick. */
export function openInMemory(options: SqliteOptions): Database {
  const path = ':memory:'
  const engine = new SqliteEngine(path)
  const carrier: Carrier = {
    post: (batch) => queue.replied(engine.run(batch)),
    close: async () => engine.close(),
  }
  const queue: StatementQueue = new StatementQueue(
    carrier,
    options.endOfTick ?? endOfTick,
    options.statementsMax ?? STATEMENTS_MAX,
    (failure) => storageError(failure, path),
  )
  return new SqliteDatabase(queue, path, options.clock)
}

class SqliteDatabase implements Database {
  readonly #queue: StatementQueue
  readonly #path: string
  readonly #clock: Clock
  readonly #kysely: Kysely<unknown>

  constructor(queue: StatementQueue, path: string, clock: Clock) {
    this.#queue = queue
    this.#path = path
    this.#clock = clock
    this.#kysely = new Kysely<unknown>({ dialect: new SqliteWorkerDialect(queue) })
  }
  get trouble(): Error | null {
    return this.#queue.trouble
  }
  schema<S>(): Kysely<S> {
    return this.#kysely as Kysely<S>
  }
  async read<R>(query: Query<R>): Promise<readonly R[]> {
    const [result] = await this.#queue.submit([query])
    return result!.rows as readonly R[]
  }
  async write(query: Query<unknown>): Promise<number> {
    const [result] = await this.#queue.submit([query])
    return result!.count
  }
  async atomically(statements: readonly Statement[]): Promise<readonly number[]> {
    const queries: Query<unknown>[] = []
    const required: number[] = []
    for (const [i, statement] of statements.entries()) {
      if (statement instanceof Required) required.push(i)
      const query = statement instanceof Required ? statement.query : statement
      queries.push('compile' in query ? query.compile() : query)
    }
    if (queries.length === 0) return []
    return (await this.#queue.submit(queries, required)).map((result) => result.count)
  }
  migrate(owner: string, migrations: Migrations): Promise<void> {
    return migrate(this, this.#path, this.#clock, owner, migrations)
  }
  close(): Promise<void> {
    return this.#queue.close()
  }
}
