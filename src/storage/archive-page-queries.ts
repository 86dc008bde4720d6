/** The statements for pages of the archive. What is read at once has a limit in octets, since entries are of very different sizes. */
import { sql, type Kysely } from 'kysely'
import { READ_OCTETS_MAX, type ArchiveEnd, type ArchiveFilter } from '../server/archive.ts'
import { matching, positionIn } from './archive-queries.ts'
import type { ArchiveTables } from './archive-tables.ts'

/** How many octets the entries have from the end that is asked for, up to this one. */
export interface Summed {
  readonly place: number
  readonly up_to: number
}

const ordered = (db: Kysely<ArchiveTables>, filter: ArchiveFilter, limit: number, end: ArchiveEnd) =>
  matching(db, filter)
    .orderBy(positionIn(filter), end === 'last' ? 'desc' : 'asc')
    .limit(limit)

export const fewOf = (db: Kysely<ArchiveTables>, filter: ArchiveFilter, limit: number, end: ArchiveEnd) =>
  ordered(db, filter, limit, end).selectAll('archive')

/** The octets are summed without reading what they are of; only then the entries are read. */
export function fittingOf(db: Kysely<ArchiveTables>, filter: ArchiveFilter, limit: number, end: ArchiveEnd) {
  const direction = end === 'last' ? 'desc' : 'asc'
  const found = ordered(db, filter, limit, end).select(['archive.seq as at', octets.as('octets')])
  const summed = db.selectFrom(found.as('found')).select((eb) => [
    'at',
    'octets',
    eb.fn
      .sum<number>('octets')
      .over((over) => over.orderBy('at', direction))
      .as('up_to'),
  ])
  return db
    .selectFrom(summed.as('summed'))
    .innerJoin('archive', 'archive.seq', 'summed.at')
    .where('archive.owner', '=', filter.owner)
    .where(sql<boolean>`summed.up_to - summed.octets < ${READ_OCTETS_MAX}`)
    .selectAll('archive')
    .select('summed.up_to')
    .orderBy('summed.at', direction)
}
const octets = sql<number>`coalesce(octet_length(archive.payload), 0) + coalesce(octet_length(archive.mx), 0)`
