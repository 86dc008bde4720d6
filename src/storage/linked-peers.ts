/** The remote domains with which there was a stream (server/ports.ts): one row for each pair of domains. */
import type { LinkedPeersStore } from '../server/ports.ts'
import type { Database, Migrations } from '../server/database.ts'
import { prepare } from './prepare.ts'

interface Tables {
  linked_peer: { local: string; remote: string }
}

export const LINKED_PEERS = 'linked-peers'

export const linkedPeerMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('linked_peer')
      .addColumn('local', 'text', (c) => c.notNull())
      .addColumn('remote', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('linked_peer_key', ['local', 'remote']),
  ],
]

export class SqlLinkedPeers implements LinkedPeersStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }
  all(): Promise<readonly { readonly local: string; readonly remote: string }[]> {
    return this.#database.read(this.#queries.all({}))
  }
  async put(local: string, remote: string): Promise<void> {
    await this.#database.write(this.#queries.put({ local, remote }))
  }
  async drop(local: string, remote: string): Promise<void> {
    await this.#database.write(this.#queries.drop({ local, remote }))
  }
}

function queriesOf(database: Database) {
  const db = database.schema<Tables>()
  return {
    all: prepare(() => db.selectFrom('linked_peer').select(['local', 'remote'])),
    put: prepare((p: { local: string; remote: string }) =>
      db
        .insertInto('linked_peer')
        .values({ local: p.local, remote: p.remote })
        .onConflict((c) => c.columns(['local', 'remote']).doNothing()),
    ),
    drop: prepare((p: { local: string; remote: string }) =>
      db.deleteFrom('linked_peer').where('local', '=', p.local).where('remote', '=', p.remote),
    ),
  }
}
