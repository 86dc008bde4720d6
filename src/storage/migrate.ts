/** Carries out migration steps that were not done yet: see `Migrations`. */
import type { Clock } from '../base/clock.ts'
import type { Database, Migrations } from '../server/database.ts'
import { StorageError } from './storage-error.ts'

interface MigrationTables {
  porchlight_migration: { owner: string; number: number; applied_at: number }
}

/**
 * Carries out the steps of `owner` that were not done yet.
 * @param file the name of the database in an error
 */
export async function migrate(
  database: Database,
  file: string,
  clock: Clock,
  owner: string,
  migrations: Migrations,
): Promise<void> {
  const db = database.schema<MigrationTables>()
  await db.schema
    .createTable('porchlight_migration')
    .ifNotExists()
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('number', 'integer', (c) => c.notNull())
    .addColumn('applied_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('porchlight_migration_key', ['owner', 'number'])
    .execute()
  const taken = await db
    .selectFrom('porchlight_migration')
    .select((eb) => eb.fn.max('number').as('number'))
    .where('owner', '=', owner)
    .executeTakeFirst()
  const at = taken?.number ?? 0
  if (at > migrations.length) {
    throw new StorageError(
      'newer-schema',
      `The database ${file} was used by a newer version of this server (tables of ${owner}: step ${at}, known here: ${migrations.length}). ` +
        'Install that version again, or restore the backup that was made before the upgrade.',
    )
  }
  const tables = database.schema<unknown>()
  for (const [i, step] of migrations.slice(at).entries()) {
    const entry = db.insertInto('porchlight_migration').values({ owner, number: at + i + 1, applied_at: clock.now() })
    await database.atomically([...step(tables.schema, tables), entry])
  }
}
