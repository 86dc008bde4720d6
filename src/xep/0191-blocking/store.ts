/** The store of block lists. A list is in memory with its account, and read when the account is loaded. */
import type { Kysely } from 'kysely'
import type { Millis } from '../../base/clock.ts'
import type { Database, Migrations, Query, Statement } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { entriesThatMatch } from './block-list.ts'

interface BlockingTables {
  blocking_item: { owner: string; jid: string; blocked_at: Millis }
}
/** The most accounts of one query; a longer list takes several. */
const OWNERS_MAX = 500

export const migrations: Migrations = [
  (schema) => [
    schema
      .createTable('blocking_item')
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('jid', 'text', (c) => c.notNull())
      .addColumn('blocked_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('blocking_item_key', ['owner', 'jid']),
  ],
]

export class BlockLists {
  readonly #database: Database
  readonly #db: Kysely<BlockingTables>
  readonly #queries: ReturnType<typeof queriesOf>
  /** By the number of owners, so that there are few statement texts for all lengths. */
  readonly #hiding = new Map<number, (values: readonly string[]) => Query<{ owner: string }>>()

  constructor(database: Database) {
    this.#database = database
    this.#db = database.schema<BlockingTables>()
    this.#queries = queriesOf(this.#db)
  }
  /** Those blocked for longest come first. */
  async load(owner: string): Promise<readonly Jid[]> {
    return (await this.#database.read(this.#queries.of({ owner }))).map((row) => storedJid(row.jid))
  }
  /** @param along what is stored in the same step */
  async add(owner: string, entries: readonly Jid[], at: Millis, along: readonly Statement[] = []): Promise<void> {
    await this.#database.atomically([...this.additions(owner, entries, at), ...along])
  }
  /** The statements of `add`, for callers that do more along with it. */
  additions(owner: string, entries: readonly Jid[], at: Millis): readonly Statement[] {
    return entries.map((entry) => this.#queries.add({ owner, jid: entry.full, blocked_at: at }))
  }
  async remove(owner: string, entries: readonly Jid[]): Promise<void> {
    await this.#database.atomically(entries.map((entry) => this.#queries.remove({ owner, jid: entry.full })))
  }
  async clear(owner: string): Promise<void> {
    await this.#database.write(this.#queries.clear({ owner }))
  }
  /** Which of `owners` have blocked this entity? */
  async hiding(entity: Jid, owners: readonly string[]): Promise<ReadonlySet<string>> {
    const chunks: Promise<readonly { owner: string }[]>[] = []
    for (let i = 0; i < owners.length; i += OWNERS_MAX) chunks.push(this.#hidingAmong(entity, owners.slice(i, i + OWNERS_MAX)))
    return new Set((await Promise.all(chunks)).flat().map((row) => row.owner))
  }

  #hidingAmong(entity: Jid, owners: readonly string[]): Promise<readonly { owner: string }[]> {
    const places = Math.min(OWNERS_MAX, 2 ** Math.ceil(Math.log2(owners.length)))
    let query = this.#hiding.get(places)
    if (query === undefined) this.#hiding.set(places, (query = hidingQuery(this.#db, places)))
    const values = [...entriesThatMatch(entity), ...owners]
    while (values.length < places + 3) values.push(owners[0]!)
    return this.#database.read(query(values))
  }
}

function queriesOf(db: Kysely<BlockingTables>) {
  const table = 'blocking_item'
  return {
    of: prepare((p: { owner: string }) =>
      db.selectFrom(table).select('jid').where('owner', '=', p.owner).orderBy('blocked_at').orderBy('jid'),
    ),
    add: prepare((p: BlockingTables['blocking_item']) =>
      db.insertInto(table).values({ owner: p.owner, jid: p.jid, blocked_at: p.blocked_at }),
    ),
    remove: prepare((p: { owner: string; jid: string }) =>
      db.deleteFrom(table).where('owner', '=', p.owner).where('jid', '=', p.jid),
    ),
    clear: prepare((p: { owner: string }) => db.deleteFrom(table).where('owner', '=', p.owner)),
  }
}

/** Values: three entries, then `places` owners. One text serves all lengths up to that. */
const hidingQuery = (db: Kysely<BlockingTables>, places: number): ((values: readonly string[]) => Query<{ owner: string }>) =>
  prepare((p: readonly string[]) =>
    db
      .selectFrom('blocking_item')
      .select('owner')
      .distinct()
      .where('jid', 'in', [p[0]!, p[1]!, p[2]!])
      .where(
        'owner',
        'in',
        Array.from({ length: places }, (_, n) => p[n + 3]!),
      ),
  )
