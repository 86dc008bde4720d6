/** The clearances that the operator has given (server/labelling/clearance-store.ts). */
import type { Database, Migrations } from '../server/database.ts'
import type { ClearanceStore, ClearedKind, StoredClearance } from '../server/labelling/clearance-store.ts'
import { prepare } from './prepare.ts'
import { StorageError } from './storage-error.ts'

type ClearanceTables = {
  /**
   * `subject`: a bare JID, the name of a group, or a domain, also of the form `*.example.org`. `account`, `member_group`: the same for an
   * account and for a group. The row is deleted with it, also while the server has no policy.
   */
  clearance: {
    kind: ClearedKind
    subject: string
    clearance: string
    account: string | null
    member_group: string | null
  }
  account: { bare: string }
  operator_group: { name: string }
}

export const CLEARANCES = 'clearances'

export const clearanceMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('clearance')
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('clearance', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('clearance_key', ['kind', 'subject']),
  ],
  (schema, tables) => {
    const db = tables.withTables<ClearanceTables>()
    const given = (kind: ClearedKind) => db.updateTable('clearance').where('kind', '=', kind)
    return [
      schema.alterTable('clearance').addColumn('account', 'text', (c) => c.references('account.bare').onDelete('cascade')),
      schema
        .alterTable('clearance')
        .addColumn('member_group', 'text', (c) => c.references('operator_group.name').onDelete('cascade')),
      schema.createIndex('clearance_account').on('clearance').column('account'),
      schema.createIndex('clearance_group').on('clearance').column('member_group'),
      // What outlived its account or its group is not for one that was made anew
      db
        .deleteFrom('clearance')
        .where('kind', '=', 'account')
        .where('subject', 'not in', db.selectFrom('account').select('bare')),
      db
        .deleteFrom('clearance')
        .where('kind', '=', 'group')
        .where('subject', 'not in', db.selectFrom('operator_group').select('name')),
      given('account').set(({ ref }) => ({ account: ref('subject') })),
      given('group').set(({ ref }) => ({ member_group: ref('subject') })),
    ]
  },
]

export class SqlClearances implements ClearanceStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }
  all(): Promise<readonly StoredClearance[]> {
    return this.#database.read(this.#queries.all({}))
  }
  async of(kind: ClearedKind, subject: string): Promise<string | null> {
    const [row] = await this.#database.read(this.#queries.of({ kind, subject }))
    return row?.clearance ?? null
  }
  async put(given: StoredClearance): Promise<boolean> {
    try {
      await this.#database.write(this.#queries.put(rowOf(given)))
      return true
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'constraint') return false
      throw error
    }
  }
  async drop(kind: ClearedKind, subject: string): Promise<void> {
    await this.#database.write(this.#queries.drop({ kind, subject }))
  }
}

const rowOf = (given: StoredClearance): ClearanceTables['clearance'] => ({
  ...given,
  account: given.kind === 'account' ? given.subject : null,
  member_group: given.kind === 'group' ? given.subject : null,
})

function queriesOf(database: Database) {
  const db = database.schema<ClearanceTables>()
  return {
    all: prepare(() => db.selectFrom('clearance').select(['kind', 'subject', 'clearance'])),
    of: prepare((p: { kind: ClearedKind; subject: string }) =>
      db.selectFrom('clearance').select('clearance').where('kind', '=', p.kind).where('subject', '=', p.subject),
    ),
    put: prepare((p: ClearanceTables['clearance']) =>
      db
        .insertInto('clearance')
        .values({
          kind: p.kind,
          subject: p.subject,
          clearance: p.clearance,
          account: p.account,
          member_group: p.member_group,
        })
        .onConflict((c) => c.columns(['kind', 'subject']).doUpdateSet({ clearance: p.clearance })),
    ),
    drop: prepare((p: { kind: ClearedKind; subject: string }) =>
      db.deleteFrom('clearance').where('kind', '=', p.kind).where('subject', '=', p.subject),
    ),
  }
}
