/** A database behind a statement queue: what SQLite and PostgreSQL have in common. */
import { Kysely, type Dialect } from 'kysely'
import type { Clock } from '../base/clock.ts'
import { Required, type Database, type Migrations, type Query, type Statement } from '../server/database.ts'
import { migrate } from './migrate.ts'
import type { StatementQueue } from './statement-queue.ts'

export interface QueuedDatabaseParts {
  readonly queue: StatementQueue
  /** Opens the queue for reads of many rows: with a connection of its own, or the same one. */
  readonly longReads: () => Promise<StatementQueue>
  readonly dialect: Dialect
  /** The name of the database in messages. */
  readonly name: string
  readonly clock: Clock
  /** Resolves, with the reason, if another server takes the database. */
  readonly taken: Promise<Error>
  /** Called when everything is written and closed: others may use the database. */
  readonly leave: () => Promise<void>
}

export class QueuedDatabase implements Database {
  readonly #parts: QueuedDatabaseParts
  readonly #kysely: Kysely<unknown>
  #longReads: Promise<StatementQueue> | null = null

  constructor(parts: QueuedDatabaseParts) {
    this.#parts = parts
    this.#kysely = new Kysely<unknown>({ dialect: parts.dialect })
  }
  get trouble(): Error | null {
    return this.#parts.queue.trouble
  }
  get taken(): Promise<Error> {
    return this.#parts.taken
  }
  schema<S>(): Kysely<S> {
    return this.#kysely as Kysely<S>
  }
  read<R>(query: Query<R>): Promise<readonly R[]> {
    return rowsOf(this.#parts.queue, query)
  }
  async readMany<R>(query: Query<R>): Promise<readonly R[]> {
    return rowsOf(await this.#openLongReads(), query)
  }
  async write(query: Query<unknown>): Promise<number> {
    const [result] = await this.#parts.queue.submit([query])
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
    return (await this.#parts.queue.submit(queries, required)).map((result) => result.count)
  }
  migrate(owner: string, migrations: Migrations): Promise<void> {
    return migrate(this, this.#parts.name, this.#parts.clock, owner, migrations)
  }
  async close(): Promise<void> {
    const longReads = await this.#longReads?.catch(() => null)
    await longReads?.close()
    await this.#parts.queue.close()
    await this.#parts.leave()
  }

  /** Opened at the first use. */
  #openLongReads(): Promise<StatementQueue> {
    if (this.#longReads === null) {
      this.#longReads = this.#parts.longReads()
      this.#longReads.catch(() => (this.#longReads = null))
    }
    return this.#longReads
  }
}

async function rowsOf<R>(queue: StatementQueue, query: Query<R>): Promise<readonly R[]> {
  const [result] = await queue.submit([query])
  return result!.rows as readonly R[]
}
