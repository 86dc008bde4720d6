/** The statements of the archive. */
import { sql, type ExpressionBuilder, type Kysely, type SelectQueryBuilder } from 'kysely'
import {
  ABOUT_MAX,
  FEW_ABOUT,
  type AboutSought,
  type ArchiveEntry,
  type ArchiveFilter,
  type FlagTest,
} from '../server/archive.ts'
import type { ArchiveRow, ArchiveTables } from './archive-tables.ts'
import { prepare } from './prepare.ts'

type Db = Kysely<ArchiveTables>
/** The only value while there is one server. */
export const NODE = 0
/** The most rows that one statement removes. */
export const BATCH = 1000
/** The most entries that are searched for an id of the author. */
const SEARCHED = 1000

/** The order of `seq` for what has to be found first: an engine that reads in that order would go through everything of the owner. */
const ofFew = sql`seq + 0`

type Target = { owner: string; target: string; kind: string }

export function archiveQueries(db: Db) {
  const all = () => db.selectFrom('archive').selectAll()
  const ofTarget = (p: Target) => all().where('owner', '=', p.owner).where('target', '=', p.target).where('kind', '=', p.kind)
  const late = () => all().orderBy('seq', 'desc').limit(1)
  return {
    add: prepare((p: ArchiveRow) => db.insertInto('archive').values({ ...valuesOf(p) })),
    replace: prepare((p: { owner: string; id: string; payload: string | null; flags: number }) =>
      db
        .updateTable('archive')
        .set({ payload: p.payload, mx: null, flags: p.flags })
        .where('owner', '=', p.owner)
        .where('id', '=', p.id),
    ),
    byId: prepare((p: { owner: string; id: string }) => all().where('owner', '=', p.owner).where('id', '=', p.id)),
    byFromId: prepare((p: FromIdSought) =>
      db
        .selectFrom(all().where('owner', '=', p.owner).orderBy('seq', 'desc').limit(SEARCHED).as('late'))
        .selectAll()
        .where('from_id', '=', p.fromId)
        .where(sql<boolean>`(flags & ${p.mask}) = ${p.set}`)
        .where((eb) =>
          eb.or([eb('with_full', '=', p.author), eb.and([eb('with_full', '>', p.begin), eb('with_full', '<', p.end)])]),
        )
        .orderBy('seq', 'desc')
        .limit(1),
    ),
    byTransaction: prepare((p: { owner: string; device: string; transaction: string }) =>
      all().where('owner', '=', p.owner).where('device', '=', p.device).where('txn', '=', p.transaction),
    ),
    about: prepare((p: Target) => ofTarget(p).orderBy(ofFew, 'desc').limit(ABOUT_MAX)),
    lastAbout: prepare((p: AboutSought) =>
      ofTarget(p)
        .where('seq', '<', p.before)
        .where(sql<boolean>`(flags & ${p.mask}) = ${p.set}`)
        .orderBy(ofFew, 'desc')
        .limit(FEW_ABOUT),
    ),
    newestAbout: prepare((p: Target & { author: string; begin: string; end: string }) =>
      ofTarget(p)
        .where((eb) =>
          eb.or([eb('with_full', '=', p.author), eb.and([eb('with_full', '>', p.begin), eb('with_full', '<', p.end)])]),
        )
        .orderBy(ofFew, 'desc')
        .limit(1),
    ),
    newestOf: prepare((p: { owner: string; kind: string; key: string; upTo: number }) =>
      late().where('owner', '=', p.owner).where('kind', '=', p.kind).where('key', '=', p.key).where('seq', '<=', p.upTo),
    ),
    ownersSince: prepare((p: { from: string }) => db.selectFrom('archive').select('owner').distinct().where('id', '>=', p.from)),
    newest: prepare((p: { owner: string }) =>
      db.selectFrom('archive').select(['seq', 'time']).where('owner', '=', p.owner).orderBy('seq', 'desc').limit(1),
    ),
    /** Both only grow, so the first entry after a time says where the last one before it is. */
    at: prepare((p: { owner: string; stream: number }) =>
      db
        .selectFrom('archive')
        .select('seq')
        .where('owner', '=', p.owner)
        .where('stream', '<=', p.stream)
        .orderBy('seq', 'desc')
        .limit(1),
    ),
    /**
     * The first position whose entry, or the next one behind it, is from that time or later. Halves the positions instead of using
     * an index, which would cost each append a page.
     */
    firstFrom: prepare((p: { owner: string; time: number }) =>
      db
        .withRecursive('span(low, high)', (q) =>
          q
            .selectFrom('archive')
            .where('owner', '=', p.owner)
            .select((eb) => [
              sql<number>`cast(0 as bigint)`.as('low'),
              sql<number>`coalesce(${eb.fn.max('seq')}, 0) + 1`.as('high'),
            ])
            .unionAll(
              q
                .selectFrom('span')
                .where(sql<boolean>`high - low > 1`)
                .select([
                  sql<number>`case when ${timeInTheMiddle(db, p.owner)} < ${p.time} then ${MIDDLE} else low end`.as('low'),
                  sql<number>`case when ${timeInTheMiddle(db, p.owner)} < ${p.time} then high else ${MIDDLE} end`.as('high'),
                ]),
            ),
        )
        .selectFrom('span')
        .where(sql<boolean>`high - low <= 1`)
        .select('high as seq'),
    ),
    /** A state is kept unless a later one has the same kind and key. */
    prune: prepare((p: { owner: string; edge: number; limit: number }) =>
      db
        .deleteFrom('archive')
        .where('owner', '=', p.owner)
        .where('seq', 'in', (eb) =>
          eb
            .selectFrom('archive as old')
            .select('old.seq')
            .where('old.owner', '=', p.owner)
            .where('old.seq', '<=', p.edge)
            .where((w) => w.or([w('old.key', 'is', null), w.exists(laterState(w))]))
            .orderBy('old.seq')
            .limit(p.limit),
        ),
    ),
    remove: prepare((p: { owner: string; upTo: number; limit: number }) =>
      db
        .deleteFrom('archive')
        .where('owner', '=', p.owner)
        .where('seq', 'in', (eb) =>
          eb
            .selectFrom('archive as old')
            .select('old.seq')
            .where('old.owner', '=', p.owner)
            .where('old.seq', '<=', p.upTo)
            .orderBy('old.seq')
            .limit(p.limit),
        ),
    ),
    reserved: prepare((p: { node: number }) => db.selectFrom('archive_stream').select('reserved').where('node', '=', p.node)),
    reserve: prepare((p: { node: number; reserved: number }) =>
      db
        .insertInto('archive_stream')
        .values({ node: p.node, reserved: p.reserved })
        .onConflict((c) => c.column('node').doUpdateSet((eb) => ({ reserved: eb.ref('excluded.reserved') }))),
    ),
  }
}
/** `author`, or somebody between `begin` and `end`. */
interface FromIdSought extends FlagTest {
  readonly owner: string
  readonly author: string
  readonly begin: string
  readonly end: string
  readonly fromId: string
}
export type ArchiveQueries = ReturnType<typeof archiveQueries>

