/**
 * The stored messages of each account, in the order in which they arrived. The statement that inserts a new one also numbers it
 * and checks the account's limits and the sender's share: there is nothing in memory that could be out of date.
 */
import { sql, type Expression, type ExpressionBuilder, type Kysely, type SqlBool } from 'kysely'
import type { Millis } from '../../base/clock.ts'
import type { Database, Migrations, Query } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import { packetOfStored, storedPacket } from '../../xmpp/stored-packet.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { IMPORTED, type Pool, type Share } from './shares.ts'

interface Row {
  owner: string
  /** From 1, in the order of arrival. */
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
  /** The holder of the share of the pool that it uses. */
  holder: string
}
interface OfflineTables {
  offline_message: Row
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
]

/** What one account may have stored in one pool. */
export interface PoolLimits {
  readonly messages: number
  readonly octets: number
}
/** What one account may have stored. */
export type OfflineLimits = Readonly<Record<Pool, PoolLimits>>
export interface StoredMessage {
  readonly seq: number
  readonly packet: Packet
  readonly receivedAt: Millis
}

type Addition = Omit<Row, 'seq'> & { readonly messagesMax: number; readonly octetsMax: number }

export class OfflineMessages {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<OfflineTables>())
  }
  /** False if there is no room for it. */
  async append(owner: string, packet: Packet, receivedAt: Millis, limits: OfflineLimits, share: Share): Promise<boolean> {
    return (await this.#database.write(this.addition(owner, packet, receivedAt, limits, share))) === 1
  }
  /** The statement of `append`, for callers that do more along with it: changes no row if there is no room. */
  addition(owner: string, packet: Packet, receivedAt: Millis, limits: OfflineLimits, { pool, holder }: Share): Query<unknown> {
    const { from, to, type, id, lang, extra, payload } = storedPacket(packet)
    const { messages, octets } = limits[pool]
    return this.#queries.append({
      owner,
      received_at: receivedAt,
      octets: packet.wire.length,
      sender: from,
      recipient: to!,
      type,
      id,
      lang,
      extra,
      payload,
      pool,
      holder,
      messagesMax: messages,
      octetsMax: octets,
    })
  }
  /** The oldest ones after the one with that number; 0 for the very oldest. */
  async after(owner: string, seq: number, limit: number): Promise<readonly StoredMessage[]> {
    return (await this.#database.read(this.#queries.after({ owner, seq, limit }))).map(messageOf)
  }
  /** Deletes one. */
  async drop(owner: string, seq: number): Promise<void> {
    await this.#database.write(this.#queries.drop({ owner, seq }))
  }
  async clear(owner: string): Promise<void> {
    await this.#database.write(this.#queries.clear({ owner }))
  }
}

function queriesOf(db: Kysely<OfflineTables>) {
  return {
    append: prepare((p: Addition) =>
      db
        .insertInto('offline_message')
        .columns(COLUMNS)
        .expression((eb) => {
          const text = (value: string | null) => eb.cast<string>(eb.val(value), 'text')
          const { fn } = eb
          const { inPool, ofHolder } = usedUp(eb, p)
          return eb
            .selectFrom('offline_message')
            .select([
              text(p.owner).as('a'),
              eb(fn.coalesce(fn.max('seq'), sql<number>`0`), '+', sql<number>`1`).as('b'),
              eb.cast<number>(eb.val(p.received_at), 'bigint').as('c'),
              eb.cast<number>(eb.val(p.octets), 'integer').as('d'),
              text(p.sender).as('e'),
              text(p.recipient).as('f'),
              text(p.type).as('g'),
              text(p.id).as('h'),
              text(p.lang).as('i'),
              text(p.extra).as('j'),
              text(p.payload).as('k'),
              text(p.pool).as('l'),
              text(p.holder).as('m'),
            ])
            .where('owner', '=', p.owner)
            .having(eb(inPool('count'), '+', ofHolder('count')), '<', p.messagesMax)
            .having(eb(eb(inPool('octets'), '+', ofHolder('octets')), '+', integer(eb, p.octets)), '<=', p.octetsMax)
        }),
    ),
    after: prepare((p: { owner: string; seq: number; limit: number }) =>
      db
        .selectFrom('offline_message')
        .selectAll()
        .where('owner', '=', p.owner)
        .where('seq', '>', p.seq)
        .orderBy('seq')
        .limit(p.limit),
    ),
    drop: prepare((p: { owner: string; seq: number }) =>
      db.deleteFrom('offline_message').where('owner', '=', p.owner).where('seq', '=', p.seq),
    ),
    clear: prepare((p: { owner: string }) => db.deleteFrom('offline_message').where('owner', '=', p.owner)),
  }
}

const COLUMNS = [
  'owner',
  'seq',
  'received_at',
  'octets',
  'sender',
  'recipient',
  'type',
  'id',
  'lang',
  'extra',
  'payload',
  'pool',
  'holder',
] as const

type Builder = ExpressionBuilder<OfflineTables, 'offline_message'>

const integer = (eb: Builder, value: number): Expression<number> => eb.cast<number>(eb.val(value), 'integer')

/** The messages or octets stored in the pool of a new message, and its holder's part of them. */
function usedUp(eb: Builder, { pool, holder }: Pick<Addition, 'pool' | 'holder'>) {
  const total = (what: 'count' | 'octets', condition: Expression<SqlBool>) => {
    const one = what === 'count' ? integer(eb, 1) : eb.ref('octets')
    const counted = eb.case().when(condition).then(one).else(integer(eb, 0)).end()
    return eb.fn.coalesce(eb.fn.sum<number>(counted), sql<number>`0`)
  }
  const isInPool = eb('pool', '=', pool)
  const isOfHolder = eb.and([isInPool, eb('holder', '=', holder), eb('holder', '<>', IMPORTED.holder)])
  return {
    inPool: (what: 'count' | 'octets') => total(what, isInPool),
    ofHolder: (what: 'count' | 'octets') => total(what, isOfHolder),
  }
}

/** The message as it arrived. */
function messageOf({ seq, received_at, sender, recipient, type, id, lang, extra, payload }: Row): StoredMessage {
  const packet = packetOfStored({ kind: 'message', type, from: sender, to: recipient, id, lang, extra, payload })
  return { seq, receivedAt: received_at, packet }
}
