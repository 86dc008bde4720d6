/** Accounts and their credentials. The roster's version begins here; see `StoredRoster` for where. */
import type { Millis } from '../base/clock.ts'
import type { AccountRow, AccountStore } from '../server/ports.ts'
import type { Credentials } from '../xmpp/credentials.ts'
import type { CoreTables } from './core-tables.ts'
import { required, type Database } from './database.ts'
import { prepare } from './prepare.ts'
import { StorageError } from './storage-error.ts'
import { storedJid } from './stored-jid.ts'

type Queries = ReturnType<typeof queriesOf>

export class SqlAccounts implements AccountStore {
  readonly #database: Database
  readonly #queries: Queries

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }

  async create(bare: string, credentials: Credentials, now: Millis): Promise<boolean> {
    const account = { bare, domain: storedJid(bare).domain, credentials: JSON.stringify(credentials), createdAt: now }
    try {
      await this.#database.atomically([
        required(this.#queries.create(account)),
        this.#queries.createRoster({ owner: bare, version: now }),
      ])
      return true
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'nothing-changed') return false
      throw error
    }
  }
  async exists(bare: string): Promise<boolean> {
    return (await this.#database.read(this.#queries.exists({ bare }))).length > 0
  }
  async credentials(bare: string): Promise<Credentials | null> {
    const [row] = await this.#database.read(this.#queries.credentials({ bare }))
    return row === undefined ? null : (JSON.parse(row.credentials) as Credentials)
  }
  async setCredentials(bare: string, credentials: Credentials): Promise<boolean> {
    return (await this.#database.write(this.#queries.setCredentials({ bare, credentials: JSON.stringify(credentials) }))) > 0
  }
  async delete(bare: string): Promise<boolean> {
    return (await this.#database.write(this.#queries.delete({ bare }))) > 0
  }
  async list(domain: string, after: string, limit: number): Promise<readonly AccountRow[]> {
    const rows = await this.#database.read(this.#queries.list({ domain, after, limit }))
    return rows.map((row) => ({ bare: row.bare, createdAt: row.created_at }))
  }
  async count(domain: string): Promise<number> {
    const [row] = await this.#database.read(this.#queries.count({ domain }))
    return Number(row!.accounts)
  }
}

function queriesOf(database: Database) {
  const db = database.schema<CoreTables>()
  return {
    create: prepare((p: { bare: string; domain: string; credentials: string; createdAt: Millis }) =>
      db
        .insertInto('account')
        .values({ bare: p.bare, domain: p.domain, credentials: p.credentials, created_at: p.createdAt })
        .onConflict((c) => c.column('bare').doNothing()),
    ),
    createRoster: prepare((p: { owner: string; version: number }) =>
      db.insertInto('roster').values({ owner: p.owner, version: p.version, epoch: '', horizon: p.version }),
    ),
    exists: prepare((p: { bare: string }) => db.selectFrom('account').select('bare').where('bare', '=', p.bare)),
    credentials: prepare((p: { bare: string }) => db.selectFrom('account').select('credentials').where('bare', '=', p.bare)),
    setCredentials: prepare((p: { bare: string; credentials: string }) =>
      db.updateTable('account').set({ credentials: p.credentials }).where('bare', '=', p.bare),
    ),
    delete: prepare((p: { bare: string }) => db.deleteFrom('account').where('bare', '=', p.bare)),
    list: prepare((p: { domain: string; after: string; limit: number }) =>
      db
        .selectFrom('account')
        .select(['bare', 'created_at'])
        .where('domain', '=', p.domain)
        .where('bare', '>', p.after)
        .orderBy('bare')
        .limit(p.limit),
    ),
    count: prepare((p: { domain: string }) =>
      db
        .selectFrom('account')
        .select((eb) => eb.fn.countAll<number>().as('accounts'))
        .where('domain', '=', p.domain),
    ),
  }
}
