/** The stores of the core on a database; their tables are upgraded. */
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import type { Database } from '../server/database.ts'
import { SqlAccountArchive } from './account-archive.ts'
import { SqlAccounts } from './accounts.ts'
import { SqlArchive } from './archive.ts'
import { CLEARANCES, clearanceMigrations, SqlClearances } from './clearances.ts'
import { CORE, coreMigrations } from './core-tables.ts'
import { SqlCorrespondents } from './correspondents.ts'
import { SqlDecisions } from './decisions.ts'
import { deviceMigrations, DEVICES, SqlDevices } from './devices.ts'
import { DOMAIN_LISTS, domainListMigrations, SqlDomainLists } from './domain-lists.ts'
import { SqlGroups } from './groups.ts'
import { KEPT_SESSIONS, keptSessionMigrations, SqlKeptSessions } from './kept-sessions.ts'
import { KEPT_STATES, keptStateMigrations, SqlKeptStates } from './kept-states.ts'
import { SqlLastPresence } from './last-presence.ts'
import { LINKED_PEERS, linkedPeerMigrations, SqlLinkedPeers } from './linked-peers.ts'
import { SqlRosters } from './rosters.ts'

export interface CoreStoresParts {
  readonly clock: Clock
  /** See `RosterStore.epoch`. */
  readonly epoch: string
  readonly log: Log
  readonly entropy: Entropy
  /** Whether last presences are collected for a moment before they are written. */
  readonly gathers: boolean
}

/** @throws StorageError with trouble 'newer-schema' */
export async function openCoreStores(database: Database, { clock, epoch, log, entropy, gathers }: CoreStoresParts) {
  await migrateCore(database)
  const archive = await SqlArchive.open(database, entropy)
  return {
    accounts: new SqlAccounts(database),
    rosters: new SqlRosters(database, clock, epoch),
    lastPresence: new SqlLastPresence(database, log, gathers ? clock : null),
    keptSessions: new SqlKeptSessions(database),
    keptStates: new SqlKeptStates(database),
    linkedPeers: new SqlLinkedPeers(database),
    archive,
    accountArchive: await SqlAccountArchive.open(database, archive),
    decisions: new SqlDecisions(database),
    devices: new SqlDevices(database),
    correspondents: new SqlCorrespondents(database),
    groups: new SqlGroups(database),
    domainLists: new SqlDomainLists(database),
    clearances: new SqlClearances(database),
  }
}

async function migrateCore(database: Database): Promise<void> {
  await database.migrate(CORE, coreMigrations)
  await database.migrate(KEPT_SESSIONS, keptSessionMigrations)
  await database.migrate(KEPT_STATES, keptStateMigrations)
  await database.migrate(LINKED_PEERS, linkedPeerMigrations)
  await database.migrate(DEVICES, deviceMigrations)
  await database.migrate(DOMAIN_LISTS, domainListMigrations)
  await database.migrate(CLEARANCES, clearanceMigrations)
}
