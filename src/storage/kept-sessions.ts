/** Sessions over a restart of the server (server/kept-sessions.ts): written when it stops, and forgotten one by one. */
import type { Millis } from '../base/clock.ts'
import type { KeptSession, KeptSessionStore } from '../server/ports.ts'
import type { Database } from './database.ts'
import type { Migrations } from './migrations.ts'
import { prepare } from './prepare.ts'

interface Tables {
  /** `until`: when it ends if nobody comes back for it; 0: its client was connected. `state`: JSON. */
  kept_session: { owner: string; resource: string; until: Millis; state: string }
}

export const KEPT_SESSIONS = 'kept-sessions'

export const keptSessionMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('kept_session')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('resource', 'text', (c) => c.notNull())
      .addColumn('until', 'bigint', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('kept_session_key', ['owner', 'resource']),
  ],
]

export class SqlKeptSessions implements KeptSessionStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }

  async replaceAll(sessions: readonly KeptSession[]): Promise<void> {
    const { clear, put } = this.#queries
    await this.#database.atomically([clear({}), ...sessions.map((session) => put(session))])
  }
  async put(sessions: readonly KeptSession[]): Promise<void> {
    await this.#database.atomically(sessions.map((session) => this.#queries.put(session)))
  }
  all(): Promise<readonly KeptSession[]> {
    return this.#database.read(this.#queries.all({}))
  }
  async drop(owner: string, resource: string): Promise<void> {
    await this.#database.write(this.#queries.drop({ owner, resource }))
  }
}

function queriesOf(database: Database) {
  const db = database.schema<Tables>()
  return {
    all: prepare(() => db.selectFrom('kept_session').select(['owner', 'resource', 'until', 'state'])),
    clear: prepare(() => db.deleteFrom('kept_session')),
    put: prepare((p: KeptSession) =>
      db
        .insertInto('kept_session')
        .values({ owner: p.owner, resource: p.resource, until: p.until, state: p.state })
        .onConflict((c) => c.columns(['owner', 'resource']).doUpdateSet({ until: p.until, state: p.state })),
    ),
    drop: prepare((p: { owner: string; resource: string }) =>
      db.deleteFrom('kept_session').where('owner', '=', p.owner).where('resource', '=', p.resource),
    ),
  }
}
