/** The people outside their roster to whom users have written (server/ports.ts). The rows go with the account. */
import type { Millis } from '../base/clock.ts'
import type { Database } from '../server/database.ts'
import type { CorrespondentStore } from '../server/ports.ts'
import type { CoreTables } from './core-tables.ts'
import { prepare } from './prepare.ts'

export class SqlCorrespondents implements CorrespondentStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }
  async put(owner: string, contact: string, now: Millis, max: number): Promise<boolean> {
    const [, evicted] = await this.#database.atomically([
      this.#queries.put({ owner, contact, now }),
      this.#queries.evict({ owner, max }),
    ])
    return evicted! > 0
  }
  async has(owner: string, contact: string): Promise<boolean> {
    return (await this.#database.read(this.#queries.has({ owner, contact }))).length > 0
  }
}

function queriesOf(database: Database) {
  const db = database.schema<Pick<CoreTables, 'correspondent'>>()
  const table = 'correspondent'
  return {
    has: prepare((p: { owner: string; contact: string }) =>
      db.selectFrom(table).select('contact').where('owner', '=', p.owner).where('contact', '=', p.contact),
    ),
    put: prepare((p: { owner: string; contact: string; now: Millis }) =>
      db
        .insertInto(table)
        .values({ owner: p.owner, contact: p.contact, wrote_at: p.now })
        .onConflict((c) => c.columns(['owner', 'contact']).doUpdateSet({ wrote_at: p.now })),
    ),
    evict: prepare((p: { owner: string; max: number }) =>
      db
        .deleteFrom(table)
        .where('owner', '=', p.owner)
        .where('contact', 'not in', (eb) =>
          eb
            .selectFrom(table)
            .select('contact')
            .where('owner', '=', p.owner)
            .orderBy('wrote_at', 'desc')
            .orderBy('contact')
            .limit(p.max),
        ),
    ),
  }
}
