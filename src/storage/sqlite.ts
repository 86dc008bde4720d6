/**
 * The embedded database: SQLite in a worker thread of its own, so that waiting for the disk delays nothing else; or in memory and
 * in this thread, for tests.
 */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../base/clock.ts'
import { endOfTick, type EndOfTick } from '../base/tick.ts'
import type { Database } from '../server/database.ts'
import type { Reply } from './batch.ts'
import { sqliteDialect } from './queue-dialect.ts'
import { QueuedDatabase, type QueuedDatabaseParts } from './queued-database.ts'
import { SqliteEngine } from './sqlite-engine.ts'
import type { Opened } from './sqlite-worker.ts'
import { STATEMENTS_MAX, StatementQueue, type Carrier } from './statement-queue.ts'
import { storageError, StorageError, type Failure } from './storage-error.ts'

/** The file is locked by this server as long as it runs. */
const NEVER = new Promise<never>(() => {})

export interface SqliteOptions {
  readonly clock: Clock
  /** When the collected statements are sent. */
  readonly endOfTick?: EndOfTick
  /** The most statements that may wait at a time; more are refused with trouble 'overloaded'. */
  readonly statementsMax?: number
}

/**
 * Opens the database file, and creates it if necessary. The process stays alive until it is closed. Reads of many rows have a
 * thread and a connection of their own, from the first one on: with a write-ahead log neither waits for the other.
 * @param path of the file, or ':memory:'
 * @throws StorageError that says what is wrong with the file and what to do
 */
export async function openSqlite(path: string, options: SqliteOptions): Promise<Database> {
  const queue = await openThread(path, options)
  // Each connection to ':memory:' is a database of its own
  const longReads = path === ':memory:' ? () => Promise.resolve(queue) : () => openThread(path, options)
  return queued({ queue, longReads, dialect: sqliteDialect(queue), name: path, clock: options.clock })
}

/** A database that ends with the process, in this thread: its statements only wait for the end of the tick. */
export function openInMemory(options: SqliteOptions): Database {
  const path = ':memory:'
  const engine = new SqliteEngine(path)
  const carrier: Carrier = {
    post: (batch) => queue.replied(engine.run(batch)),
    close: async () => engine.close(),
  }
  const queue: StatementQueue = queueOf(carrier, path, options)
  const longReads = () => Promise.resolve(queue)
  return queued({ queue, longReads, dialect: sqliteDialect(queue), name: path, clock: options.clock })
}

/** Nobody else uses it. */
const queued = (parts: Omit<QueuedDatabaseParts, 'taken' | 'leave'>): QueuedDatabase =>
  new QueuedDatabase({ ...parts, taken: NEVER, leave: async () => {} })

async function openThread(path: string, options: SqliteOptions): Promise<StatementQueue> {
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
    throw storageError(failure, path)
  }
  const carrier: Carrier = {
    post: (batch) => worker.postMessage(batch),
    close: () => {
      worker.postMessage(null)
      return ended
    },
  }
  const queue = queueOf(carrier, path, options)
  worker.on('message', (reply: Reply) => queue.replied(reply))
  worker.on('error', (error) =>
    queue.lost(new StorageError('closed', `The thread of the database ${path} has died (${String(error)}). Restart the server.`)),
  )
  return queue
}

const queueOf = (carrier: Carrier, path: string, options: SqliteOptions): StatementQueue =>
  new StatementQueue(carrier, options.endOfTick ?? endOfTick, options.statementsMax ?? STATEMENTS_MAX, (failure: Failure) =>
    storageError(failure, path),
  )
