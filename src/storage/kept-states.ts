/** The state of accounts and services, over a restart and a crash of the server (server/keeping/kept-states.ts). */
import type { Database, Migrations, Query } from '../server/database.ts'
import type { KeptName, KeptState, KeptStateStore } from '../server/ports.ts'
import { prepare } from './prepare.ts'

interface Tables {
  /** `name`: the owner of the state within the holder. `state`: JSON. */
  kept_state: { holder: string; name: string; state: string }
}

export const KEPT_STATES = 'kept-states'

export const keptStateMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('kept_state')
      .addColumn('holder', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('kept_state_key', ['holder', 'name']),
  ],
]

export class SqlKeptStates implements KeptStateStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }

  async replaceAll(states: readonly KeptState[]): Promise<void> {
    await this.#database.atomically([this.#queries.clear({}), ...states.map((state) => this.#queries.put(state))])
  }
  async update(puts: readonly KeptState[], drops: readonly KeptName[]): Promise<void> {
    const { put, drop } = this.#queries
    const queries: Query<unknown>[] = [...puts.map((state) => put(state)), ...drops.map((name) => drop(name))]
    await this.#database.atomically(queries)
  }
  async all(): Promise<readonly KeptState[]> {
    return this.#database.read(this.#queries.all({}))
  }
}

function queriesOf(database: Database) {
  const db = database.schema<Tables>()
  return {
    all: prepare(() => db.selectFrom('kept_state').select(['holder', 'name as key', 'state']).orderBy('holder').orderBy('name')),
    clear: prepare(() => db.deleteFrom('kept_state')),
    put: prepare((p: KeptState) =>
      db
        .insertInto('kept_state')
        .values({ holder: p.holder, name: p.key, state: p.state })
        .onConflict((c) => c.columns(['holder', 'name']).doUpdateSet({ state: p.state })),
    ),
    drop: prepare((p: KeptName) => db.deleteFrom('kept_state').where('holder', '=', p.holder).where('name', '=', p.key)),
  }
}
