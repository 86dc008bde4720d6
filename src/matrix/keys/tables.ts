/**
 * The tables of end-to-end keys (MXR-140): all of it is opaque to the server, which stores it and gives it out. A number `stream`
 * says when something was stored, in the order of everything that clients are told.
 */
import type { CreateTableBuilder, Kysely } from 'kysely'
import type { Migrations } from '../../server/database.ts'

/** Whose it is: an account and one of its devices. */
interface OfDevice {
  owner: string
  device: string
}
export interface DeviceKeyRow extends OfDevice {
  /** JSON, as the device has signed it. */
  content: string
  stream: number
}
/** Given out once. */
export interface OneTimeKeyRow extends OfDevice {
  /** With its algorithm, such as `signed_curve25519:AAAAHg`. */
  id: string
  algorithm: string
  content: string
  /** In the order of uploads. */
  stream: number
  /** Somebody has got it: the row says only that the device has used the name. */
  used: number
}
/** Given out when there are no others. */
export interface FallbackKeyRow extends OfDevice {
  algorithm: string
  id: string
  content: string
  used: number
}
/** The last change of the keys of an account. */
export interface KeyChangeRow {
  owner: string
  stream: number
}
/** A key with which a user signs others. */
export interface CrossKeyRow {
  owner: string
  /** `master`, `self_signing` or `user_signing`. */
  usage: string
  /** The public key, in base 64. */
  key: string
  content: string
}
/** Somebody has signed a key after it was uploaded. */
export interface KeySignatureRow {
  /** Whose key it is. */
  owner: string
  /** The device, or the public key of a master key. */
  target: string
  signer: string
  /** Such as `ed25519:` and the public key, or the device. */
  key: string
  signature: string
  stream: number
}
/** A message for one device. */
export interface InboxRow extends OfDevice {
  stream: number
  sender: string
  type: string
  content: string
  octets: number
}
/** A request of a device that was carried out. */
export interface SentRow extends OfDevice {
  name: string
  stream: number
}
/** A backup of the keys of rooms. */
export interface BackupRow {
  owner: string
  version: number
  algorithm: string
  auth: string
  /** The backup was deleted: its number is not given again. */
  gone: number
  /** How many keys it has. */
  keys: number
  /** Of all its keys. */
  octets: number
  /** The number of the key that was stored last. */
  newest: number
}
export interface BackupKeyRow {
  owner: string
  version: number
  room: string
  session: string
  verified: number
  first_index: number
  forwarded: number
  content: string
  octets: number
  /** When it was stored. */
  stream: number
}
export interface KeyTables {
  matrix_device_key: DeviceKeyRow
  matrix_one_time_key: OneTimeKeyRow
  matrix_fallback_key: FallbackKeyRow
  matrix_key_change: KeyChangeRow
  matrix_cross_key: CrossKeyRow
  matrix_key_signature: KeySignatureRow
  matrix_inbox: InboxRow
  matrix_sent: SentRow
  matrix_backup: BackupRow
  matrix_backup_key: BackupKeyRow
}

const ofAccount = <T extends string>(table: CreateTableBuilder<T>) =>
  table.addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
const ofDevice = <T extends string>(table: CreateTableBuilder<T>) =>
  ofAccount(table).addColumn('device', 'text', (c) => c.notNull())
function withTexts<T extends string>(table: CreateTableBuilder<T, string>, ...names: readonly string[]) {
  return names.reduce((before, name) => before.addColumn(name, 'text', (c) => c.notNull()), table)
}
function withNumbers<T extends string>(table: CreateTableBuilder<T, string>, ...names: readonly string[]) {
  return names.reduce((before, name) => before.addColumn(name, 'bigint', (c) => c.notNull()), table)
}

