/**
 * The tokens of each account, two at most for each installation of a client (XEP-0484 5.1): the one that it uses, and a
 * newer one that it has been given and not used yet. What is stored is a salt, not a token: see `tokens.ts`.
 */
import { sql, type Kysely } from 'kysely'
import type { Millis } from '../../base/clock.ts'
import { required, type Database, type Migrations } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import { StorageError } from '../../storage/storage-error.ts'

export type Slot = 'current' | 'new'

export interface TokenRow {
  /** Bare JID. */
  owner: string
  /** The id of the user agent. */
  device: string
  slot: Slot
  /** The SASL mechanism that it is good for. */
  mechanism: string
  /** Another one for each token ever issued. */
  salt: string
  issued_at: Millis
  expires_at: Millis
  /** The greatest `count` that it was used with; -1: none. */
  count: number
}
interface TokenTables {
  fast_token: TokenRow
}

export const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('fast_token')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('device', 'text', (c) => c.notNull())
      .addColumn('slot', 'text', (c) => c.notNull())
      .addColumn('mechanism', 'text', (c) => c.notNull())
      .addColumn('salt', 'text', (c) => c.notNull())
      .addColumn('issued_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addColumn('count', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('fast_token_key', ['owner', 'device', 'slot']),
  ],
]

export class TokenStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<TokenTables>())
  }
  of(owner: string, device: string): Promise<readonly TokenRow[]> {
    return this.#database.read(this.#queries.of({ owner, device }))
  }
  /**
   * Puts it into its slot. Of more than `devicesMax` installations, those whose newest token is the oldest lose theirs.
   * @throws StorageError when there is no such account
   */
  async put(row: TokenRow, devicesMax: number): Promise<void> {
    const { owner, issued_at: now } = row
    await this.#database.atomically([
      this.#queries.purgeOf({ owner, now }),
      this.#queries.put(row),
      this.#queries.evict({ owner, devicesMax }),
    ])
  }
  /**
   * It is the current one from now on, and was used with `count`.
   * @returns false: it is gone, or was used with that count or a greater one before
   */
  async use({ owner, device, salt }: TokenRow, count: number | null): Promise<boolean> {
    const use =
      count === null
        ? this.#queries.promote({ owner, device, salt })
        : this.#queries.promoteCounting({ owner, device, salt, count })
    try {
      await this.#database.atomically([this.#queries.dropOtherCurrent({ owner, device, salt }), required(use)])
      return true
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'nothing-changed') return false
      throw error
    }
  }
  async forget(owner: string, device: string): Promise<void> {
    await this.#database.write(this.#queries.forget({ owner, device }))
  }
  /** Forgets what has expired. Returns how many. */
  purge(now: Millis): Promise<number> {
    return this.#database.write(this.#queries.purge({ now }))
  }
}

function queriesOf(db: Kysely<TokenTables>) {
  const table = 'fast_token'
  const one = (p: Pick<TokenRow, 'owner' | 'device' | 'salt'>) =>
    db
      .updateTable(table)
      .set({ slot: 'current' })
      .where('owner', '=', p.owner)
      .where('device', '=', p.device)
      .where('salt', '=', p.salt)
  return {
    of: prepare((p: { owner: string; device: string }) =>
      db.selectFrom(table).selectAll().where('owner', '=', p.owner).where('device', '=', p.device),
    ),
    put: prepare((p: TokenRow) =>
      db
        .insertInto(table)
        .values({
          owner: p.owner,
          device: p.device,
          slot: p.slot,
          mechanism: p.mechanism,
          salt: p.salt,
          issued_at: p.issued_at,
          expires_at: p.expires_at,
          count: p.count,
        })
        .onConflict((c) =>
          c.columns(['owner', 'device', 'slot']).doUpdateSet({
            mechanism: p.mechanism,
            salt: p.salt,
            issued_at: p.issued_at,
            expires_at: p.expires_at,
            count: p.count,
          }),
        ),
    ),
    evict: prepare((p: { owner: string; devicesMax: number }) =>
      db
        .deleteFrom(table)
        .where('owner', '=', p.owner)
        .where('device', 'not in', (eb) =>
          eb
            .selectFrom(table)
            .select('device')
            .where('owner', '=', p.owner)
            .groupBy('device')
            .orderBy(sql`max(issued_at)`, 'desc')
            .orderBy('device')
            .limit(p.devicesMax),
        ),
    ),
    dropOtherCurrent: prepare((p: Pick<TokenRow, 'owner' | 'device' | 'salt'>) =>
      db
        .deleteFrom(table)
        .where('owner', '=', p.owner)
        .where('device', '=', p.device)
        .where('slot', '=', 'current')
        .where('salt', '!=', p.salt),
    ),
    promote: prepare(one),
    promoteCounting: prepare((p: Pick<TokenRow, 'owner' | 'device' | 'salt' | 'count'>) =>
      one(p).set({ count: p.count }).where('count', '<', p.count),
    ),
    forget: prepare((p: { owner: string; device: string }) =>
      db.deleteFrom(table).where('owner', '=', p.owner).where('device', '=', p.device),
    ),
    purgeOf: prepare((p: { owner: string; now: Millis }) =>
      db.deleteFrom(table).where('owner', '=', p.owner).where('expires_at', '<=', p.now),
    ),
    purge: prepare((p: { now: Millis }) => db.deleteFrom(table).where('expires_at', '<=', p.now)),
  }
}
