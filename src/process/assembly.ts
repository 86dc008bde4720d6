/**
 * Assembles the server from its configuration: database, stores, the parts in `server/`, features. It opens no
 * port. `porchlight user add` without a running server uses it too, so that everything that an extension
 * does when an account is created or deleted happens there as well.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import type { ServedRooms } from '../rooms/rooms.ts'
import type { Feature, Software, Stores } from '../server/feature.ts'
import type { AccountStore } from '../server/ports.ts'
import { keepLastSeen } from '../server/contacts/last-seen.ts'
import { createServer, type Server } from '../server/server.ts'
import type { Database } from '../server/database.ts'
import { newEpoch } from '../storage/rosters.ts'
import { openInMemory, openSqlite } from '../storage/sqlite.ts'
import { openCoreStores } from '../storage/stores.ts'
import { LocalRegistrar } from '../stream/registrar.ts'
import { linkTimes } from '../stream/s2s/settings.ts'
import { roomsOf } from '../xep/0045-multi-user-chat/index.ts'
import { portingOf, type Porting } from '../xep/0163-personal-eventing/index.ts'
import { features } from '../xep/catalogue.ts'
import { prepareDomain } from '../xmpp/jid.ts'
import { serverSecret } from './server-secret.ts'
import type { Setup } from './setup.ts'

export interface Runtime {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly software: Software
  /** Puts another account store in front of the database's own. */
  readonly accounts?: (own: AccountStore) => AccountStore
}

export interface Assembly {
  readonly server: Server
  readonly stores: Stores
  readonly metrics: Metrics
  /** Null if this server has none. */
  readonly rooms: ServedRooms | null
  /** The nodes of accounts that come from other servers or go there. */
  readonly porting: Porting
  /** Why the last write to the database failed; null if it succeeded. */
  storageTrouble(): Error | null
  /** Resolves, with the reason, if another server has taken the database. */
  readonly databaseTaken: Promise<Error>
  /** Writes what is still to be written, and closes the database. */
  close(): Promise<void>
}

/** The name of the database in the data directory. */
export const DATABASE_FILE = 'porchlight.db'

/** @throws StorageError if the database cannot be used */
export async function assemble({ config, dataDirectory }: Setup, runtime: Runtime): Promise<Assembly> {
  const { clock, entropy, log, software } = runtime
  const database = await openDatabase({ config, dataDirectory }, clock, entropy)
  try {
    const core = await openCoreStores(database, { clock, entropy, epoch: newEpoch(entropy), log, gathers: true })
    await core.accounts.countOldKeys()
    const stores = { ...core, accounts: runtime.accounts?.(core.accounts) ?? core.accounts }
    const metrics = new Metrics()
    const server = createServer({
      domains: config.server.domains.map(prepareDomain),
      componentDomains: config.component.map(({ domain }) => prepareDomain(domain)),
      presence: config.presence,
      linkTimes: linkTimes(config.federation),
      limits: config.limits,
      rate: config.rate,
      registrar: (host) => new LocalRegistrar(host, config.sasl.iterations),
      secret: config.server.fresh ? entropy.bytes(32) : await serverSecret(dataDirectory, entropy),
      software,
      stores,
      database,
      clock,
      entropy,
      log,
      metrics,
    })
    keepLastSeen(server.host)
    for (const feature of inOrderOfNeed(features)) await feature.install(server.host, config.features[feature.name])
    server.freeze()
    await server.host.decisions.load()
    const close = async (): Promise<void> => {
      await stores.lastPresence.flush()
      await database.close()
    }
    return {
      server,
      stores,
      metrics,
      rooms: roomsOf(server.host),
      porting: portingOf(server.host),
      storageTrouble: () => database.trouble,
      databaseTaken: database.taken,
      close,
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** @throws StorageError */
async function openDatabase({ config, dataDirectory }: Placed, clock: Clock, entropy: Entropy): Promise<Database> {
  if (config.server.fresh) return openInMemory({ clock })
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
  const { url, password } = config.storage
  if (url === '') return openSqlite(join(dataDirectory, DATABASE_FILE), { clock })
  // Loaded by those who use it: it takes its share of memory
  const { openPostgres } = await import('../storage/postgres.ts')
  return openPostgres({ url, password, clock, run: entropy.bytes(12).toString('base64url') })
}
type Placed = Pick<Setup, 'config' | 'dataDirectory'>

/** Each feature after those that it needs, otherwise in the given order. */
export function inOrderOfNeed(all: readonly Feature[]): readonly Feature[] {
  const ordered: Feature[] = []
  const add = (feature: Feature, path: readonly string[]): void => {
    if (ordered.includes(feature)) return
    if (path.includes(feature.name)) throw new Error(`Features need each other: ${[...path, feature.name].join(', ')}`)
    for (const name of feature.needs ?? []) {
      const needed = all.find((f) => f.name === name)
      if (needed === undefined) throw new Error(`The feature ${feature.name} needs ${name}, which does not exist`)
      add(needed, [...path, feature.name])
    }
    ordered.push(feature)
  }
  for (const feature of all) add(feature, [])
  return ordered
}
