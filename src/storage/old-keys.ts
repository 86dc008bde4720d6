/**
 * How many accounts of each domain lack keys, such as accounts from another server. The numbers are in memory, because every new
 * stream needs them. They are counted again when they may have changed, through an index over these accounts only; so they cannot
 * differ from what is stored.
 */
import { sql } from 'kysely'
import { HASHES, NOTHING_LACKING, type Lacking } from '../xmpp/credentials.ts'
import { HASH_BITS, type CoreTables } from './core-tables.ts'
import type { Database, Query } from '../server/database.ts'
import { prepare } from './prepare.ts'

interface Counted {
  readonly domain: string
  readonly lacks: number
  readonly accounts: number | bigint | string
}

export class OldKeys {
  readonly #database: Database
  readonly #query: Query<Counted>
  #byDomain: ReadonlyMap<string, Lacking> = new Map()
  #running: Promise<void> | null = null
  #next: Promise<void> | null = null

  constructor(database: Database) {
    this.#database = database
    this.#query = countingIn(database)
  }
  of(domain: string): Lacking {
    return this.#byDomain.get(domain) ?? NOTHING_LACKING
  }
  /** Resolves when everything that is stored now was counted. If called often in a row, the last calls share one count. */
  count(): Promise<void> {
    if (this.#running === null) return (this.#running = this.#read())
    const running = this.#running.catch(() => {})
    return (this.#next ??= running.then(() => {
      this.#next = null
      return (this.#running = this.#read())
    }))
  }
  async #read(): Promise<void> {
    try {
      const rows = await this.#database.read(this.#query)
      const found = new Map<string, Lacking>()
      for (const row of rows) found.set(row.domain, withMore(found.get(row.domain) ?? NOTHING_LACKING, row))
      this.#byDomain = found
    } finally {
      this.#running = null
    }
  }
}

function withMore(lacking: Lacking, { lacks, accounts }: Counted): Lacking {
  const sum = { ...lacking, accounts: lacking.accounts + Number(accounts) }
  for (const hash of HASHES) if ((lacks & HASH_BITS[hash]) !== 0) sum[hash] += Number(accounts)
  return sum
}

function countingIn(database: Database): Query<Counted> {
  const db = database.schema<CoreTables>()
  const counting = prepare(() =>
    db
      .selectFrom('account')
      .select(['domain', 'lacks', (eb) => eb.fn.countAll().as('accounts')])
      .where('lacks', '!=', sql.lit(0)) // as in the index
      .groupBy(['domain', 'lacks']),
  )
  return counting({})
}
