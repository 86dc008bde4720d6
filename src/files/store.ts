/** What is known of files, in the database. */
import { sql, type Kysely } from 'kysely'
import type { Millis } from '../base/clock.ts'
import type { Database } from '../server/database.ts'
import { prepare } from '../storage/prepare.ts'
import type { FileTables, Purpose } from './tables.ts'

/** A file that was announced, and stored unless `storedAt` is null. */
export interface KnownFile {
  readonly id: string
  readonly owner: string
  readonly name: string
  /** '' if none was said. */
  readonly type: string
  readonly size: number
  readonly purpose: Purpose
  /** The latest moment at which it may exist, whatever refers to it; null for any. */
  readonly keepUntil: Millis | null
  readonly createdAt: Millis
  readonly storedAt: Millis | null
  /** Null if it stays. While something refers to the file, this is not heeded. */
  readonly expiresAt: Millis | null
  readonly isReferred: boolean
}
export interface Usage {
  readonly files: number
  readonly octets: number
  /** When the first of them goes; null if all stay. */
  readonly nextExpiry: Millis | null
}

export class FileRecords {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<FileTables>())
  }
  /** Announces a file, to which nothing refers yet. */
  async add(file: KnownFile): Promise<void> {
    await this.#database.write(this.#queries.add(file))
  }
  async find(id: string): Promise<KnownFile | null> {
    const [row] = await this.#database.read(this.#queries.find({ id }))
    return row === undefined ? null : knownOf(row)
  }
  /** Its octets are on disk. False if the file is gone, or its account is. */
  async stored(id: string, type: string, now: Millis, expiresAt: Millis | null): Promise<boolean> {
    return (await this.#database.write(this.#queries.stored({ id, type, now, expiresAt }))) === 1
  }
  /** What the owner has for that purpose, announced files included. */
  async usage(owner: string, purpose: Purpose): Promise<Usage> {
    const [row] = await this.#database.read(this.#queries.usage({ owner, purpose }))
    return { files: row!.files, octets: row!.octets, nextExpiry: row!.next_expiry }
  }
  async total(): Promise<Omit<Usage, 'nextExpiry'>> {
    const [row] = await this.#database.readMany(this.#queries.total({}))
    return row!
  }
  /** Those who have the most octets of stored files, the largest first. */
  async owners(limit: number): Promise<readonly (Usage & { readonly owner: string })[]> {
    const rows = await this.#database.readMany(this.#queries.owners({ limit }))
    return rows.map(({ owner, files, octets, next_expiry: nextExpiry }) => ({ owner, files, octets, nextExpiry }))
  }
  /** Ids of files that may go, in no order. */
  async expired(now: Millis, limit: number): Promise<readonly string[]> {
    return (await this.#database.readMany(this.#queries.expired({ now, limit }))).map(({ id }) => id)
  }
  async drop(id: string): Promise<void> {
    await this.#database.write(this.#queries.drop({ id }))
  }
  /** The account is gone: nobody gets its files any more, and they are expired. */
  async disown(owner: string): Promise<void> {
    await this.#database.atomically([this.#queries.unrefer({ owner }), this.#queries.disown({ owner })])
  }
  /** The same for accounts that were deleted when nobody could tell. */
  async disownLost(): Promise<void> {
    await this.#database.write(this.#queries.disownLost({}))
  }
  /** The file stays as long as `holder` refers to it. False if there is no such file. */
  async refer(id: string, holder: string): Promise<boolean> {
    if ((await this.find(id)) === null) return false
    await this.#database.write(this.#queries.refer({ id, holder }))
    return true
  }
  /** `holder` refers to no file any more. A file to which nothing refers then stays until `expiresAt`. */
  async release(holder: string, expiresAt: Millis): Promise<void> {
    await this.#database.atomically([this.#queries.prolong({ holder, expiresAt }), this.#queries.release({ holder })])
  }
}

type Row = FileTables['file']
const knownOf = ({ keep_until, created_at, stored_at, expires_at, referred, ...row }: Row & { referred: 0 | 1 }): KnownFile => ({
  ...row,
  isReferred: referred === 1,
  keepUntil: keep_until,
  createdAt: created_at,
  storedAt: stored_at,
  expiresAt: expires_at,
})

function queriesOf(db: Kysely<FileTables & { account: { bare: string } }>) {
  const referred = db.selectFrom('file_reference').select('file').where('file_reference.file', '=', sql.ref<string>('file.id'))
  return {
    add: prepare((p: KnownFile) =>
      db.insertInto('file').values({
        id: p.id,
        owner: p.owner,
        name: p.name,
        type: p.type,
        size: p.size,
        purpose: p.purpose,
        keep_until: p.keepUntil,
        created_at: p.createdAt,
        stored_at: p.storedAt,
        expires_at: p.expiresAt,
      }),
    ),
    find: prepare((p: { id: string }) =>
      db
        .selectFrom('file')
        .selectAll('file')
        .select((eb) =>
          eb
            .case()
            .when(eb.exists(referred))
            .then(sql<1>`1`)
            .else(sql<0>`0`)
            .end()
            .as('referred'),
        )
        .where('id', '=', p.id),
    ),
    stored: prepare((p: { id: string; type: string; now: Millis; expiresAt: Millis | null }) =>
      db
        .updateTable('file')
        .set({ stored_at: p.now, expires_at: p.expiresAt, type: p.type })
        .where('id', '=', p.id)
        .where('owner', '!=', '')
        .where('stored_at', 'is', null),
    ),
    usage: prepare((p: { owner: string; purpose: Purpose }) =>
      db
        .selectFrom('file')
        .select([
          sql<number>`cast(count(*) as bigint)`.as('files'),
          sql<number>`cast(coalesce(sum(size), 0) as bigint)`.as('octets'),
          sql<Millis | null>`min(expires_at)`.as('next_expiry'),
        ])
        .where('owner', '=', p.owner)
        .where('purpose', '=', p.purpose),
    ),
    total: prepare(() =>
      db
        .selectFrom('file')
        .select([
          sql<number>`cast(count(*) as bigint)`.as('files'),
          sql<number>`cast(coalesce(sum(size), 0) as bigint)`.as('octets'),
        ])
        .where('stored_at', 'is not', null),
    ),
    owners: prepare((p: { limit: number }) =>
      db
        .selectFrom('file')
        .select([
          'owner',
          sql<number>`cast(count(*) as bigint)`.as('files'),
          sql<number>`cast(coalesce(sum(size), 0) as bigint)`.as('octets'),
          sql<Millis | null>`min(expires_at)`.as('next_expiry'),
        ])
        .where('stored_at', 'is not', null)
        .where('owner', '!=', '')
        .groupBy('owner')
        .orderBy('octets', 'desc')
        .orderBy('owner')
        .limit(p.limit),
    ),
    expired: prepare((p: { now: Millis; limit: number }) =>
      db
        .selectFrom('file')
        .select('id')
        .where((eb) =>
          eb.or([eb.and([eb('expires_at', '<=', p.now), eb.not(eb.exists(referred))]), eb('keep_until', '<=', p.now)]),
        )
        .limit(p.limit),
    ),
    drop: prepare((p: { id: string }) => db.deleteFrom('file').where('id', '=', p.id)),
    disown: prepare((p: { owner: string }) =>
      db.updateTable('file').set({ owner: '', expires_at: 0 }).where('owner', '=', p.owner),
    ),
    unrefer: prepare((p: { owner: string }) =>
      db
        .deleteFrom('file_reference')
        .where('file', 'in', (eb) => eb.selectFrom('file').select('id').where('owner', '=', p.owner)),
    ),
    disownLost: prepare(() =>
      db
        .updateTable('file')
        .set({ owner: '', expires_at: 0 })
        .where('owner', '!=', '')
        .where('owner', 'not in', (eb) => eb.selectFrom('account').select('bare')),
    ),
    refer: prepare((p: { id: string; holder: string }) =>
      db
        .insertInto('file_reference')
        .values({ file: p.id, holder: p.holder })
        .onConflict((c) => c.columns(['file', 'holder']).doNothing()),
    ),
    prolong: prepare((p: { holder: string; expiresAt: Millis }) =>
      db
        .updateTable('file')
        .set({ expires_at: p.expiresAt })
        .where('expires_at', '<', p.expiresAt)
        .where('owner', '!=', '')
        .where('id', 'in', (eb) => eb.selectFrom('file_reference').select('file').where('holder', '=', p.holder)),
    ),
    release: prepare((p: { holder: string }) => db.deleteFrom('file_reference').where('holder', '=', p.holder)),
  }
}