export const keyMigrations: Migrations = [
  (schema) => [
    withNumbers(withTexts(ofDevice(schema.createTable('matrix_device_key')), 'content'), 'stream').addPrimaryKeyConstraint(
      'matrix_device_key_key',
      ['owner', 'device'],
    ),
    withNumbers(
      withTexts(ofDevice(schema.createTable('matrix_one_time_key')), 'id', 'algorithm', 'content'),
      'stream',
    ).addPrimaryKeyConstraint('matrix_one_time_key_key', ['owner', 'device', 'id']),
    schema
      .createIndex('matrix_one_time_key_next')
      .on('matrix_one_time_key')
      .columns(['owner', 'device', 'algorithm', 'stream', 'id']),
    withTexts(ofDevice(schema.createTable('matrix_fallback_key')), 'algorithm', 'id', 'content')
      .addColumn('used', 'smallint', (c) => c.notNull())
      .addPrimaryKeyConstraint('matrix_fallback_key_key', ['owner', 'device', 'algorithm']),
    withNumbers(ofAccount(schema.createTable('matrix_key_change')), 'stream').addPrimaryKeyConstraint('matrix_key_change_key', [
      'owner',
    ]),
    schema.createIndex('matrix_key_change_new').on('matrix_key_change').column('stream'),
    withTexts(ofAccount(schema.createTable('matrix_cross_key')), 'usage', 'key', 'content').addPrimaryKeyConstraint(
      'matrix_cross_key_key',
      ['owner', 'usage'],
    ),
    withNumbers(
      withTexts(
        withTexts(ofAccount(schema.createTable('matrix_key_signature')), 'target').addColumn('signer', 'text', (c) =>
          c.notNull().references('account.bare').onDelete('cascade'),
        ),
        'key',
        'signature',
      ),
      'stream',
    ).addPrimaryKeyConstraint('matrix_key_signature_key', ['owner', 'target', 'signer', 'key']),
    schema.createIndex('matrix_key_signature_new').on('matrix_key_signature').columns(['signer', 'stream']),
    withNumbers(
      withTexts(ofDevice(schema.createTable('matrix_inbox')), 'sender', 'type', 'content'),
      'stream',
      'octets',
    ).addPrimaryKeyConstraint('matrix_inbox_key', ['owner', 'device', 'stream']),
    schema.createIndex('matrix_inbox_of').on('matrix_inbox').columns(['owner', 'device', 'sender', 'stream']),
    withNumbers(withTexts(ofDevice(schema.createTable('matrix_sent')), 'name'), 'stream').addPrimaryKeyConstraint(
      'matrix_sent_key',
      ['owner', 'device', 'name'],
    ),
    withNumbers(withTexts(ofAccount(schema.createTable('matrix_backup')), 'algorithm', 'auth'), 'version')
      .addColumn('gone', 'smallint', (c) => c.notNull())
      .addPrimaryKeyConstraint('matrix_backup_key_of', ['owner', 'version']),
    withNumbers(
      withTexts(ofAccount(schema.createTable('matrix_backup_key')), 'room', 'session', 'content'),
      'version',
      'first_index',
      'forwarded',
      'octets',
      'stream',
    )
      .addColumn('verified', 'smallint', (c) => c.notNull())
      .addPrimaryKeyConstraint('matrix_backup_key_key', ['owner', 'version', 'room', 'session']),
  ],
  // Names of keys that were given out are known; nobody reads a whole backup or inbox to learn how much is in it
  (schema, tables) => [
    schema.alterTable('matrix_one_time_key').addColumn('used', 'smallint', (c) => c.notNull().defaultTo(0)),
    ...['keys', 'octets', 'newest'].map((name) =>
      schema.alterTable('matrix_backup').addColumn(name, 'bigint', (c) => c.notNull().defaultTo(0)),
    ),
    countBackups(tables as Kysely<KeyTables>),
    schema.dropIndex('matrix_inbox_of'),
    schema.createIndex('matrix_inbox_amount').on('matrix_inbox').columns(['owner', 'device', 'sender', 'stream', 'octets']),
  ],
]
function countBackups(tables: Kysely<KeyTables>) {
  return tables.updateTable('matrix_backup').set((eb) => {
    const keys = eb
      .selectFrom('matrix_backup_key as of')
      .whereRef('of.owner', '=', 'matrix_backup.owner')
      .whereRef('of.version', '=', 'matrix_backup.version')
    return {
      keys: keys.select((one) => one.fn.countAll<number>().as('keys')),
      octets: keys.select((one) => one.fn.coalesce(one.fn.sum<number>('of.octets'), one.lit(0)).as('octets')),
      newest: keys.select((one) => one.fn.coalesce(one.fn.max('of.stream'), one.lit(0)).as('newest')),
    }
  })
}
export const KEYS = 'matrix-keys'
