/**
 * The table of the archive (src/server/archive.ts). An index costs each message a page if its owners are far apart in the index,
 * so there is one, that of positions. Ids begin with their time, so the index of ids grows at its end, whoever owns the messages. Data
 * that few rows have is in partial indexes. What would need another index is found out later (`archive-peers.ts`).
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
  /** Where the entries with a `with_bare` are, for owners who were asked for them (`archive-peers.ts`). */
  archive_peer: { whose: string; peer: string; place: number }
  /** Up to where `archive_peer` is complete. */
  archive_peers_up_to: { owner: string; seq: number }
  /** The octets of the entries from the row before to `seq` (`archive-octets.ts`). */
  archive_octets: { owner: string; seq: number; octets: number }
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
  (schema) => [schema.dropIndex('archive_id'), schema.createIndex('archive_id').unique().on('archive').columns(['id', 'owner'])],
  (schema) => [
    schema.dropIndex('archive_with'),
    schema
      .createTable('archive_peer')
      .addColumn('whose', 'text', (c) => c.notNull())
      .addColumn('peer', 'text', (c) => c.notNull())
      .addColumn('place', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('archive_peer_key', ['whose', 'peer', 'place']),
    schema
      .createTable('archive_peers_up_to')
      .addColumn('owner', 'text', (c) => c.primaryKey().notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull()),
  ],
  (schema) => [
    schema
      .createTable('archive_octets')
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('octets', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('archive_octets_key', ['owner', 'seq']),
  ],
]
