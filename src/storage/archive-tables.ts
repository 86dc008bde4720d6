/**
 * The table of the archive (src/server/archive.ts). Each index costs one page for each message, so there are few: an id
 * begins with its time, so that one index serves both, and data that few rows have is in partial indexes.
 */
import type { Millis } from '../base/clock.ts'
import type { Migrations } from '../server/database.ts'

export interface ArchiveTables {
  /** `node`: the server that wrote the row; 0 while there is only one. */
  archive: {
    owner: string
    seq: number
    id: string
    node: number
    stream: number
    time: Millis
    with_bare: string | null
    with_full: string | null
    nick: string | null
    kind: string
    key: string | null
    target: string | null
    from_id: string | null
    device: string | null
    txn: string | null
    lang: string | null
    payload: string | null
    mx: string | null
    flags: number
  }
  /** Numbers up to `reserved` may be in use. */
  archive_stream: { node: number; reserved: number }
}
export type ArchiveRow = ArchiveTables['archive']

export const ARCHIVE = 'archive'

export const archiveMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('archive')
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('node', 'smallint', (c) => c.notNull())
      .addColumn('stream', 'bigint', (c) => c.notNull())
      .addColumn('time', 'bigint', (c) => c.notNull())
      .addColumn('with_bare', 'text')
      .addColumn('with_full', 'text')
      .addColumn('nick', 'text')
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('key', 'text')
      .addColumn('target', 'text')
      .addColumn('from_id', 'text')
      .addColumn('device', 'text')
      .addColumn('txn', 'text')
      .addColumn('lang', 'text')
      .addColumn('payload', 'text')
      .addColumn('mx', 'text')
      .addColumn('flags', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('archive_key', ['owner', 'seq']),
    schema.createIndex('archive_id').unique().on('archive').columns(['owner', 'id']),
    schema.createIndex('archive_with').on('archive').columns(['owner', 'with_bare', 'seq']).where('with_bare', 'is not', null),
    schema.createIndex('archive_state').on('archive').columns(['owner', 'kind', 'key', 'seq']).where('key', 'is not', null),
    schema.createIndex('archive_target').on('archive').columns(['owner', 'target', 'kind']).where('target', 'is not', null),
    schema.createIndex('archive_txn').unique().on('archive').columns(['owner', 'device', 'txn']).where('device', 'is not', null),
    schema
      .createTable('archive_stream')
      .addColumn('node', 'smallint', (c) => c.primaryKey().notNull())
      .addColumn('reserved', 'bigint', (c) => c.notNull()),
  ],
]