const MIDDLE = sql<number>`(span.low + span.high) / 2`
const timeInTheMiddle = (db: Db, owner: string) =>
  db.selectFrom('archive').select('time').where('owner', '=', owner).where('seq', '>=', MIDDLE).orderBy('seq').limit(1)
const laterState = (eb: ExpressionBuilder<ArchiveTables & { old: ArchiveRow }, 'old'>) =>
  eb
    .selectFrom('archive as later')
    .select('later.seq')
    .whereRef('later.owner', '=', 'old.owner')
    .whereRef('later.kind', '=', 'old.kind')
    .whereRef('later.key', '=', 'old.key')
    .whereRef('later.seq', '>', 'old.seq')

/** The parameters are placeholders for the values: they cannot be spread. */
const valuesOf = (p: ArchiveRow): ArchiveRow => ({
  owner: p.owner,
  seq: p.seq,
  id: p.id,
  node: p.node,
  stream: p.stream,
  time: p.time,
  with_bare: p.with_bare,
  with_full: p.with_full,
  nick: p.nick,
  kind: p.kind,
  key: p.key,
  target: p.target,
  from_id: p.from_id,
  device: p.device,
  txn: p.txn,
  lang: p.lang,
  payload: p.payload,
  mx: p.mx,
  flags: p.flags,
})

