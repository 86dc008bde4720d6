/**
 * Assembles the server from its configuration: database, stores, the parts in `server/`, features. It opens no
 * port. `porchlight user add` without a running server uses it too, so that everything that an extension
 * does when an account is created or deleted happens there as well.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlockReports } from '../admin/block-report-commands.ts'
import type { Outages } from '../admin/outage-commands.ts'
import type { Clock } from '../base/clock.ts'
import { GatedClock, type Gate } from '../base/gate.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { servedNodesOf, type ServedNodes } from '../xep/0060-publish-subscribe/index.ts'
import type { ServedRooms } from '../rooms/rooms.ts'
import type { Session } from '../server/account/session.ts'
import type { Feature, Software, Stores } from '../server/feature.ts'
import type { AccountStore } from '../server/ports.ts'
import { keepLastSeen } from '../server/contacts/last-seen.ts'
import { loadClearances } from '../server/labelling/labelling.ts'
import { createServer, type Server } from '../server/server.ts'
import type { Database } from '../server/database.ts'
import { FileFolder } from '../storage/file-folder.ts'
import { newEpoch } from '../storage/rosters.ts'
import type { Member } from '../storage/postgres-members.ts'
import { openInMemory, openSqlite } from '../storage/sqlite.ts'
import { SharedTexts } from '../storage/shared-texts.ts'
import { openCoreStores } from '../storage/stores.ts'
import { LocalRegistrar } from '../stream/registrar.ts'
import { linkTimes } from '../stream/s2s/settings.ts'
import { roomsOf } from '../xep/0045-multi-user-chat/index.ts'
import { portingOf, type Porting } from '../xep/0163-personal-eventing/index.ts'
import { clientStatesOf } from '../xep/0352-client-state-indication/index.ts'
import { reportsOf } from '../xep/0377-block-reports/index.ts'
import { outagesOf } from '../xep/0455-outage-status/index.ts'
import { invitationsOf, type Invitations } from '../xep/0401-invitations/index.ts'
import type { LabelSettings } from '../xep/0258-security-labels/index.ts'
import { features } from '../config/features.ts'
import { prepareDomain } from '../xmpp/jid.ts'
import { authenticatorFor } from './authenticator.ts'
import { directoryIdentity, serverSecret } from './server-secret.ts'
import type { Setup } from './setup.ts'

export interface Runtime {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly software: Software
  /** Puts another account store in front of the database's own. */
  readonly accounts?: (own: AccountStore) => AccountStore
  /** The database is used for one command, by the command line. */
  readonly isCommand?: true
  /** How a server stands by that finds another one on its database. */
  readonly waiting?: Waiting
}

export interface Waiting {
  /** Told, with the place of the server that serves, when this one begins to stand by. */
  standingBy(place: string): void
  /** Aborted when the server is to wait no longer. */
  readonly enough: AbortSignal
}

export interface Assembly {
  readonly server: Server
  readonly stores: Stores
  readonly metrics: Metrics
  /** Its timers fire only while the server may serve. */
  readonly clock: Clock
  /** What the servers on one database share; null if no other one can use it. */
  readonly shared: SharedTexts | null
  /** Null if this server has none. */
  readonly rooms: ServedRooms | null
  /** Null: it has no service with nodes. */
  readonly nodes: ServedNodes | null
  /** The nodes of accounts that come from other servers or go there. */
  readonly porting: Porting
  readonly invitations: Invitations
  readonly blockReports: BlockReports
  readonly outages: Outages
  /** Has the client of the session said that its user does not look at it (XEP-0352)? */
  readonly isInactive: (session: Session) => boolean
  /** Why the last write to the database failed; null if it succeeded. */
  storageTrouble(): Error | null
  /** Resolves, with the reason, if another server has taken the database. */
  readonly databaseTaken: Promise<Error>
  /** Writes what is still to be written, and closes the database. */
  close(): Promise<void>
}

