/** The store of cards: one for each account, with what people are found by beside it. */
import type { Kysely } from 'kysely'
import type { Millis } from '../../base/clock.ts'
import type { Database, Migrations, Query } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import { nameKey, type Names } from './card.ts'

export interface CardTables {
  vcard: {
    owner: string
    card: string
    octets: number
    /** The hash of the photo; '' without one. */
    photo: string
    first_name: string
    last_name: string
    nick: string
    email: string
    /** The names as they are compared. */
    first_key: string
    last_key: string
    nick_key: string
    email_key: string
    changed_at: Millis
  }
}

/** What is kept in memory of a card. */
export interface CardMark {
  readonly octets: number
  /** The hash of the photo; '' without one. */
  readonly photo: string
}
export interface NewCard extends CardMark {
  /** XML. */
  readonly text: string
  readonly names: Names
}

const KEYS = ['first_key', 'last_key', 'nick_key', 'email_key'] as const

export const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('vcard')
      .addColumn('owner', 'text', (c) => c.primaryKey().references('account.bare').onDelete('cascade'))
      .addColumn('card', 'text', (c) => c.notNull())
      .addColumn('octets', 'integer', (c) => c.notNull())
      .addColumn('photo', 'text', (c) => c.notNull())
      .addColumn('first_name', 'text', (c) => c.notNull())
      .addColumn('last_name', 'text', (c) => c.notNull())
      .addColumn('nick', 'text', (c) => c.notNull())
      .addColumn('email', 'text', (c) => c.notNull())
      .addColumn('first_key', 'text', (c) => c.notNull())
      .addColumn('last_key', 'text', (c) => c.notNull())
      .addColumn('nick_key', 'text', (c) => c.notNull())
      .addColumn('email_key', 'text', (c) => c.notNull())
      .addColumn('changed_at', 'bigint', (c) => c.notNull()),
    ...KEYS.map((key) => schema.createIndex(`vcard_${key}`).on('vcard').column(key)),
  ],
]

export class Cards {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<CardTables>())
  }
  /** The card as XML; null if the account has none. */
  async read(owner: string): Promise<string | null> {
    const [row] = await this.#database.read(this.#queries.card({ owner }))
    return row?.card ?? null
  }
  async mark(owner: string): Promise<CardMark | null> {
    const [row] = await this.#database.read(this.#queries.mark({ owner }))
    return row ?? null
  }
  async write(owner: string, card: NewCard, at: Millis): Promise<void> {
    await this.#database.write(this.writing(owner, card, at))
  }
  /** The statement of `write`, for callers that do more along with it. */
  writing(owner: string, { text, octets, photo, names }: NewCard, at: Millis): Query<unknown> {
    const { first, last, nick, email } = names
    const keys = { firstKey: nameKey(first), lastKey: nameKey(last), nickKey: nameKey(nick), emailKey: nameKey(email) }
    return this.#queries.write({ owner, card: text, octets, photo, ...names, ...keys, at })
  }
}

interface Written extends CardMark, Names {
  readonly owner: string
  readonly card: string
  readonly firstKey: string
  readonly lastKey: string
  readonly nickKey: string
  readonly emailKey: string
  readonly at: Millis
}

function queriesOf(db: Kysely<CardTables>) {
  return {
    card: prepare((p: { owner: string }) => db.selectFrom('vcard').select('card').where('owner', '=', p.owner)),
    mark: prepare((p: { owner: string }) => db.selectFrom('vcard').select(['octets', 'photo']).where('owner', '=', p.owner)),
    write: prepare((p: Written) => {
      const values = {
        card: p.card,
        octets: p.octets,
        photo: p.photo,
        first_name: p.first,
        last_name: p.last,
        nick: p.nick,
        email: p.email,
        first_key: p.firstKey,
        last_key: p.lastKey,
        nick_key: p.nickKey,
        email_key: p.emailKey,
        changed_at: p.at,
      }
      return db
        .insertInto('vcard')
        .values({ owner: p.owner, ...values })
        .onConflict((c) => c.column('owner').doUpdateSet(values))
    }),
  }
}
