/** Kysely over the statement queue: Kysely's own SQLite dialect with another way of running a query. */
import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
} from 'kysely'
import type { StatementQueue } from './statement-queue.ts'

export class SqliteWorkerDialect implements Dialect {
  readonly #queue: StatementQueue

  constructor(queue: StatementQueue) {
    this.#queue = queue
  }
  createDriver(): Driver {
    return new QueueDriver(this.#queue)
  }
  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler()
  }
  createAdapter(): DialectAdapter {
    return new QueueAdapter()
  }
  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db)
  }
}

/** Kysely would let one query wait for the other: then each would be a transaction of its own. */
class QueueAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

class QueueConnection implements DatabaseConnection {
  readonly #queue: StatementQueue

  constructor(queue: StatementQueue) {
    this.#queue = queue
  }
  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const [result] = await this.#queue.submit([query])
    return { rows: result!.rows as R[], numAffectedRows: BigInt(result!.count) }
  }
  streamQuery(): never {
    throw new Error('rows come in pages: use `limit`')
  }
}

/** One connection for all: the queue keeps statements in order. */
class QueueDriver implements Driver {
  readonly #connection: QueueConnection

  constructor(queue: StatementQueue) {
    this.#connection = new QueueConnection(queue)
  }
  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
  // A transaction that waits for its next statement would hold up everybody's commits.
  beginTransaction(): never {
    throw new Error('use Database.atomically: its statements are known when it starts')
  }
  commitTransaction(): never {
    throw new Error('there is no transaction')
  }
  rollbackTransaction(): never {
    throw new Error('there is no transaction')
  }
}
