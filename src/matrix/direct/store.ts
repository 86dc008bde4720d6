/** What the Matrix face keeps of conversations beside the archive: who belongs to each of them, and what was read. */
import type { Kysely } from 'kysely'
import type { Millis } from '../../base/clock.ts'
import type { Database, Migrations } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import type { Receipt } from '../rooms/receipts.ts'

/** How somebody belongs to a conversation. */
export type Part = 'join' | 'invite' | 'leave'

/** A conversation of one user. Numbers are of the stream. */
export interface TalkRow {
  /** Bare JIDs: the user, and the other person. */
  owner: string
  peer: string
  /** The newest of what was said and read. What was said after `UserRow.place` is not in it. */
  newest: number
  mine: Part
  mine_at: number
  /** Where in the archive it became so. */
  mine_place: number
  theirs: Part
  theirs_at: number
  /** Of the invitation. */
  reason: string
  /** Of the first of it that is known. */
  began_at: Millis
}
export interface TalkReceiptRow extends Receipt {
  owner: string
  peer: string
}
interface UserRow {
  owner: string
  /** Conversations up to this position of the archive have a row. */
  place: number
  /** Clients have everything up to this position; null: up to `place`. */
  seen: number | null
}
interface Tables {
  matrix_talk: TalkRow
  matrix_talk_user: UserRow
  matrix_talk_receipt: TalkReceiptRow
}

