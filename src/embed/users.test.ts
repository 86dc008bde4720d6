import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/manual-clock.ts'
import { silent } from '../base/log.ts'
import { Accounts } from '../server/account/accounts.ts'
import { SqlAccounts } from '../storage/accounts.ts'
import { CORE, coreMigrations } from '../storage/core-tables.ts'
import { SqlLastPresence } from '../storage/last-presence.ts'
import { SqlRosters } from '../storage/rosters.ts'
import { openInMemory } from '../storage/sqlite.ts'
import { itemOf } from '../storage/testing.ts'
import { ApplicationAccounts, credentialsOf } from './users.ts'

test("the roster of an application's user can be changed when the user is needed for the first time", async () => {
  const clock = new ManualClock()
  const database = openInMemory({ clock })
  await database.migrate(CORE, coreMigrations)
  const credentials = await credentialsOf('but soft', 4096)
  const accounts = new ApplicationAccounts(new SqlAccounts(database), { credentials: () => credentials }, clock)
  const rosters = new SqlRosters(database, clock, 'e1')
  const stores = { accounts, rosters, lastPresence: new SqlLastPresence(database, silent, clock) }
  const all = new Accounts(stores, {
    idle: { accounts: 10, octets: 1_000_000 },
    usual: { lastSeen: 'exact', sharePaused: 'contacts', strangers: 'all' },
    homes: ['localhost'],
    admit: () => {},
  })
  const romeo = (await all.load('romeo@localhost'))!
  const version = romeo.roster.version + 1
  const item = itemOf('juliet@localhost', { subscription: 'both' })
  await rosters.save(romeo.bare.bare, { contact: item.jid, item, pending: null, version, pushed: true })
  assert.equal((await rosters.load(romeo.bare.bare)).items.length, 1)
})
