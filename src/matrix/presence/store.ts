/** What is kept of the presence of users on disk: the text that they have set, and what was last told of them. */
import type { Millis } from '../../base/clock.ts'
import type { Database, Migrations } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import type { Availability } from './machine.ts'

interface PresenceTables {
  matrix_presence: {
    owner: string
    user_text: string
    presence: string
    text: string
    last_active: number | null
    position: number
  }
}

export const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('matrix_presence')
      .addColumn('owner', 'text', (c) => c.notNull().primaryKey().references('account.bare').onDelete('cascade'))
      .addColumn('user_text', 'text', (c) => c.notNull())
      .addColumn('presence', 'text', (c) => c.notNull())
      .addColumn('text', 'text', (c) => c.notNull())
      .addColumn('last_active', 'bigint')
      .addColumn('position', 'bigint', (c) => c.notNull()),
  ],
]

export interface StoredPresence {
  /** A bare JID. */
  readonly owner: string
  readonly userText: string
  readonly presence: Availability
  readonly text: string
  readonly lastActive: Millis | null
  /** See `Row`. */
  readonly position: number
}

export class PresenceStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }
  async all(): Promise<readonly StoredPresence[]> {
    const rows = await this.#database.readMany(this.#queries.all({}))
    return rows.map(({ owner, user_text, presence, text, last_active, position }) => ({
      owner,
      userText: user_text,
      presence: presence as Availability,
      text,
      lastActive: last_active,
      position,
    }))
  }
  /** Each row for itself: its account may have been deleted meanwhile. */
  async save(rows: readonly StoredPresence[], failed: (error: unknown) => void): Promise<void> {
    await Promise.all(rows.map((row) => this.saveOne(row).catch(failed)))
  }
  /** @throws StorageError */
  async saveOne(row: StoredPresence): Promise<void> {
    const { owner, userText, presence, text, lastActive, position } = row
    await this.#database.write(
      this.#queries.put({ owner, user_text: userText, presence, text, last_active: lastActive, position }),
    )
  }
}

function queriesOf(database: Database) {
  const db = database.schema<PresenceTables>()
  const table = 'matrix_presence'
  return {
    all: prepare(() => db.selectFrom(table).selectAll()),
    put: prepare((p: PresenceTables['matrix_presence']) =>
      db
        .insertInto(table)
        .values({
          owner: p.owner,
          user_text: p.user_text,
          presence: p.presence,
          text: p.text,
          last_active: p.last_active,
          position: p.position,
        })
        .onConflict((c) =>
          c.columns(['owner']).doUpdateSet((eb) => ({
            user_text: eb.ref('excluded.user_text'),
            presence: eb.ref('excluded.presence'),
            text: eb.ref('excluded.text'),
            last_active: eb.ref('excluded.last_active'),
            position: eb.ref('excluded.position'),
          })),
        ),
    ),
  }
}
