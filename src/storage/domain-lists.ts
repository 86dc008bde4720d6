/** The operator's lists of other domains (server/ports.ts): one row for each entry. */
import type { Database, Migrations } from '../server/database.ts'
import type { DomainList, DomainListStore } from '../server/ports.ts'
import { prepare } from './prepare.ts'

interface Tables {
  listed_domain: { list: DomainList; domain: string }
}

export const DOMAIN_LISTS = 'domain-lists'

export const domainListMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('listed_domain')
      .addColumn('list', 'text', (c) => c.notNull())
      .addColumn('domain', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('listed_domain_key', ['list', 'domain']),
  ],
]

export class SqlDomainLists implements DomainListStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }
  all(): Promise<readonly { readonly list: DomainList; readonly domain: string }[]> {
    return this.#database.read(this.#queries.all({}))
  }
  async change(list: DomainList, added: readonly string[], removed: readonly string[]): Promise<void> {
    const statements = [
      ...removed.map((domain) => this.#queries.remove({ list, domain })),
      ...added.map((domain) => this.#queries.add({ list, domain })),
    ]
    if (statements.length > 0) await this.#database.atomically(statements)
  }
}

function queriesOf(database: Database) {
  const db = database.schema<Tables>()
  return {
    all: prepare(() => db.selectFrom('listed_domain').select(['list', 'domain'])),
    add: prepare((p: { list: DomainList; domain: string }) =>
      db.insertInto('listed_domain').values({ list: p.list, domain: p.domain }),
    ),
    remove: prepare((p: { list: DomainList; domain: string }) =>
      db.deleteFrom('listed_domain').where('list', '=', p.list).where('domain', '=', p.domain),
    ),
  }
}