type Matching = SelectQueryBuilder<ArchiveTables, 'archive' | 'archive_peer', object>

/** With one person: in the order of `place`, which is the position. */
const between = (db: Db, owner: string, peer: string): Matching =>
  db
    .selectFrom('archive_peer')
    .innerJoin('archive', (join) => join.onRef('archive.owner', '=', 'whose').onRef('archive.seq', '=', 'place'))
    // An entry that was there before may have had the position
    .where('with_bare', '=', peer)
    .where('whose', '=', owner)
    .where('peer', '=', peer)

export function matching(db: Db, filter: ArchiveFilter): Matching {
  const { owner, after, before, kinds, withBare, withFull, author, nick, start, end, flags, isStanza } = filter
  const position = positionIn(filter)
  let query = withBare === null ? (db.selectFrom('archive').where('owner', '=', owner) as Matching) : between(db, owner, withBare)
  if (after !== null) query = query.where(position, '>', after)
  if (before !== null) query = query.where(position, '<', before)
  if (kinds !== null) query = query.where('kind', 'in', kinds)
  if (withFull !== null) query = query.where('with_full', '=', withFull)
  if (author !== null) {
    const { begin, end: behind } = resourcesOf(author)
    query = query.where((eb) =>
      eb.or([eb('with_full', '=', author), eb.and([eb('with_full', '>', begin), eb('with_full', '<', behind)])]),
    )
  }
  if (nick !== null) query = query.where('nick', '=', nick)
  if (start !== null) query = query.where('time', '>=', start)
  if (end !== null) query = query.where('time', '<=', end)
  if (flags !== null) query = query.where('flags', 'in', flags)
  if (isStanza) query = query.where('payload', 'is not', null)
  return query
}

/** The column by which what was found is in order. */
export const positionIn = ({ withBare }: ArchiveFilter): 'seq' | 'place' => (withBare === null ? 'seq' : 'place')

/** The full addresses of a bare one lie between these two; a full one has no others. */
export const resourcesOf = (address: string): { readonly begin: string; readonly end: string } =>
  address.includes('/') ? { begin: address, end: address } : { begin: `${address}/`, end: `${address}0` }

export const rowOf = (e: ArchiveEntry): ArchiveRow => ({
  owner: e.owner,
  seq: e.seq,
  id: e.id,
  node: NODE,
  stream: e.stream,
  time: e.time,
  with_bare: e.withBare,
  with_full: e.withFull,
  nick: e.nick,
  kind: e.kind,
  key: e.key,
  target: e.target,
  from_id: e.fromId,
  device: e.device,
  txn: e.transaction,
  lang: e.lang,
  payload: e.payload,
  mx: e.mx,
  flags: e.flags,
})
export const entryOf = (row: ArchiveRow): ArchiveEntry => ({
  owner: row.owner,
  seq: row.seq,
  id: row.id,
  stream: row.stream,
  time: row.time,
  withBare: row.with_bare,
  withFull: row.with_full,
  nick: row.nick,
  kind: row.kind,
  key: row.key,
  target: row.target,
  fromId: row.from_id,
  device: row.device,
  transaction: row.txn,
  lang: row.lang,
  payload: row.payload,
  mx: row.mx,
  flags: row.flags,
})
