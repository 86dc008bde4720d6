/** The archive in the database. Pages are found by position, never by counting; old entries are removed in small steps. */
import type { Kysely } from 'kysely'
import type { Millis } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import { firstTimeId, timeId } from '../base/time-id.ts'
import type { ArchiveEnd, ArchiveEntry, ArchiveFilter, ArchiveStore, Retention } from '../server/archive.ts'
import type { Database, Query, Statement } from '../server/database.ts'
import { archiveQueries, BATCH, entryOf, matching, NODE, resourcesOf, rowOf } from './archive-queries.ts'
import { ARCHIVE, archiveMigrations, type ArchiveRow, type ArchiveTables } from './archive-tables.ts'

/** Numbers of `stream` that are reserved at a time. */
const BLOCK = 100_000
/** How far the time of an entry may differ from the time in its id, and the order of entries from that of their times. */
const SLACK_MS: Millis = 60_000

export class SqlArchive implements ArchiveStore {
  readonly #database: Database
  readonly #db: Kysely<ArchiveTables>
  readonly #queries: ReturnType<typeof archiveQueries>
  readonly #entropy: Entropy
  #stream: number
  #reserved: number

  private constructor(database: Database, entropy: Entropy, reserved: number) {
    this.#database = database
    this.#db = database.schema<ArchiveTables>()
    this.#queries = archiveQueries(this.#db)
    this.#entropy = entropy
    this.#stream = reserved
    this.#reserved = reserved
  }
  /** @throws StorageError */
  static async open(database: Database, entropy: Entropy): Promise<SqlArchive> {
    await database.migrate(ARCHIVE, archiveMigrations)
    const { reserved } = archiveQueries(database.schema<ArchiveTables>())
    const [row] = await database.read(reserved({ node: NODE }))
    return new SqlArchive(database, entropy, row?.reserved ?? 0)
  }

  newId(time: Millis): string {
    return timeId(time, this.#entropy)
  }
  nextStream(): number {
    this.#stream += 1
    if (this.#stream > this.#reserved) this.#reserve()
    return this.#stream
  }
  additions(entries: readonly ArchiveEntry[]): readonly Statement[] {
    return entries.map((entry) => this.#queries.add(rowOf(entry)))
  }
  replacement({ owner, id, payload, flags }: Pick<ArchiveEntry, 'owner' | 'id' | 'payload' | 'flags'>): Statement {
    return this.#queries.replace({ owner, id, payload, flags })
  }
  async append(entries: readonly ArchiveEntry[]): Promise<void> {
    await this.#database.atomically(this.additions(entries))
  }

  async newest(owner: string): Promise<{ readonly seq: number; readonly time: Millis }> {
    return (await this.#database.read(this.#queries.newest({ owner })))[0] ?? { seq: 0, time: 0 }
  }
  async page(filter: ArchiveFilter, limit: number, end: ArchiveEnd): Promise<readonly ArchiveEntry[]> {
    const query = matching(this.#db, await this.#placed(filter))
      .selectAll()
      .orderBy('seq', end === 'last' ? 'desc' : 'asc')
      .limit(limit)
    const rows = await this.#database.read(query.compile() as Query<ArchiveRow>)
    const entries = rows.map(entryOf)
    return end === 'last' ? entries.toReversed() : entries
  }
  async count(filter: ArchiveFilter, max: number): Promise<number> {
    const some = matching(this.#db, await this.#placed(filter))
      .select('seq')
      .limit(max)
    const query = this.#db.selectFrom(some.as('some')).select((eb) => eb.fn.countAll().as('n'))
    return Number((await this.#database.read(query.compile() as Query<{ n: number }>))[0]!.n)
  }
  byId(owner: string, id: string): Promise<ArchiveEntry | null> {
    return this.#one(this.#queries.byId({ owner, id }))
  }
  byFromId(owner: string, author: string, fromId: string): Promise<ArchiveEntry | null> {
    return this.#one(this.#queries.byFromId({ owner, author, ...resourcesOf(author), fromId }))
  }
  byTransaction(owner: string, device: string, transaction: string): Promise<ArchiveEntry | null> {
    return this.#one(this.#queries.byTransaction({ owner, device, transaction }))
  }
  async about(owner: string, target: string, kind: string): Promise<readonly ArchiveEntry[]> {
    return (await this.#database.read(this.#queries.about({ owner, target, kind }))).map(entryOf)
  }
  newestOf(owner: string, kind: string, key: string, upTo: number): Promise<ArchiveEntry | null> {
    return this.#one(this.#queries.newestOf({ owner, kind, key, upTo }))
  }
  async at(owner: string, stream: number): Promise<number> {
    return (await this.#database.read(this.#queries.at({ owner, stream })))[0]?.seq ?? 0
  }

  async prune(owner: string, retention: Retention): Promise<number> {
    const edge = await this.#edge(owner, retention)
    if (edge > 0) await this.#inSteps(() => this.#queries.prune({ owner, edge, limit: BATCH }))
    return edge
  }
  async remove(owner: string): Promise<void> {
    await this.#inSteps(() => this.#queries.remove({ owner, limit: BATCH }))
  }

  /** Issued before the statement that uses the number, so that no number is used again after a crash. */
  #reserve(): void {
    const before = this.#reserved
    this.#reserved = this.#stream + BLOCK
    this.#database.write(this.#queries.reserve({ node: NODE, reserved: this.#reserved })).catch(() => {
      this.#reserved = before
    })
  }
  async #one(query: Query<ArchiveRow>): Promise<ArchiveEntry | null> {
    const [row] = await this.#database.read(query)
    return row === undefined ? null : entryOf(row)
  }
  async #edge(owner: string, { before, entriesMax, kinds }: Retention): Promise<number> {
    const [byTime] = await this.#database.read(this.#queries.lastBefore({ owner, id: firstTimeId(before) }))
    const beyond = this.#db
      .selectFrom('archive')
      .select('seq')
      .where('owner', '=', owner)
      .where('kind', 'in', kinds)
      .orderBy('seq', 'desc')
      .offset(entriesMax)
      .limit(1)
    const [byNumber] = await this.#database.read(beyond.compile() as Query<{ seq: number }>)
    return Math.max(byTime?.seq ?? 0, byNumber?.seq ?? 0)
  }
  /** The filter with the positions between which its times lie, so that nothing else is searched. */
  async #placed(filter: ArchiveFilter): Promise<ArchiveFilter> {
    const { owner, start, end } = filter
    if (start === null && end === null) return filter
    const { firstFrom } = this.#queries
    const seqAt = async (time: Millis | null): Promise<number | undefined> =>
      time === null ? undefined : (await this.#database.read(firstFrom({ owner, id: firstTimeId(time) })))[0]?.seq
    const [first, behind] = await Promise.all([
      start === null ? 0 : seqAt(start - SLACK_MS),
      end === null ? undefined : seqAt(end + SLACK_MS),
    ])
    const after = Math.max(filter.after ?? 0, first === undefined ? Infinity : first - 1)
    const before = Math.min(filter.before ?? Infinity, behind ?? Infinity)
    return { ...filter, after: Math.min(after, Number.MAX_SAFE_INTEGER), before: Math.min(before, Number.MAX_SAFE_INTEGER) }
  }
  /** Other statements have their turn between two steps. */
  async #inSteps(step: () => Query<unknown>): Promise<void> {
    while ((await this.#database.write(step())) === BATCH);
  }
}
