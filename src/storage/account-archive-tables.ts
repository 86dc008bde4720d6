/** What is known of the archive of each account beside its messages. */
import type { Migrations } from '../server/database.ts'

export interface AccountArchiveTables {
  archive_account: {
    owner: string
    /** Entries of the archive up to this position are not shown. */
    edge: number
    /** As JSON; null: the user has chosen nothing. */
    prefs: string | null
  }
}

export const ACCOUNT_ARCHIVE = 'account-archive'

export const accountArchiveMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('archive_account')
      .addColumn('owner', 'text', (c) => c.primaryKey().notNull())
      .addColumn('edge', 'bigint', (c) => c.notNull())
      .addColumn('prefs', 'text'),
  ],
]
