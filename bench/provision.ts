/**
 * Puts the load generator's population into a data directory: N accounts, each with R mutual contacts, as its
 * `provision` scenario would make them by protocol, but in seconds.
 *   node bench/provision.ts DATA-DIRECTORY N R
 */
import { join } from 'node:path'
import { SystemClock } from '../src/base/clock.ts'
import { systemEntropy } from '../src/base/entropy.ts'
import { NO_GROUPS } from '../src/im/account.ts'
import type { RosterStore } from '../src/server/ports.ts'
import { SqlAccounts } from '../src/storage/accounts.ts'
import { CORE, coreMigrations } from '../src/storage/core-tables.ts'
import { SqlRosters } from '../src/storage/rosters.ts'
import { openSqlite } from '../src/storage/sqlite.ts'
import { deriveCredentials } from '../src/sasl/credentials.ts'
import { jid, type Jid } from '../src/xmpp/jid.ts'
import { Graph } from './load/lib/graph.mjs'

const DOMAIN = 'example.test'
const PASSWORD = 'secret'
const ITERATIONS = 4096

/** @param hubs users more, whose contacts are all of the others */
export async function provision(directory: string, n: number, r: number, hubs = 0): Promise<void> {
  const clock = new SystemClock()
  const database = await openSqlite(join(directory, 'porchlight.db'), { clock })
  await database.migrate(CORE, coreMigrations)
  const accounts = new SqlAccounts(database)
  const rosters = new SqlRosters(database, clock, 'provisioned')
  const credentials = await deriveCredentials(PASSWORD, ITERATIONS, systemEntropy)
  const addresses = Array.from({ length: n }, (_, i) => jid(`n${n}r${r}u${i}@${DOMAIN}`))
  const everybodys = Array.from({ length: hubs }, (_, i) => jid(`hubn${n}r${r}u${i}@${DOMAIN}`))
  const all = [...addresses, ...everybodys]
  await Promise.all(all.map((address) => accounts.create(address.bare, credentials, clock.now())))
  if (r > 0) await befriend(rosters, addresses, r)
  for (const hub of everybodys) await know(rosters, hub, addresses)
  for (const address of hubs > 0 ? addresses : []) await know(rosters, address, everybodys)
  await database.close()
}

/** Gives each of the accounts R mutual contacts among them. */
export async function befriend(rosters: RosterStore, addresses: readonly Jid[], r: number): Promise<void> {
  const graph = new Graph(addresses.length, r)
  for (const [i, owner] of addresses.entries())
    await know(
      rosters,
      owner,
      graph.contacts(i).map((k: number) => addresses[k]!),
    )
}
/** Puts these contacts into the roster, as ones who see each other. */
export async function know(rosters: RosterStore, owner: Jid, contacts: readonly Jid[]): Promise<void> {
  let { version } = await rosters.load(owner.bare)
  const saved = contacts.map((contact) => {
    const item = { jid: contact, name: '', groups: NO_GROUPS, subscription: 'both' as const, ask: false, approved: false }
    version += 1
    return rosters.save(owner.bare, { contact, item, pending: null, version, pushed: true })
  })
  await Promise.all(saved)
}

if (import.meta.main) {
  const [directory = '.', n = '1000', r = '20'] = process.argv.slice(2)
  await provision(directory, Number(n), Number(r))
}
