/** The tables of files: one row for each, from the moment in which it is announced. */
import type { Millis } from '../base/clock.ts'
import type { Migrations } from '../server/database.ts'

/**
 * What a file is for. 'message': it goes after a while. 'profile': it stays, in a quota of its own. 'thumbnail': it was made of
 * another one, and goes with it.
 */
export type Purpose = 'message' | 'profile' | 'thumbnail'

export interface FileTables {
  /**
   * `owner`: a bare JID; '' once the account is gone. `type`: of the content; '' if none was said. `stored_at`: null while the
   * octets have not come. `expires_at`: null for a file that stays; of an announced file, until when it may come. A file that is
   * referred to does not expire; only `keep_until` ends it all the same.
   */
  file: {
    id: string
    owner: string
    name: string
    type: string
    size: number
    purpose: Purpose
    keep_until: Millis | null
    created_at: Millis
    stored_at: Millis | null
    expires_at: Millis | null
  }
  /** What refers to a file, in the words of the part that does: an entry of a log, an avatar. */
  file_reference: { file: string; holder: string }
}

export const FILES = 'files'

export const fileMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('file')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('size', 'bigint', (c) => c.notNull())
      .addColumn('purpose', 'text', (c) => c.notNull())
      .addColumn('keep_until', 'bigint')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('stored_at', 'bigint')
      .addColumn('expires_at', 'bigint'),
    schema.createIndex('file_owner').on('file').columns(['owner', 'purpose']),
    schema.createIndex('file_expiry').on('file').column('expires_at').where('expires_at', 'is not', null),
    schema.createIndex('file_end').on('file').column('keep_until').where('keep_until', 'is not', null),
    schema
      .createTable('file_reference')
      .addColumn('file', 'text', (c) => c.notNull().references('file.id').onDelete('cascade'))
      .addColumn('holder', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('file_reference_key', ['file', 'holder']),
    schema.createIndex('file_reference_holder').on('file_reference').column('holder'),
  ],
]
