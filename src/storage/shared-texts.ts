/** Texts that the servers on one database have to share, and that are files otherwise: the secret, the certificate that was made. */
import type { Database, Migrations } from '../server/database.ts'

interface Tables {
  shared_text: { name: string; text: string }
}
/** The table. */
export const SHARED_TEXTS = 'shared_text'
const migrations: Migrations = [
  (schema) => [
    schema
      .createTable(SHARED_TEXTS)
      .addColumn('name', 'text', (c) => c.primaryKey())
      .addColumn('text', 'text', (c) => c.notNull()),
  ],
]

export class SharedTexts {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
  }
  /** @throws StorageError */
  static async open(database: Database): Promise<SharedTexts> {
    await database.migrate('shared-texts', migrations)
    return new SharedTexts(database)
  }
  /** Null if there is none. @throws StorageError */
  async read(name: string): Promise<string | null> {
    const db = this.#database.schema<Tables>()
    const row = await db.selectFrom('shared_text').select('text').where('name', '=', name).executeTakeFirst()
    return row?.text ?? null
  }
  /** @throws StorageError */
  async write(name: string, text: string): Promise<void> {
    const db = this.#database.schema<Tables>()
    await db
      .insertInto('shared_text')
      .values({ name, text })
      .onConflict((c) => c.column('name').doUpdateSet({ text }))
      .execute()
  }
}
