/** The statements of the store for messages that wait. */
import { sql, type Expression, type ExpressionBuilder, type Kysely, type SqlBool } from 'kysely'
import { HELD } from '../../storage/kept-messages.ts'
import { prepare } from '../../storage/prepare.ts'
import { IMPORTED } from './shares.ts'
import type { OfflineTables, WaitingRow } from './tables.ts'

export type Addition = Omit<WaitingRow, 'seq'> & { readonly messagesMax: number; readonly octetsMax: number }
type Of = { owner: string }
type Which = { owner: string; seq: number }

export function queriesOf(db: Kysely<OfflineTables>) {
  return {
    append: prepare((p: Addition) =>
      db
        .insertInto('waiting_message')
        .columns(['owner', 'seq', 'entry', 'is_held', 'octets', 'pool', 'holder'])
        .expression((eb) => {
          const text = (value: string) => eb.cast<string>(eb.val(value), 'text')
          const { inPool, ofHolder } = usedUp(eb, p)
          return eb
            .selectFrom('waiting_message')
            .select([
              text(p.owner).as('a'),
              eb(lastOf(eb, p.owner), '+', sql<number>`1`).as('b'),
              eb.cast<number>(eb.val(p.entry), 'bigint').as('c'),
              eb.cast<number>(eb.val(p.is_held), 'smallint').as('d'),
              eb.cast<number>(eb.val(p.octets), 'integer').as('e'),
              text(p.pool).as('f'),
              text(p.holder).as('g'),
            ])
            .where('owner', '=', p.owner)
            .having(eb(inPool('count'), '+', ofHolder('count')), '<', p.messagesMax)
            .having(eb(eb(inPool('octets'), '+', ofHolder('octets')), '+', integer(eb, p.octets)), '<=', p.octetsMax)
        }),
    ),
    add: prepare(({ owner, seq, entry, is_held, octets, pool, holder }: WaitingRow) =>
      db.insertInto('waiting_message').values({ owner, seq, entry, is_held, octets, pool, holder }),
    ),
    after: prepare((p: Which & { limit: number }) =>
      db
        .selectFrom('waiting_message as waiting')
        .innerJoin('archive', (join) =>
          join.onRef('archive.owner', '=', 'waiting.owner').onRef('archive.seq', '=', 'waiting.entry'),
        )
        .selectAll('archive')
        .select(['waiting.seq as place', 'waiting.is_held'])
        .where('waiting.owner', '=', p.owner)
        .where('waiting.seq', '>', p.seq)
        .orderBy('waiting.seq')
        .limit(p.limit),
    ),
    kept: prepare((p: Of) =>
      db.selectFrom('waiting_message').select(['seq', 'entry']).where('owner', '=', p.owner).where('is_held', '=', 0),
    ),
    /** Of whom messages wait: bare JIDs. */
    senders: prepare((p: Of) =>
      db
        .selectFrom('waiting_message as waiting')
        .innerJoin('archive', (join) =>
          join.onRef('archive.owner', '=', 'waiting.owner').onRef('archive.seq', '=', 'waiting.entry'),
        )
        .select('archive.with_bare')
        .distinct()
        .where('waiting.owner', '=', p.owner),
    ),
    waits: prepare((p: Of & { entry: number }) =>
      db.selectFrom('waiting_message').select('seq').where('owner', '=', p.owner).where('entry', '=', p.entry),
    ),
    dropHeld: prepare((p: Which) =>
      db
        .deleteFrom('archive')
        .where('owner', '=', p.owner)
        .where('kind', '=', HELD)
        .where('seq', 'in', (eb) =>
          eb.selectFrom('waiting_message').select('entry').where('owner', '=', p.owner).where('seq', '=', p.seq),
        ),
    ),
    /** Before messages are removed: their numbers are not given again, because sessions may still have them under these. */
    remember: prepare((p: Of) =>
      db
        .insertInto('waiting_last')
        .columns(['owner', 'seq'])
        .expression((eb) =>
          eb
            .selectFrom('waiting_message')
            .select((one) => [one.cast<string>(one.val(p.owner), 'text').as('a'), one.fn.max('seq').as('b')])
            .where('owner', '=', p.owner)
            .having((one) => one(one.fn.count('seq'), '>', 0)),
        )
        .onConflict((c) =>
          c
            .column('owner')
            .doUpdateSet((eb) => ({ seq: eb.ref('excluded.seq') }))
            .whereRef('excluded.seq', '>', 'waiting_last.seq'),
        ),
    ),
    forget: prepare((p: Of) => db.deleteFrom('waiting_last').where('owner', '=', p.owner)),
    drop: prepare((p: Which) => db.deleteFrom('waiting_message').where('owner', '=', p.owner).where('seq', '=', p.seq)),
    keptUpTo: prepare((p: Of) =>
      db
        .selectFrom('waiting_message')
        .select((eb) => eb.fn.max('entry').as('entry'))
        .where('owner', '=', p.owner)
        .where('is_held', '=', 0),
    ),
    dropKept: prepare((p: Of & { upTo: number }) =>
      db.deleteFrom('waiting_message').where('owner', '=', p.owner).where('is_held', '=', 0).where('entry', '<=', p.upTo),
    ),
    dropUpTo: prepare((p: Of & { entry: number }) =>
      db.deleteFrom('waiting_message').where('owner', '=', p.owner).where('entry', '<=', p.entry),
    ),
    clear: prepare((p: Of) => db.deleteFrom('waiting_message').where('owner', '=', p.owner)),
    old: prepare((p: { limit: number }) =>
      db.selectFrom('offline_message').selectAll().orderBy('owner').orderBy('seq').limit(p.limit),
    ),
    dropOld: prepare((p: Which) => db.deleteFrom('offline_message').where('owner', '=', p.owner).where('seq', '=', p.seq)),
  }
}

type Builder = ExpressionBuilder<OfflineTables, 'waiting_message'>

const integer = (eb: Builder, value: number): Expression<number> => eb.cast<number>(eb.val(value), 'integer')

/** The highest number that was given. */
function lastOf(eb: Builder, owner: string): Expression<number> {
  const there = eb.fn.coalesce(eb.fn.max('seq'), sql<number>`0`)
  const removed = eb.fn.coalesce(
    eb.selectFrom('waiting_last').select('waiting_last.seq').where('waiting_last.owner', '=', owner),
    sql<number>`0`,
  )
  return eb.case().when(there, '>', removed).then(there).else(removed).end()
}

/** The messages or octets stored in the pool of a new message, and its holder's part of them. */
function usedUp(eb: Builder, { pool, holder }: Pick<Addition, 'pool' | 'holder'>) {
  const total = (what: 'count' | 'octets', condition: Expression<SqlBool>) => {
    const one = what === 'count' ? integer(eb, 1) : eb.ref('octets')
    const counted = eb.case().when(condition).then(one).else(integer(eb, 0)).end()
    return eb.fn.coalesce(eb.fn.sum<number>(counted), sql<number>`0`)
  }
  const isInPool = eb('pool', '=', pool)
  const isOfHolder = eb.and([isInPool, eb('holder', '=', holder), eb('holder', '<>', IMPORTED.holder)])
  return {
    inPool: (what: 'count' | 'octets') => total(what, isInPool),
    ofHolder: (what: 'count' | 'octets') => total(what, isOfHolder),
  }
}
