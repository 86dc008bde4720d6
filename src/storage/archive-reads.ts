/** Reading the archive: pages are found by position, never by counting. */
import type { Kysely } from 'kysely'
import type { Millis } from '../base/clock.ts'
import {
  READ_OCTETS_MAX,
  type ArchiveEnd,
  type ArchiveEntry,
  type ArchiveFilter,
  type ArchivePage,
  type ArchiveReads,
} from '../server/archive.ts'
import type { Query } from '../server/database.ts'
import type { ArchivePeers } from './archive-peers.ts'
import { fewOf, fittingOf, type Summed } from './archive-page-queries.ts'
import { entryOf, matching, type ArchiveQueries } from './archive-queries.ts'
import type { ArchiveRow, ArchiveTables } from './archive-tables.ts'

/** How much later the time of an entry may be than that of an entry behind it. */
const SLACK_MS: Millis = 60_000

/** So many entries are read whatever they measure: fewer octets than a client may send in stanzas anyway. */
const FEW = 20

export interface ArchiveReadsParts {
  readonly db: Kysely<ArchiveTables>
  readonly queries: ArchiveQueries
  readonly peers: ArchivePeers
}

export class SqlArchiveReads implements ArchiveReads {
  readonly #db: Kysely<ArchiveTables>
  readonly #queries: ArchiveQueries
  readonly #peers: ArchivePeers
  readonly #read: <R>(query: Query<R>) => Promise<readonly R[]>

  constructor({ db, queries, peers }: ArchiveReadsParts, read: <R>(query: Query<R>) => Promise<readonly R[]>) {
    this.#db = db
    this.#queries = queries
    this.#peers = peers
    this.#read = read
  }
  async page(filter: ArchiveFilter, limit: number, end: ArchiveEnd): Promise<ArchivePage<ArchiveEntry>> {
    const placed = await this.#placed(filter)
    const query = limit <= FEW ? fewOf(this.#db, placed, limit, end) : fittingOf(this.#db, placed, limit, end)
    const rows = await this.#read(query.compile() as Query<ArchiveRow & Partial<Summed>>)
    const isCut = Number(rows.at(-1)?.up_to ?? 0) > READ_OCTETS_MAX
    const entries = rows.map(entryOf)
    return { entries: end === 'last' ? entries.toReversed() : entries, isAll: rows.length < limit && !isCut }
  }
  async count(filter: ArchiveFilter, max: number): Promise<number> {
    const some = matching(this.#db, await this.#placed(filter))
      .select('seq')
      .limit(max)
    const query = this.#db.selectFrom(some.as('some')).select((eb) => eb.fn.countAll().as('n'))
    return Number((await this.#read(query.compile() as Query<{ n: number }>))[0]!.n)
  }
  async byId(owner: string, id: string): Promise<ArchiveEntry | null> {
    const [row] = await this.#read(this.#queries.byId({ owner, id }))
    return row === undefined ? null : entryOf(row)
  }

  /** The position of the first entry from that time or later, as far as times are in the order of positions. */
  async firstFrom(owner: string, time: Millis): Promise<number> {
    return (await this.#read(this.#queries.firstFrom({ owner, time })))[0]!.seq
  }

  /** The filter with the positions between which its times lie, so that nothing else is searched. */
  async #placed(filter: ArchiveFilter): Promise<ArchiveFilter> {
    const { owner, start, end, withBare } = filter
    if (withBare !== null) await this.#peers.bringUpToDate(owner)
    if (start === null && end === null) return filter
    const [first, behind] = await Promise.all([
      start === null ? 1 : this.firstFrom(owner, start - SLACK_MS),
      end === null ? Infinity : this.firstFrom(owner, end + SLACK_MS + 1),
    ])
    const before = Math.min(filter.before ?? Infinity, behind, Number.MAX_SAFE_INTEGER)
    return { ...filter, after: Math.max(filter.after ?? 0, first - 1), before }
  }
}
