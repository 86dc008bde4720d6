/** Who wants to be found, and the people who are. The names stand with the cards (XEP-0054). */
import type { Kysely } from 'kysely'
import type { Database, Migrations, Query } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import type { CardTables } from '../0054-vcard-temp/index.ts'
import type { Found, Wanted } from './request.ts'

interface SearchTables extends CardTables {
  search_choice: { owner: string; listed: 0 | 1 }
  account: { bare: string; domain: string; disabled_at: number | null }
}

export const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('search_choice')
      .addColumn('owner', 'text', (c) => c.primaryKey().references('account.bare').onDelete('cascade'))
      .addColumn('listed', 'smallint', (c) => c.notNull()),
  ],
]

export interface Range {
  readonly domain: string
  readonly wanted: Wanted
  /** Only addresses behind this one; or, if `isBackwards`, before it. */
  readonly from: string
  readonly isBackwards: boolean
  readonly limit: number
}

/** Behind all texts. */
const END = '\u{10ffff}'

export class People {
  readonly #database: Database
  readonly #db: Kysely<SearchTables>
  readonly #queries: ReturnType<typeof queriesOf>
  readonly #byDefault: 0 | 1

  /** @param byDefault whether users who have not chosen are found */
  constructor(database: Database, byDefault: boolean) {
    this.#database = database
    this.#db = database.schema<SearchTables>()
    this.#queries = queriesOf(this.#db)
    this.#byDefault = byDefault ? 1 : 0
  }
  /** Whether the user wants to be found; null if the user has not chosen. */
  async choice(owner: string): Promise<boolean | null> {
    const [row] = await this.#database.read(this.#queries.choice({ owner }))
    return row === undefined ? null : row.listed === 1
  }
  async choose(owner: string, listed: boolean | null): Promise<void> {
    const statement = listed === null ? this.#queries.forget({ owner }) : this.#queries.choose({ owner, listed: listed ? 1 : 0 })
    await this.#database.write(statement)
  }
  /** In the order of the range. */
  async find(range: Range): Promise<readonly Found[]> {
    return this.#database.readMany(this.#found(range))
  }

  #found({ domain, wanted, from, isBackwards, limit }: Range): Query<Found> {
    let query = this.#db
      .selectFrom('vcard')
      .innerJoin('account', 'account.bare', 'vcard.owner')
      .leftJoin('search_choice', 'search_choice.owner', 'vcard.owner')
      .select(['vcard.owner as jid', 'vcard.first_name as first', 'vcard.last_name as last', 'vcard.nick', 'vcard.email'])
      .where('account.domain', '=', domain)
      .where('account.disabled_at', 'is', null)
      .where((e) => e.fn.coalesce('search_choice.listed', e.val(this.#byDefault)), '=', 1)
      .where('vcard.owner', isBackwards ? '<' : '>', from)
      .orderBy('vcard.owner', isBackwards ? 'desc' : 'asc')
      .limit(limit)
    for (const field of ['first', 'last', 'nick', 'email'] as const) {
      const beginning = wanted[field]
      if (beginning === '') continue
      query = query.where(`vcard.${field}_key`, '>=', beginning).where(`vcard.${field}_key`, '<', beginning + END)
    }
    return query.compile() as Query<Found>
  }
}

function queriesOf(db: Kysely<SearchTables>) {
  const table = 'search_choice'
  return {
    choice: prepare((p: { owner: string }) => db.selectFrom(table).select('listed').where('owner', '=', p.owner)),
    choose: prepare((p: { owner: string; listed: 0 | 1 }) =>
      db
        .insertInto(table)
        .values({ owner: p.owner, listed: p.listed })
        .onConflict((c) => c.column('owner').doUpdateSet({ listed: p.listed })),
    ),
    forget: prepare((p: { owner: string }) => db.deleteFrom(table).where('owner', '=', p.owner)),
  }
}