const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('matrix_talk')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('peer', 'text', (c) => c.notNull())
      .addColumn('newest', 'bigint', (c) => c.notNull())
      .addColumn('mine', 'text', (c) => c.notNull())
      .addColumn('mine_at', 'bigint', (c) => c.notNull())
      .addColumn('mine_place', 'bigint', (c) => c.notNull())
      .addColumn('theirs', 'text', (c) => c.notNull())
      .addColumn('theirs_at', 'bigint', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('began_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('matrix_talk_key', ['owner', 'peer']),
    schema
      .createTable('matrix_talk_user')
      .addColumn('owner', 'text', (c) => c.primaryKey().references('account.bare').onDelete('cascade'))
      .addColumn('place', 'bigint', (c) => c.notNull()),
    schema
      .createTable('matrix_talk_receipt')
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('peer', 'text', (c) => c.notNull())
      .addColumn('jid', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('thread', 'text', (c) => c.notNull())
      .addColumn('event', 'text', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('stream', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('matrix_talk_receipt_key', ['owner', 'peer', 'jid', 'type', 'thread'])
      .addForeignKeyConstraint('matrix_talk_receipt_of', ['owner', 'peer'], 'matrix_talk', ['owner', 'peer'], (c) =>
        c.onDelete('cascade'),
      ),
  ],
  (schema) => [schema.alterTable('matrix_talk_user').addColumn('seen', 'bigint')],
]

function queriesOf(db: Kysely<Tables>) {
  return {
    talks: prepare((p: { owner: string }) => db.selectFrom('matrix_talk').selectAll().where('owner', '=', p.owner)),
    place: prepare((p: { owner: string }) =>
      db.selectFrom('matrix_talk_user').select(['place', 'seen']).where('owner', '=', p.owner),
    ),
    putPlace: prepare((p: UserRow) =>
      db
        .insertInto('matrix_talk_user')
        .values({ owner: p.owner, place: p.place, seen: p.seen })
        .onConflict((c) =>
          c.column('owner').doUpdateSet((eb) => ({ place: eb.ref('excluded.place'), seen: eb.ref('excluded.seen') })),
        ),
    ),
    put: prepare((p: TalkRow) =>
      db
        .insertInto('matrix_talk')
        .values({
          owner: p.owner,
          peer: p.peer,
          newest: p.newest,
          mine: p.mine,
          mine_at: p.mine_at,
          mine_place: p.mine_place,
          theirs: p.theirs,
          theirs_at: p.theirs_at,
          reason: p.reason,
          began_at: p.began_at,
        })
        .onConflict((c) =>
          c.columns(['owner', 'peer']).doUpdateSet((eb) => ({
            newest: eb.ref('excluded.newest'),
            mine: eb.ref('excluded.mine'),
            mine_at: eb.ref('excluded.mine_at'),
            mine_place: eb.ref('excluded.mine_place'),
            theirs: eb.ref('excluded.theirs'),
            theirs_at: eb.ref('excluded.theirs_at'),
            reason: eb.ref('excluded.reason'),
          })),
        ),
    ),
    raise: prepare((p: { owner: string; peer: string; newest: number }) =>
      db
        .updateTable('matrix_talk')
        .set({ newest: p.newest })
        .where('owner', '=', p.owner)
        .where('peer', '=', p.peer)
        .where('newest', '<', p.newest),
    ),
    drop: prepare((p: { owner: string; peer: string }) =>
      db.deleteFrom('matrix_talk').where('owner', '=', p.owner).where('peer', '=', p.peer),
    ),
    receipts: prepare((p: { owner: string; peer: string }) =>
      db.selectFrom('matrix_talk_receipt').selectAll().where('owner', '=', p.owner).where('peer', '=', p.peer),
    ),
    putReceipt: prepare((p: TalkReceiptRow) =>
      db
        .insertInto('matrix_talk_receipt')
        .values({
          owner: p.owner,
          peer: p.peer,
          jid: p.jid,
          type: p.type,
          thread: p.thread,
          event: p.event,
          at: p.at,
          stream: p.stream,
        })
        .onConflict((c) =>
          c.columns(['owner', 'peer', 'jid', 'type', 'thread']).doUpdateSet((eb) => ({
            event: eb.ref('excluded.event'),
            at: eb.ref('excluded.at'),
            stream: eb.ref('excluded.stream'),
          })),
        ),
    ),
    dropReceipt: prepare((p: Pick<TalkReceiptRow, 'owner' | 'peer' | 'jid' | 'type' | 'thread'>) =>
      db
        .deleteFrom('matrix_talk_receipt')
        .where('owner', '=', p.owner)
        .where('peer', '=', p.peer)
        .where('jid', '=', p.jid)
        .where('type', '=', p.type)
        .where('thread', '=', p.thread),
    ),
  }
}

export class TalkStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  private constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<Tables>())
  }
  /** @throws StorageError */
  static async open(database: Database): Promise<TalkStore> {
    await database.migrate('matrix-talks', migrations)
    return new TalkStore(database)
  }
  /** The conversations of a user, and up to which positions of the archive they are known, and clients have them. */
  async of(owner: string): Promise<{ readonly rows: readonly TalkRow[]; readonly place: number; readonly seen: number }> {
    const { talks, place: placed } = this.#queries
    const [rows, [user]] = await Promise.all([this.#database.read(talks({ owner })), this.#database.read(placed({ owner }))])
    const place = user?.place ?? 0
    return { rows, place, seen: user?.seen ?? place }
  }
  async drop(owner: string, peer: string): Promise<void> {
    await this.#database.write(this.#queries.drop({ owner, peer }))
  }
  /** What is known of all that was said up to `place`. */
  async keep({ owner, place, seen }: UserRow, rows: readonly TalkRow[]): Promise<void> {
    const { put, putPlace } = this.#queries
    await this.#database.atomically([...rows.map((row) => put(row)), putPlace({ owner, place, seen })])
  }
  receipts(owner: string, peer: string): Promise<readonly Receipt[]> {
    return this.#database.read(this.#queries.receipts({ owner, peer }))
  }
  /** @param surplus of the same conversation, which goes */
  async putReceipt(owner: string, peer: string, receipt: Receipt, surplus: readonly Receipt[]): Promise<void> {
    const drops = surplus.map(({ jid, type, thread }) => this.#queries.dropReceipt({ owner, peer, jid, type, thread }))
    const raise = this.#queries.raise({ owner, peer, newest: receipt.stream })
    await this.#database.atomically([this.#queries.putReceipt({ owner, peer, ...receipt }), raise, ...drops])
  }
}
