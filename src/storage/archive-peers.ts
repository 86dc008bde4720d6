/**
 * Which entries of an archive are from or to whom. An index would cost each append a page of its own. So this table is brought up to
 * date when somebody asks for the messages with one person, and when many are missing: with all new entries of the owner at once, which are
 * neighbours in it.
 */
import type { Kysely } from 'kysely'
import type { Database } from '../server/database.ts'
import type { ArchiveTables } from './archive-tables.ts'
import { prepare } from './prepare.ts'

/** Positions that are looked at in one statement, and rows that are removed: others have their turn in between. */
const STEP = 2000
/** Steps that are made when nobody waits for them. */
const STEPS_AT_ONCE = 5

export class ArchivePeers {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<ArchiveTables>())
  }
  /** From then on the table has what was issued for the archive of the owner before the call. */
  async bringUpToDate(owner: string): Promise<void> {
    const span = await this.#missing(owner)
    if (span === null) return
    for (let { from } = span; from < span.last; from += STEP) await this.#place(owner, from, Math.min(from + STEP, span.last))
  }
  /** A part of that, where whole steps are missing: somebody who asks first does not wait for all of a long archive. */
  async catchUp(owner: string): Promise<void> {
    const span = await this.#missing(owner)
    if (span === null) return
    const last = Math.min(span.last, span.from + STEP * STEPS_AT_ONCE)
    for (let { from } = span; from + STEP <= last; from += STEP) await this.#place(owner, from, from + STEP)
  }
  /** The positions behind `from` up to `last` are not in the table; null if there are none. */
  async #missing(owner: string): Promise<{ readonly from: number; readonly last: number } | null> {
    const { upTo, oldest, newest } = this.#queries
    const seqOf = async (query: typeof oldest): Promise<number | undefined> =>
      (await this.#database.read(query({ owner })))[0]?.seq
    const [known = 0, first, last] = await Promise.all([seqOf(upTo), seqOf(oldest), seqOf(newest)])
    if (first === undefined || last === undefined) return null
    return { from: Math.max(known, first - 1), last }
  }
  async #place(owner: string, from: number, seq: number): Promise<void> {
    const { place, put } = this.#queries
    await this.#database.atomically([place({ owner, from, upTo: seq }), put({ owner, seq })])
  }
  /** The entries of the owner up to that position are gone. */
  async remove(owner: string, upTo: number): Promise<void> {
    const { remove, dropUpTo } = this.#queries
    while ((await this.#database.write(remove({ owner, upTo, limit: STEP }))) === STEP);
    // Positions may begin anew
    await this.#database.write(dropUpTo({ owner }))
  }
}

function queriesOf(db: Kysely<ArchiveTables>) {
  const positions = () => db.selectFrom('archive').select('seq').limit(1)
  return {
    upTo: prepare((p: { owner: string }) => db.selectFrom('archive_peers_up_to').select('seq').where('owner', '=', p.owner)),
    oldest: prepare((p: { owner: string }) => positions().where('owner', '=', p.owner).orderBy('seq')),
    newest: prepare((p: { owner: string }) => positions().where('owner', '=', p.owner).orderBy('seq', 'desc')),
    place: prepare((p: { owner: string; from: number; upTo: number }) =>
      db
        .insertInto('archive_peer')
        .columns(['whose', 'peer', 'place'])
        .expression(
          db
            .selectFrom('archive')
            .select(['owner', 'with_bare', 'seq'])
            .where('owner', '=', p.owner)
            .where('seq', '>', p.from)
            .where('seq', '<=', p.upTo)
            .where('with_bare', 'is not', null)
            .$castTo<{ owner: string; with_bare: string; seq: number }>(),
        )
        .onConflict((c) => c.doNothing()),
    ),
    put: prepare((p: { owner: string; seq: number }) =>
      db
        .insertInto('archive_peers_up_to')
        .values({ owner: p.owner, seq: p.seq })
        .onConflict((c) => c.column('owner').doUpdateSet({ seq: p.seq })),
    ),
    remove: prepare((p: { owner: string; upTo: number; limit: number }) =>
      db
        .deleteFrom('archive_peer')
        .where('whose', '=', p.owner)
        .where(({ eb, refTuple }) =>
          eb(
            refTuple('peer', 'place'),
            'in',
            eb
              .selectFrom('archive_peer as old')
              .select(['old.peer', 'old.place'])
              .where('old.whose', '=', p.owner)
              .where('old.place', '<=', p.upTo)
              .limit(p.limit)
              .$asTuple('peer', 'place'),
          ),
        ),
    ),
    dropUpTo: prepare((p: { owner: string }) =>
      db
        .deleteFrom('archive_peers_up_to')
        .where('owner', '=', p.owner)
        .where(({ not, exists, selectFrom }) => not(exists(selectFrom('archive').select('seq').where('owner', '=', p.owner)))),
    ),
  }
}
