/** What the Matrix face keeps of rooms beside their log: visits, receipts, rooms that somebody has forgotten, rooms that are gone. */
import type { Kysely } from 'kysely'
import type { Millis } from '../../base/clock.ts'
import type { Database, Migrations, Statement } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'

/** Somebody who walked in, and has not been there for a while if `gone_at` says so. */
export interface VisitRow {
  uid: string
  /** Bare JID. */
  jid: string
  nick: string
  stream: number
  /** Null: clients are shown them. */
  gone_at: Millis | null
}
export interface ReceiptRow {
  uid: string
  jid: string
  /** `m.read` or `m.read.private`. */
  type: string
  /** '' for none. */
  thread: string
  event: string
  at: Millis
  stream: number
}
/** A person does not want to hear of a room any more that they have left. */
interface ForgottenRow {
  uid: string
  jid: string
}
/** A person belonged to a room that has ended. */
export interface EndedRow {
  jid: string
  room_id: string
  stream: number
  at: Millis
  reason: string
  by_id: string
  /** The content of the tombstone, as JSON; '' if the room was not destroyed. */
  tombstone: string
  /** The number of the last thing before the end. Clients that know less have missed something for good. */
  previous: number
}
/** Who has made a room. The log of an old room does not say it any more. */
interface MakerRow {
  uid: string
  jid: string
}
interface MatrixRoomTables {
  matrix_room_maker: MakerRow
  matrix_room_visit: VisitRow
  matrix_room_receipt: ReceiptRow
  matrix_room_forgotten: ForgottenRow
  matrix_room_ended: EndedRow
}