/** The name of the database in the data directory. */
export const DATABASE_FILE = 'porchlight.db'

/** The folder of uploaded files. */
export const filesFolder = ({ config, dataDirectory }: Placed): string => config.storage.files || join(dataDirectory, 'files')

/** @throws StorageError if the database cannot be used */
export async function assemble({ config, labelPolicy, dataDirectory }: Setup, runtime: Runtime): Promise<Assembly> {
  const { entropy, log, software } = runtime
  const { database, gate } = await openDatabase({ config, dataDirectory }, runtime)
  const clock = gate === null ? runtime.clock : new GatedClock(runtime.clock, gate)
  const folder = config.server.fresh ? await mkdtemp(join(tmpdir(), 'porchlight-files-')) : filesFolder({ config, dataDirectory })
  const forget = async (): Promise<void> => {
    if (config.server.fresh) await rm(folder, { recursive: true, force: true })
  }
  try {
    const shared = config.server.fresh || config.storage.url === '' ? null : await SharedTexts.open(database)
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
      labelling:
        labelPolicy === null ? null : { policy: labelPolicy, settings: config.features['security-labels'] as LabelSettings },
      registrar: (host) => new LocalRegistrar(host, config.sasl.iterations),
      authenticator: (host) => authenticatorFor(host, config.sasl, !config.streams['require-tls']),
      secret: config.server.fresh ? entropy.bytes(32) : await serverSecret(dataDirectory, shared, entropy),
      software,
      stores,
      database,
      files: new FileFolder(folder),
      clock,
      entropy,
      log,
      metrics,
    })
    keepLastSeen(server.host)
    for (const feature of inOrderOfNeed(features)) await feature.install(server.host, config.features[feature.name])
    server.freeze()
    await server.host.decisions.load()
    await server.groups.load()
    await server.domainLists.load()
    if (server.host.labels !== null) await loadClearances(server.host.labels, log)
    const close = async (): Promise<void> => {
      await stores.lastPresence.flush()
      await database.close()
      await forget()
    }
    return {
      server,
      stores,
      metrics,
      clock,
      shared,
      rooms: roomsOf(server.host),
      nodes: servedNodesOf(server.host),
      porting: portingOf(server.host),
      invitations: invitationsOf(server.host),
      blockReports: reportsOf(server.host),
      outages: outagesOf(server.host),
      isInactive: (session) => clientStatesOf(server.host).isInactive(session),
      storageTrouble: () => database.trouble,
      databaseTaken: database.taken,
      close,
    }
  } catch (error) {
    await database.close()
    await forget()
    throw error
  }
}

/** @throws StorageError */
async function openDatabase(
  placed: Placed,
  runtime: Runtime,
): Promise<{ readonly database: Database; readonly gate: Gate | null }> {
  const { config, dataDirectory } = placed
  const { clock, entropy } = runtime
  if (config.server.fresh) return { database: openInMemory({ clock }), gate: null }
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
  const { url, password } = config.storage
  if (url === '') return { database: await openSqlite(join(dataDirectory, DATABASE_FILE), { clock }), gate: null }
  // Loaded by those who use it: it takes its share of memory
  const { openPostgres } = await import('../storage/postgres.ts')
  const run = entropy.bytes(12).toString('base64url')
  const database = await openPostgres({ url, password, clock, run, member: await memberOf(placed, runtime), ...runtime.waiting })
  return { database, gate: database.gate }
}
/** Who this process is for others on the same database. */
async function memberOf({ config, dataDirectory }: Placed, { isCommand, entropy }: Runtime): Promise<Member> {
  const identity = await directoryIdentity(dataDirectory, entropy)
  const place = `on ${hostname()}, data in ${dataDirectory}`
  if (isCommand) return { identity: `${identity} command`, place: `a command ${place}`, role: 'command' }
  return { identity, place, role: config.storage.standby ? 'stand-by' : 'alone' }
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
