/** The tables of rooms. What belongs to a room is kept under its `uid`, never under its address. */
import type { Millis } from '../base/clock.ts'
import type { Migrations } from '../server/database.ts'
import type { Affiliation, Role } from './machine/affiliation.ts'
import type { Ended, Standing } from './machine/room.ts'

export interface RoomTables {
  room: {
    uid: string
    domain: string
    address: string
    created_at: Millis
    /** JSON: the fields that are not as they are by default. */
    config: string
    /** What is searched for, out of the configuration. */
    name: string
    public: 0 | 1
    persistent: 0 | 1
    locked_for: string | null
    locked_at: Millis | null
    subject: string | null
    subject_by: string | null
    subject_nick: string | null
    subject_at: Millis | null
    /** Key of the occupant ids, in base64url. */
    secret: string
    /** Of the log: nothing at this position or before is complete. */
    edge: number
  }
  room_member: {
    uid: string
    jid: string
    affiliation: Affiliation
    nick: string | null
    role: Role | null
    standing: Standing['is'] | null
    lasting: 0 | 1
    by_jid: string | null
    until: Millis | null
    registered: 0 | 1
    by_registration: 0 | 1
    reason: string
    /** URIs, with spaces between them. */
    hats: string
    /** The person who has been in the room longer comes first. */
    since: Millis
  }
  room_card: {
    uid: string
    /** As XML. */
    card: string
    /** Hashes of its pictures, with spaces between them. */
    pictures: string
  }
  room_hats: {
    uid: string
    /** JSON: URI, title and hue of each. */
    hats: string
  }
  /** Rooms that have ended: their log, as long as it is kept, and who may create a room at the address again. */
  room_remains: {
    uid: string
    address: string
    why: Ended['why']
    ended_at: Millis
    alternate: string
    reason: string
    /** JSON: bare JIDs. */
    owners: string
    /** When the log goes; null: it is gone. */
    log_until: Millis | null
  }
}

export const ROOMS = 'rooms'

export const roomMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('room')
      .addColumn('uid', 'text', (c) => c.primaryKey().notNull())
      .addColumn('domain', 'text', (c) => c.notNull())
      .addColumn('address', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('config', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('public', 'smallint', (c) => c.notNull())
      .addColumn('persistent', 'smallint', (c) => c.notNull())
      .addColumn('locked_for', 'text')
      .addColumn('locked_at', 'bigint')
      .addColumn('subject', 'text')
      .addColumn('subject_by', 'text')
      .addColumn('subject_nick', 'text')
      .addColumn('subject_at', 'bigint')
      .addColumn('secret', 'text', (c) => c.notNull())
      .addColumn('edge', 'bigint', (c) => c.notNull()),
    schema.createIndex('room_address').unique().on('room').column('address'),
    schema.createIndex('room_listed').on('room').columns(['domain', 'public', 'address']),
    schema.createIndex('room_locked').on('room').columns(['locked_for']).where('locked_for', 'is not', null),
    schema
      .createTable('room_member')
      .addColumn('uid', 'text', (c) => c.notNull().references('room.uid').onDelete('cascade'))
      .addColumn('jid', 'text', (c) => c.notNull())
      .addColumn('affiliation', 'text', (c) => c.notNull())
      .addColumn('nick', 'text')
      .addColumn('role', 'text')
      .addColumn('standing', 'text')
      .addColumn('lasting', 'smallint', (c) => c.notNull())
      .addColumn('by_jid', 'text')
      .addColumn('until', 'bigint')
      .addColumn('registered', 'smallint', (c) => c.notNull())
      .addColumn('by_registration', 'smallint', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('since', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('room_member_key', ['uid', 'jid']),
    schema.createIndex('room_member_person').on('room_member').columns(['jid', 'affiliation']),
    schema
      .createTable('room_remains')
      .addColumn('uid', 'text', (c) => c.primaryKey().notNull())
      .addColumn('address', 'text', (c) => c.notNull())
      .addColumn('why', 'text', (c) => c.notNull())
      .addColumn('ended_at', 'bigint', (c) => c.notNull())
      .addColumn('alternate', 'text', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('owners', 'text', (c) => c.notNull())
      .addColumn('log_until', 'bigint'),
    schema.createIndex('room_remains_address').on('room_remains').columns(['address', 'ended_at']),
    schema.createIndex('room_remains_log').on('room_remains').column('log_until').where('log_until', 'is not', null),
  ],
  (schema) => [
    schema
      .createTable('room_card')
      .addColumn('uid', 'text', (c) => c.primaryKey().notNull().references('room.uid').onDelete('cascade'))
      .addColumn('card', 'text', (c) => c.notNull())
      .addColumn('pictures', 'text', (c) => c.notNull()),
  ],
  (schema) => [
    schema
      .createTable('room_hats')
      .addColumn('uid', 'text', (c) => c.primaryKey().notNull().references('room.uid').onDelete('cascade'))
      .addColumn('hats', 'text', (c) => c.notNull()),
    schema.alterTable('room_member').addColumn('hats', 'text', (c) => c.notNull().defaultTo('')),
  ],
]
