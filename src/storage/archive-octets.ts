/**
 * How large an archive is. A sum that each append keeps would cost a page for each message. So entries are measured later, when
 * somebody wants to know: each entry once, and what is found is written down for blocks of neighbours. Messages that only wait are not part of it:
 * they have limits of their own, and go one by one.
 */
import type { Kysely } from 'kysely'
import { BoundedMap } from '../base/bounded-map.ts'
import type { Database, Query, Statement } from '../server/database.ts'
import type { ArchiveTables } from './archive-tables.ts'
import { HELD } from './kept-messages.ts'
import { prepare } from './prepare.ts'

/** The octets of a block, about; its last entry may go beyond. The edge of an archive is that of a block. */
export const BLOCK_OCTETS = 256 * 1024
/** Entries that are measured in one statement: others have their turn in between. */
const STEP = 1000
/** The most archives of which it is remembered how far they are measured. */
const REMEMBERED_MAX = 10_000

interface Measured {
  readonly upTo: number
  /** Behind the last whole block. */
  readonly rest: number
  readonly total: number
}

export class ArchiveOctets {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>
  #removals = 0
  readonly #measured = new BoundedMap<string, Measured>(REMEMBERED_MAX)

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<ArchiveTables>())
  }
  /** The newest position up to which entries have to go, so that no more than these octets are left, within a block; 0: none. */
  async edgeFor(owner: string, octetsMax: number): Promise<number> {
    const { total } = await this.#measure(owner)
    return total <= octetsMax ? 0 : this.#edgeIn(await this.#database.read(this.#queries.blocks({ owner })), total - octetsMax)
  }
  /** Statements to be issued before the removal of all up to that position, and again behind it: others measure meanwhile. */
  removals(owner: string, upTo: number): readonly Statement[] {
    this.#removals += 1
    this.#measured.delete(owner)
    return [this.#queries.remove({ owner, upTo })]
  }

  #edgeIn(blocks: readonly { readonly seq: number; readonly octets: number }[], tooMuch: number): number {
    let gone = 0
    for (const { seq, octets } of blocks) if ((gone += octets) >= tooMuch) return seq
    return blocks.at(-1)?.seq ?? 0
  }
  async #measure(owner: string): Promise<Measured> {
    const removals = this.#removals
    let measured = this.#measured.get(owner) ?? (await this.#known(owner))
    for (;;) {
      const entries = await this.#database.readMany(this.#queries.entries({ owner, after: measured.upTo }))
      measured = await this.#add(owner, measured, entries, removals)
      if (entries.length < STEP) break
    }
    // Positions may begin anew after a removal
    if (removals === this.#removals) this.#measured.set(owner, measured)
    return measured
  }
  async #known(owner: string): Promise<Measured> {
    const [row] = await this.#database.read(this.#queries.sum({ owner }))
    return { upTo: row?.upTo ?? 0, rest: 0, total: Number(row?.octets ?? 0) }
  }
  async #add(
    owner: string,
    { upTo, rest, total }: Measured,
    entries: readonly { readonly seq: number; readonly octets: number }[],
    removals: number,
  ): Promise<Measured> {
    const blocks: Query<unknown>[] = []
    let [block, sum] = [rest, total]
    for (const { seq, octets } of entries) {
      block += octets
      sum += octets
      if (block < BLOCK_OCTETS) continue
      blocks.push(this.#queries.put({ owner, seq, octets: block }))
      block = 0
    }
    // What was read before a removal may be gone
    if (blocks.length > 0 && removals === this.#removals) await this.#database.atomically(blocks)
    return { upTo: entries.at(-1)?.seq ?? upTo, rest: block, total: sum }
  }
}

function queriesOf(db: Kysely<ArchiveTables>) {
  const table = 'archive_octets'
  return {
    entries: prepare((p: { owner: string; after: number }) =>
      db
        .selectFrom('archive')
        .select(({ eb, fn, ref, val }) => {
          const of = (column: 'payload' | 'mx') => fn.coalesce(fn<number>('octet_length', [ref(column)]), val(0))
          return ['seq', eb(of('payload'), '+', of('mx')).as('octets')]
        })
        .where('owner', '=', p.owner)
        .where('seq', '>', p.after)
        .where('kind', '<>', HELD)
        .orderBy('seq')
        .limit(STEP),
    ),
    blocks: prepare((p: { owner: string }) =>
      db.selectFrom(table).select(['seq', 'octets']).where('owner', '=', p.owner).orderBy('seq'),
    ),
    sum: prepare((p: { owner: string }) =>
      db
        .selectFrom(table)
        .select(({ fn }) => [fn.max('seq').as('upTo'), fn.sum<number>('octets').as('octets')])
        .where('owner', '=', p.owner),
    ),
    put: prepare((p: { owner: string; seq: number; octets: number }) =>
      db
        .insertInto(table)
        .values({ owner: p.owner, seq: p.seq, octets: p.octets })
        .onConflict((c) => c.columns(['owner', 'seq']).doUpdateSet({ octets: p.octets })),
    ),
    remove: prepare((p: { owner: string; upTo: number }) =>
      db.deleteFrom(table).where('owner', '=', p.owner).where('seq', '<=', p.upTo),
    ),
  }
}
