/** Kysely over the statement queue: its own dialects for SQLite and PostgreSQL, but queries run in another way. */
import {
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type DataTypeNode,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely'
import type { StatementQueue } from './statement-queue.ts'

export const sqliteDialect = (queue: StatementQueue): Dialect => ({
  createDriver: () => new QueueDriver(queue),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createAdapter: () => new QueueAdapter(),
  createIntrospector: (db) => new SqliteIntrospector(db),
})

export const postgresDialect = (queue: StatementQueue): Dialect => ({
  createDriver: () => new QueueDriver(queue),
  createQueryCompiler: () => new CollatingCompiler(),
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (db) => new PostgresIntrospector(db),
})

/** Kysely would make one query wait for the other, so that each would be a transaction of its own. */
class QueueAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

/** Columns of text compare by code point, as in SQLite: the default collation depends on the database and on the system's library. */
class CollatingCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    const isColumn = this.parentNode?.kind === 'ColumnDefinitionNode'
    if (isColumn && node.dataType === 'blob') return this.append('bytea')
    super.visitDataType(node)
    if (isColumn && node.dataType === 'text') this.append(' collate "C"')
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
  // A transaction that waits for its next statement would delay all commits.
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