const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('matrix_room_visit')
      .addColumn('uid', 'text', (c) => c.notNull().references('room.uid').onDelete('cascade'))
      .addColumn('jid', 'text', (c) => c.notNull())
      .addColumn('nick', 'text', (c) => c.notNull())
      .addColumn('stream', 'bigint', (c) => c.notNull())
      .addColumn('gone_at', 'bigint')
      .addPrimaryKeyConstraint('matrix_room_visit_key', ['uid', 'jid']),
    schema
      .createTable('matrix_room_receipt')
      .addColumn('uid', 'text', (c) => c.notNull().references('room.uid').onDelete('cascade'))
      .addColumn('jid', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('thread', 'text', (c) => c.notNull())
      .addColumn('event', 'text', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('stream', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('matrix_room_receipt_key', ['uid', 'jid', 'type', 'thread']),
    schema
      .createTable('matrix_room_forgotten')
      .addColumn('uid', 'text', (c) => c.notNull().references('room.uid').onDelete('cascade'))
      .addColumn('jid', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('matrix_room_forgotten_key', ['uid', 'jid']),
    schema
      .createTable('matrix_room_ended')
      .addColumn('jid', 'text', (c) => c.notNull())
      .addColumn('room_id', 'text', (c) => c.notNull())
      .addColumn('stream', 'bigint', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('by_id', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('matrix_room_ended_key', ['jid', 'room_id']),
  ],
  (schema) => [
    schema.alterTable('matrix_room_ended').addColumn('tombstone', 'text', (c) => c.notNull().defaultTo('')),
    schema.alterTable('matrix_room_ended').addColumn('previous', 'bigint', (c) => c.notNull().defaultTo(0)),
  ],
  (schema) => [
    schema
      .createTable('matrix_room_maker')
      .addColumn('uid', 'text', (c) => c.primaryKey().references('room.uid').onDelete('cascade'))
      .addColumn('jid', 'text', (c) => c.notNull()),
    schema.createIndex('matrix_room_receipt_of').on('matrix_room_receipt').column('jid'),
    schema.createIndex('matrix_room_forgotten_of').on('matrix_room_forgotten').column('jid'),
  ],
]

function queriesOf(db: Kysely<MatrixRoomTables>) {
  return {
    visits: prepare((p: { uid: string }) => db.selectFrom('matrix_room_visit').selectAll().where('uid', '=', p.uid)),
    putVisit: prepare((p: VisitRow) =>
      db
        .insertInto('matrix_room_visit')
        .values({ uid: p.uid, jid: p.jid, nick: p.nick, stream: p.stream, gone_at: p.gone_at })
        .onConflict((c) =>
          c.columns(['uid', 'jid']).doUpdateSet((eb) => ({
            nick: eb.ref('excluded.nick'),
            stream: eb.ref('excluded.stream'),
            gone_at: eb.ref('excluded.gone_at'),
          })),
        ),
    ),
    dropVisit: prepare((p: { uid: string; jid: string }) =>
      db.deleteFrom('matrix_room_visit').where('uid', '=', p.uid).where('jid', '=', p.jid),
    ),
    receipts: prepare((p: { uid: string }) => db.selectFrom('matrix_room_receipt').selectAll().where('uid', '=', p.uid)),
    putReceipt: prepare((p: ReceiptRow) =>
      db
        .insertInto('matrix_room_receipt')
        .values({ uid: p.uid, jid: p.jid, type: p.type, thread: p.thread, event: p.event, at: p.at, stream: p.stream })
        .onConflict((c) =>
          c.columns(['uid', 'jid', 'type', 'thread']).doUpdateSet((eb) => ({
            event: eb.ref('excluded.event'),
            at: eb.ref('excluded.at'),
            stream: eb.ref('excluded.stream'),
          })),
        ),
    ),
    dropReceipt: prepare((p: Pick<ReceiptRow, 'uid' | 'jid' | 'type' | 'thread'>) =>
      db
        .deleteFrom('matrix_room_receipt')
        .where('uid', '=', p.uid)
        .where('jid', '=', p.jid)
        .where('type', '=', p.type)
        .where('thread', '=', p.thread),
    ),
    forgotten: prepare((p: { jid: string }) => db.selectFrom('matrix_room_forgotten').select('uid').where('jid', '=', p.jid)),
    forget: prepare((p: ForgottenRow) =>
      db
        .insertInto('matrix_room_forgotten')
        .values({ uid: p.uid, jid: p.jid })
        .onConflict((c) => c.columns(['uid', 'jid']).doNothing()),
    ),
    remember: prepare((p: ForgottenRow) =>
      db.deleteFrom('matrix_room_forgotten').where('uid', '=', p.uid).where('jid', '=', p.jid),
    ),
    ended: prepare((p: { jid: string }) => db.selectFrom('matrix_room_ended').selectAll().where('jid', '=', p.jid)),
    putEnded: prepare((p: EndedRow) =>
      db
        .insertInto('matrix_room_ended')
        .values({
          jid: p.jid,
          room_id: p.room_id,
          stream: p.stream,
          at: p.at,
          reason: p.reason,
          by_id: p.by_id,
          tombstone: p.tombstone,
          previous: p.previous,
        })
        .onConflict((c) => c.columns(['jid', 'room_id']).doNothing()),
    ),
    maker: prepare((p: { uid: string }) => db.selectFrom('matrix_room_maker').select('jid').where('uid', '=', p.uid)),
    putMaker: prepare((p: MakerRow) =>
      db
        .insertInto('matrix_room_maker')
        .values({ uid: p.uid, jid: p.jid })
        .onConflict((c) => c.column('uid').doNothing()),
    ),
    dropReceiptsOf: prepare((p: { jid: string }) => db.deleteFrom('matrix_room_receipt').where('jid', '=', p.jid)),
    dropForgottenOf: prepare((p: { jid: string }) => db.deleteFrom('matrix_room_forgotten').where('jid', '=', p.jid)),
    dropEndedOf: prepare((p: { jid: string }) => db.deleteFrom('matrix_room_ended').where('jid', '=', p.jid)),
    purgeEnded: prepare((p: { before: Millis }) => db.deleteFrom('matrix_room_ended').where('at', '<', p.before)),
  }
}

export class MatrixRoomStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  private constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<MatrixRoomTables>())
  }
  /** The tables of rooms must be there. @throws StorageError */
  static async open(database: Database): Promise<MatrixRoomStore> {
    await database.migrate('matrix-rooms', migrations)
    return new MatrixRoomStore(database)
  }
  visits(uid: string): Promise<readonly VisitRow[]> {
    return this.#database.read(this.#queries.visits({ uid }))
  }
  async putVisit(row: VisitRow): Promise<void> {
    await this.#database.write(this.#queries.putVisit(row))
  }
  async dropVisit(uid: string, jid: string): Promise<void> {
    await this.#database.write(this.#queries.dropVisit({ uid, jid }))
  }
  receipts(uid: string): Promise<readonly ReceiptRow[]> {
    return this.#database.read(this.#queries.receipts({ uid }))
  }
  /** @param surplus of the same room, which goes */
  async putReceipt(row: ReceiptRow, surplus: readonly Omit<ReceiptRow, 'uid'>[]): Promise<void> {
    const drops = surplus.map(({ jid, type, thread }) => this.#queries.dropReceipt({ uid: row.uid, jid, type, thread }))
    await this.#database.atomically([this.#queries.putReceipt(row), ...drops])
  }
  /** The rooms that a person has forgotten. */
  async forgotten(jid: string): Promise<ReadonlySet<string>> {
    return new Set((await this.#database.read(this.#queries.forgotten({ jid }))).map(({ uid }) => uid))
  }
  async forget(uid: string, jid: string): Promise<void> {
    await this.#database.write(this.#queries.forget({ uid, jid }))
  }
  async remember(uid: string, jid: string): Promise<void> {
    await this.#database.write(this.#queries.remember({ uid, jid }))
  }
  /** Rooms of a person that have ended. */
  ended(jid: string): Promise<readonly EndedRow[]> {
    return this.#database.read(this.#queries.ended({ jid }))
  }
  /** To be stored along with the end of the room. */
  endings(rows: readonly EndedRow[]): readonly Statement[] {
    return rows.map((row) => this.#queries.putEnded(row))
  }
  /** Null: it is not known yet. */
  async maker(uid: string): Promise<string | null> {
    const [row] = await this.#database.read(this.#queries.maker({ uid }))
    return row?.jid ?? null
  }
  async putMaker(uid: string, jid: string): Promise<void> {
    await this.#database.write(this.#queries.putMaker({ uid, jid }))
  }
  /** The account of that bare JID is gone: somebody who makes it anew gets nothing of it. */
  async dropPerson(jid: string): Promise<void> {
    const { dropReceiptsOf, dropForgottenOf, dropEndedOf } = this.#queries
    await this.#database.atomically([dropReceiptsOf({ jid }), dropForgottenOf({ jid }), dropEndedOf({ jid })])
  }
  /** Forgets rooms that ended before that. */
  async purge(before: Millis): Promise<void> {
    await this.#database.write(this.#queries.purgeEnded({ before }))
  }
}
