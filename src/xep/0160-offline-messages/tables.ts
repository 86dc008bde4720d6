/** Which messages wait for which account. */
import type { Millis } from '../../base/clock.ts'
import type { Migrations } from '../../server/database.ts'
import type { ArchiveTables } from '../../storage/archive-tables.ts'
import { packetOfStored } from '../../xmpp/stored-packet.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Pool } from './shares.ts'

export interface WaitingRow {
  owner: string
  /** From 1, in the order of arrival. */
  seq: number
  /** The position of the message in the archive of the owner. */
  entry: number
  /** The message is in the archive only as long as it waits. */
  is_held: number
  octets: number
  pool: Pool
  /** The holder of the share of the pool that it uses. */
  holder: string
}
/** The highest number that a message of the owner had when it was removed. */
interface LastRow {
  owner: string
  seq: number
}
/** As earlier versions have stored it. */
interface OldRow {
  owner: string
  seq: number
  received_at: Millis
  octets: number
  sender: string
  recipient: string
  type: string
  id: string | null
  lang: string | null
  extra: string
  payload: string
  pool: Pool
  holder: string
}
export interface OfflineTables extends Pick<ArchiveTables, 'archive'> {
  waiting_message: WaitingRow
  waiting_last: LastRow
  offline_message: OldRow
}

export const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('offline_message')
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('received_at', 'bigint', (c) => c.notNull())
      .addColumn('octets', 'integer', (c) => c.notNull())
      .addColumn('sender', 'text', (c) => c.notNull())
      .addColumn('recipient', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('id', 'text')
      .addColumn('lang', 'text')
      .addColumn('extra', 'text', (c) => c.notNull())
      .addColumn('payload', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('offline_message_key', ['owner', 'seq']),
  ],
  (schema) => [
    schema.alterTable('offline_message').addColumn('pool', 'text', (c) => c.notNull().defaultTo('known')),
    schema.alterTable('offline_message').addColumn('holder', 'text', (c) => c.notNull().defaultTo('')),
  ],
  // The messages are in the archive from here on; `OfflineMessages.takeOver` brings the old ones there
  (schema) => [
    schema
      .createTable('waiting_message')
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('entry', 'bigint', (c) => c.notNull())
      .addColumn('is_held', 'smallint', (c) => c.notNull())
      .addColumn('octets', 'integer', (c) => c.notNull())
      .addColumn('pool', 'text', (c) => c.notNull())
      .addColumn('holder', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('waiting_message_key', ['owner', 'seq']),
  ],
  (schema) => [
    schema
      .createTable('waiting_last')
      .addColumn('owner', 'text', (c) => c.primaryKey().notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull()),
  ],
]

export const packetOfOld = ({ sender, recipient, type, id, lang, extra, payload }: OldRow): Packet =>
  packetOfStored({ kind: 'message', type, from: sender, to: recipient, id, lang, extra, payload })
