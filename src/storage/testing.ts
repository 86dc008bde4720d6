/** For tests: a database with the core's tables, and a clock to move. */
import { ManualClock } from '../base/manual-clock.ts'
import type { Fields, Log } from '../base/log.ts'
import type { RosterChange, RosterItem } from '../server/ports.ts'
import type { Credentials, ScramKeys } from '../xmpp/credentials.ts'
import { jid } from '../xmpp/jid.ts'
import { SqlAccounts } from './accounts.ts'
import { CORE, coreMigrations } from './core-tables.ts'
import type { Database } from '../server/database.ts'
import { SqlLastPresence } from './last-presence.ts'
import { SqlRosters } from './rosters.ts'
import { openInMemory } from './sqlite.ts'

const KEYS: ScramKeys = { iterations: 4096, salt: 'c2FsdA==', storedKey: 'c3RvcmVk', serverKey: 'c2VydmVy' }
export const CREDENTIALS: Required<Credentials> = { 'sha-1': KEYS, 'sha-256': KEYS, 'sha-512': { ...KEYS, iterations: 10_000 } }

export interface Stores {
  readonly clock: ManualClock
  readonly database: Database
  readonly accounts: SqlAccounts
  readonly rosters: SqlRosters
  readonly lastPresence: SqlLastPresence
  readonly warnings: Fields[]
}

/** @param names accounts to create */
export async function storesInMemory(...names: readonly string[]): Promise<Stores> {
  const clock = new ManualClock()
  return storesIn(openInMemory({ clock }), clock, names)
}

/** @param names accounts to create */
export async function storesIn(database: Database, clock: ManualClock, names: readonly string[]): Promise<Stores> {
  await database.migrate(CORE, coreMigrations)
  const accounts = new SqlAccounts(database)
  await Promise.all(names.map((bare) => accounts.create(bare, CREDENTIALS, clock.now())))
  const warnings: Fields[] = []
  const log: Log = {
    debug() {},
    info() {},
    warn: (fields) => {
      warnings.push(fields)
    },
    error() {},
  }
  return {
    clock,
    database,
    accounts,
    rosters: new SqlRosters(database, clock, 'e1'),
    lastPresence: new SqlLastPresence(database, log),
    warnings,
  }
}

/** An item for that contact with all that is not said left empty. */
export const itemOf = (contact: string, rest: Partial<RosterItem> = {}): RosterItem => ({
  jid: jid(contact),
  name: '',
  groups: [],
  subscription: 'none',
  ask: false,
  approved: false,
  ...rest,
})

/** A pushed change that makes `item` the item of its contact. */
export const setting = (item: RosterItem, version: number): RosterChange => ({
  contact: item.jid,
  item,
  pending: null,
  version,
  pushed: true,
})
