/** The archive in the database. Pages are found by position, never by counting; old entries are removed in small steps. */
import type { Kysely } from 'kysely'
import type { Millis } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import { timeId, timeIdFrom } from '../base/time-id.ts'
import type {
  AboutSought,
  ArchiveEnd,
  ArchiveEntry,
  ArchiveFilter,
  ArchivePage,
  ArchiveReads,
  ArchiveStore,
  FlagTest,
  Retention,
} from '../server/archive.ts'
import type { Database, Query, Statement } from '../server/database.ts'
import { ArchiveOctets } from './archive-octets.ts'
import { ArchivePeers } from './archive-peers.ts'
import { archiveQueries, BATCH, entryOf, NODE, resourcesOf, rowOf, type ArchiveQueries } from './archive-queries.ts'
import { SqlArchiveReads } from './archive-reads.ts'
import { ARCHIVE, archiveMigrations, type ArchiveRow, type ArchiveTables } from './archive-tables.ts'

/** Numbers of `stream` that are reserved at a time. */
const BLOCK = 100_000

const ANY_FLAGS: FlagTest = { mask: 0, set: 0 }

export class SqlArchive implements ArchiveStore {
  readonly #database: Database
  readonly #db: Kysely<ArchiveTables>
  readonly #queries: ArchiveQueries
  readonly #reads: SqlArchiveReads
  readonly #peers: ArchivePeers
  readonly #octets: ArchiveOctets
  readonly apart: ArchiveReads
  readonly #entropy: Entropy
  #stream: number
  #reserved: number

  private constructor(database: Database, entropy: Entropy, reserved: number) {
    this.#database = database
    this.#db = database.schema<ArchiveTables>()
    this.#queries = archiveQueries(this.#db)
    this.#peers = new ArchivePeers(database)
    this.#octets = new ArchiveOctets(database)
    const parts = { db: this.#db, queries: this.#queries, peers: this.#peers }
    this.#reads = new SqlArchiveReads(parts, (query) => database.read(query))
    this.apart = new SqlArchiveReads(parts, (query) => database.readMany(query))
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
  get lastStream(): number {
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
  async ownersSince(time: Millis): Promise<ReadonlySet<string>> {
    const rows = await this.#database.read(this.#queries.ownersSince({ from: timeIdFrom(time) }))
    return new Set(rows.map(({ owner }) => owner))
  }

  async newest(owner: string): Promise<{ readonly seq: number; readonly time: Millis }> {
    return (await this.#database.read(this.#queries.newest({ owner })))[0] ?? { seq: 0, time: 0 }
  }
  page(filter: ArchiveFilter, limit: number, end: ArchiveEnd): Promise<ArchivePage<ArchiveEntry>> {
    return this.#reads.page(filter, limit, end)
  }
  count(filter: ArchiveFilter, max: number): Promise<number> {
    return this.#reads.count(filter, max)
  }
  byId(owner: string, id: string): Promise<ArchiveEntry | null> {
    return this.#reads.byId(owner, id)
  }
  byFromId(owner: string, author: string, fromId: string, flags = ANY_FLAGS): Promise<ArchiveEntry | null> {
    return this.#one(this.#queries.byFromId({ owner, author, ...resourcesOf(author), fromId, ...flags }))
  }
  byTransaction(owner: string, device: string, transaction: string): Promise<ArchiveEntry | null> {
    return this.#one(this.#queries.byTransaction({ owner, device, transaction }))
  }
  async about(owner: string, target: string, kind: string): Promise<readonly ArchiveEntry[]> {
    return (await this.#database.read(this.#queries.about({ owner, target, kind }))).map(entryOf).toReversed()
  }
  async lastAbout(sought: AboutSought): Promise<readonly ArchiveEntry[]> {
    return (await this.#database.read(this.#queries.lastAbout(sought))).map(entryOf).toReversed()
  }
  newestAbout(owner: string, target: string, kind: string, author: string): Promise<ArchiveEntry | null> {
    return this.#one(this.#queries.newestAbout({ owner, target, kind, author, ...resourcesOf(author) }))
  }
  newestOf(owner: string, kind: string, key: string, upTo: number): Promise<ArchiveEntry | null> {
    return this.#one(this.#queries.newestOf({ owner, kind, key, upTo }))
  }
  async at(owner: string, stream: number): Promise<number> {
    return (await this.#database.read(this.#queries.at({ owner, stream })))[0]?.seq ?? 0
  }

  prepare(owner: string): Promise<void> {
    return this.#peers.catchUp(owner)
  }
  async prune(owner: string, retention: Retention): Promise<number> {
    const edge = await this.edgeFor(owner, retention)
    if (edge === 0) return 0
    await this.#inSteps(owner, edge, () => this.#queries.prune({ owner, edge, limit: BATCH }))
    return edge
  }
  async remove(owner: string, upTo: number = Number.MAX_SAFE_INTEGER): Promise<void> {
    await this.#inSteps(owner, upTo, () => this.#queries.remove({ owner, upTo, limit: BATCH }))
    await this.#peers.remove(owner, upTo)
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
  async edgeFor(owner: string, { before, entriesMax, octetsMax, kinds }: Retention): Promise<number> {
    const byTime = (await this.#reads.firstFrom(owner, before)) - 1
    const byOctets = await this.#octets.edgeFor(owner, octetsMax)
    const byNumber = entriesMax === null ? 0 : await this.#edgeByNumber(owner, entriesMax, kinds)
    return Math.max(byTime, byOctets, byNumber)
  }
  async #edgeByNumber(owner: string, entriesMax: number, kinds: readonly string[]): Promise<number> {
    const beyond = this.#db
      .selectFrom('archive')
      .select('seq')
      .where('owner', '=', owner)
      .where('kind', 'in', kinds)
      .orderBy('seq', 'desc')
      .offset(entriesMax)
      .limit(1)
    return (await this.#database.read(beyond.compile() as Query<{ seq: number }>))[0]?.seq ?? 0
  }
  /** Other statements have their turn between two steps. */
  async #inSteps(owner: string, upTo: number, step: () => Query<unknown>): Promise<void> {
    await this.#database.atomically(this.#octets.removals(owner, upTo))
    while ((await this.#database.write(step())) === BATCH);
    await this.#database.atomically(this.#octets.removals(owner, upTo))
  }
}
