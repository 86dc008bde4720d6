/** The statements of the archive. */
import type { ExpressionBuilder, Kysely, SelectQueryBuilder } from 'kysely'
import type { ArchiveEntry, ArchiveFilter } from '../server/archive.ts'
import type { ArchiveRow, ArchiveTables } from './archive-tables.ts'
import { prepare } from './prepare.ts'

type Db = Kysely<ArchiveTables>
/** The only value while there is one server. */
export const NODE = 0
/** The most rows that one statement removes. */
export const BATCH = 1000
/** The most entries that are searched for an id of the author. */
const SEARCHED = 1000

export function archiveQueries(db: Db) {
  const all = () => db.selectFrom('archive').selectAll()
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
    byFromId: prepare((p: { owner: string; author: string; begin: string; end: string; fromId: string }) =>
      db
        .selectFrom(all().where('owner', '=', p.owner).orderBy('seq', 'desc').limit(SEARCHED).as('late'))
        .selectAll()
        .where('from_id', '=', p.fromId)
        .where((eb) =>
          eb.or([eb('with_full', '=', p.author), eb.and([eb('with_full', '>', p.begin), eb('with_full', '<', p.end)])]),
        )
        .orderBy('seq', 'desc')
        .limit(1),
    ),
    byTransaction: prepare((p: { owner: string; device: string; transaction: string }) =>
      all().where('owner', '=', p.owner).where('device', '=', p.device).where('txn', '=', p.transaction),
    ),
    about: prepare((p: { owner: string; target: string; kind: string }) =>
      all().where('owner', '=', p.owner).where('target', '=', p.target).where('kind', '=', p.kind).orderBy('seq'),
    ),
    newestOf: prepare((p: { owner: string; kind: string; key: string; upTo: number }) =>
      late().where('owner', '=', p.owner).where('kind', '=', p.kind).where('key', '=', p.key).where('seq', '<=', p.upTo),
    ),
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
    firstFrom: prepare((p: { owner: string; id: string }) =>
      db.selectFrom('archive').select('seq').where('owner', '=', p.owner).where('id', '>=', p.id).orderBy('id').limit(1),
    ),
    lastBefore: prepare((p: { owner: string; id: string }) =>
      db.selectFrom('archive').select('seq').where('owner', '=', p.owner).where('id', '<', p.id).orderBy('id', 'desc').limit(1),
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
    remove: prepare((p: { owner: string; limit: number }) =>
      db
        .deleteFrom('archive')
        .where('owner', '=', p.owner)
        .where('seq', 'in', (eb) =>
          eb.selectFrom('archive as old').select('old.seq').where('old.owner', '=', p.owner).orderBy('old.seq').limit(p.limit),
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

export function matching(db: Db, filter: ArchiveFilter): SelectQueryBuilder<ArchiveTables, 'archive', object> {
  const { owner, after, before, kinds, withBare, withFull, author, nick, start, end, flags, isStanza } = filter
  let query: SelectQueryBuilder<ArchiveTables, 'archive', object> = db.selectFrom('archive').where('owner', '=', owner)
  if (after !== null) query = query.where('seq', '>', after)
  if (before !== null) query = query.where('seq', '<', before)
  if (kinds !== null) query = query.where('kind', 'in', kinds)
  if (withBare !== null) query = query.where('with_bare', '=', withBare)
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

/** The full addresses of a bare one lie between these two. */
export const resourcesOf = (bare: string): { readonly begin: string; readonly end: string } => ({
  begin: `${bare}/`,
  end: `${bare}0`,
})

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
