/** The stores of the core on a database; their tables are upgraded. */
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import type { Database } from '../server/database.ts'
import { SqlAccounts } from './accounts.ts'
import { SqlArchive } from './archive.ts'
import { CORE, coreMigrations } from './core-tables.ts'
import { SqlDecisions } from './decisions.ts'
import { deviceMigrations, DEVICES, SqlDevices } from './devices.ts'
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
  return {
    accounts: new SqlAccounts(database),
    rosters: new SqlRosters(database, clock, epoch),
    lastPresence: new SqlLastPresence(database, log, gathers ? clock : null),
    keptSessions: new SqlKeptSessions(database),
    keptStates: new SqlKeptStates(database),
    linkedPeers: new SqlLinkedPeers(database),
    archive: await SqlArchive.open(database, entropy),
    decisions: new SqlDecisions(database),
    devices: new SqlDevices(database),
  }
}

async function migrateCore(database: Database): Promise<void> {
  await database.migrate(CORE, coreMigrations)
  await database.migrate(KEPT_SESSIONS, keptSessionMigrations)
  await database.migrate(KEPT_STATES, keptStateMigrations)
  await database.migrate(LINKED_PEERS, linkedPeerMigrations)
  await database.migrate(DEVICES, deviceMigrations)
}
