/**
 * A running server: from its configuration to open ports, and from the order to stop to the last write.
 *
 * Stopping: no new connections; every stream ends with system-shutdown (RFC 6120 4.9.3.19), so that clients know that
 * they should reconnect and contacts learn who has left; then the database is closed. All this takes a limited time.
 */
import { ControlServer } from '../admin/control-server.ts'
import { announceCommand } from '../admin/announcing.ts'
import { CommandError, commandsOf } from '../admin/command.ts'
import type { Health } from '../admin/monitoring.ts'
import { Troubles } from '../admin/operator/troubles.ts'
import { explainCommand } from '../admin/explain-commands.ts'
import { explainRoomCommand } from '../admin/explain-room.ts'
import { linkCommands } from '../admin/link-commands.ts'
import { stopCommands } from '../admin/planned-stop.ts'
import { recorded, type Orders } from '../admin/orders.ts'
import {
  boundDevices,
  domainStatus,
  linksStatus,
  onlineAccounts,
  pausedSessions,
  roomsStatus,
  statusCommand,
  type Status,
} from '../admin/status-commands.ts'
import type { Clock, Millis } from '../base/clock.ts'
import { inTime } from '../base/in-time.ts'
import { inPortions } from '../base/portions.ts'
import { endOfTick, tickOver } from '../base/tick.ts'
import { textOf } from '../net/address.ts'
import type { Certificates } from '../net/certificates.ts'
import { Admission } from '../net/listener.ts'
import { announce } from '../server/account/announcement.ts'
import { SHUTDOWN } from '../server/account/endings.ts'
import type { Host } from '../server/feature.ts'
import type { Subscriptions } from '../server/contacts/subscriptions.ts'
import { ClientService } from '../stream/client-service.ts'
import { ComponentService } from '../stream/component-service.ts'
import { matrixOf } from '../matrix/index.ts'
import { proxyOf } from '../xep/0065-bytestreams/index.ts'
import { administrationOf } from '../xep/0133-service-administration/index.ts'
import { uploadsOf } from '../xep/0363-http-upload/index.ts'
import { Board } from './board.ts'
import { assemble, type Assembly, type Runtime } from './assembly.ts'
import { openFederation } from './federation.ts'
import { ConfigError } from '../config/problem.ts'
import { storedCommands } from './commands.ts'
import { keepHouse } from './housekeeping.ts'
import { monitoringNames, openPorts, type OpenPort } from './ports.ts'
import { mendRosters } from './roster-mending.ts'
import type { Setup } from './setup.ts'
import { StandBy } from './standby.ts'
import { openCertificates } from './tls.ts'

export interface Running {
  readonly ports: readonly OpenPort[]
  readonly certificates: Certificates
  readonly host: Host
  readonly subscriptions: Subscriptions
  /** Resolves when the operator wants the server to restart. */
  readonly restart: Promise<void>
  /** Resolves when the operator has ordered that the server stops. */
  readonly shutdown: Promise<void>
  /** Resolves, with the reason, if the server cannot go on: another one has taken its database. */
  readonly mustEnd: Promise<Error>
  /** Stops the server. Resolves when everything is closed, or after `STOP_MS`. @param how whether sessions are kept */
  stop(how?: 'for good' | 'to start again'): Promise<void>
  /**
   * For one that must end: another server may serve already, so whatever this one said to clients, or to their contacts, could be
   * wrong. Only the operator's commands in progress are answered. Resolves soon; then the process has to end.
   */
  abandon(): Promise<void>
}

/** What the operator is told about the process. */
export interface About {
  readonly runtime: string
  readonly pid: number
  memory(): number
  /**
   * Checks whether the server could restart with the configuration as it is now.
   * @param held addresses at which the server listens, which will be free then
   * @throws ConfigError with the mistakes that prevent it
   */
  inspect(held: readonly string[]): Promise<void>
  /** Called when the server begins to stand by. */
  standingBy(): void
  /** Aborted when a server that stands by is to stop. */
  readonly enough: AbortSignal
}

const CERTIFICATES_MS: Millis = 60_000
/** How long a stop waits for clients and components to close their side, and how long it takes at most. */
const CLIENTS_MS: Millis = 5000
const STOP_MS: Millis = 20_000
/** How long the operator's commands in progress may take until they are answered. */
const COMMANDS_MS: Millis = 2000
/** How long the database may take for an answer about the health of the server. */
const ANSWER_MS: Millis = 5000
/** Sessions that are ended in one turn of the event loop. */
const ENDED_AT_ONCE = 500

/** @throws ControlError, StorageError, CertificateError, PortError: each message says what to do */
export async function startServer(setup: Setup, given: Runtime, about: About): Promise<Running> {
  const troubles = new Troubles(given.log, given.clock)
  const runtime: Runtime = { ...given, log: troubles }
  const { log } = runtime
  const control = await ControlServer.listen(setup.control, log)
  let assembly: Assembly | null = null
  const standby = new StandBy({ setup, runtime, about, control })
  try {
    const waiting = { standingBy: (place: string) => standby.begin(place), enough: about.enough }
    assembly = await assemble(setup, { ...runtime, waiting })
    await standby.end()
    const hasCrashed = await assembly.stores.lastPresence.hasCrashed()
    const left = await assembly.stores.lastPresence.closeAfterCrash()
    if (left > 0)
      log.warn(
        { accounts: left },
        'The server was not stopped properly; accounts that were online are marked as last seen at its last heartbeat',
      )
    const paused = await assembly.server.keptSessions.restoreAll()
    if (paused > 0) log.info({ sessions: paused }, 'Sessions from before the restart wait for their clients')
    const certificates = await openCertificates(setup, runtime, assembly.shared)
    return await start({
      setup,
      runtime: { ...runtime, clock: assembly.clock },
      plainClock: runtime.clock,
      about,
      control,
      assembly,
      certificates,
      troubles,
      hasCrashed,
    })
  } catch (error) {
    await standby.end()
    await control.close()
    await assembly?.close()
    throw error
  }
}

interface Parts {
  readonly setup: Setup
  /** Timers of its clock fire only while the server may serve. */
  readonly runtime: Runtime
  /** Its timers always fire: for what has to end in any case. */
  readonly plainClock: Clock
  readonly about: About
  readonly control: ControlServer
  readonly assembly: Assembly
  readonly certificates: Certificates
  readonly troubles: Troubles
  /** The server did not stop properly the last time. */
  readonly hasCrashed: boolean
}

async function start(parts: Parts): Promise<Running> {
  const { setup, runtime, plainClock, control, assembly, certificates } = parts
  const { config, dataDirectory } = setup
  const { clock, log } = runtime
  const { server, stores, metrics } = assembly
  const state = { stopping: false }
  let orders: Orders | null = null
  const admission = new Admission(
    { perAddress: config.streams['connections-per-address'], perMinute: config.streams['connections-per-minute'] },
    clock,
  )
  measure(parts, admission)
  for (const domain of server.host.domains) server.host.authenticator.oldAccounts.policy(domain) // the log tells of old keys at once
  const clients = new ClientService({
    server,
    certificates,
    admission,
    endOfTick,
    streams: config.streams,
    askForCertificate: config.tls['client-authorities'] !== '',
  })
  const components =
    config.component.length === 0
      ? null
      : new ComponentService({
          host: server.host,
          all: config.component,
          streams: config.streams,
          queuedStanzas: config.limits['queued-stanzas'],
          admission,
          endOfTick,
        })
  const servers = openFederation(setup, { host: server.host, bars: server.domainLists, certificates, admission })
  const board = new Board(server.host, parts.troubles)
  const http = () => import('./http.ts')
  const uploads = uploadsOf(server.host)
  const ports = await openPorts(config.listen, {
    clients,
    servers,
    components,
    proxy: proxyOf(server.host),
    admission,
    certificates,
    web: async () => {
      const { web, bosh, streams } = config
      if (web.board) await board.install(() => orders?.browser ?? commandsOf())
      const isApart = config.listen.files.length > 0
      const parts = { host: server.host, clients, admission, web, bosh, streams, endOfTick }
      return (await http()).webPort(parts, isApart ? null : uploads)
    },
    uploads,
    files: async () => (await http()).filesPort({ host: server.host, admission, web: config.web }, uploads!),
    monitoring: async () =>
      (await http()).monitoringPort({ metrics, health: () => health(parts, state), names: monitoringNames(config) }, clock, log),
  })
  const startedAt = clock.now()
  const ends = { restart: Promise.withResolvers<void>(), shutdown: Promise.withResolvers<void>() }
  const commands = commandsOf(
    ...storedCommands(assembly, config, servers === null ? null : () => servers.federation.enforce()),
    ...board.commands(ports, config.admin.page),
    explainCommand(server.host),
    explainRoomCommand(server.host, assembly.rooms),
    ...linkCommands(server.host, servers === null ? null : (link) => servers.federation.force(link)),
    announceCommand(server.host),
    ...stopCommands({
      clock,
      log,
      mayRestart: () => refuseRestart(parts, ports),
      // after the client of the command has its answer
      restart: () => endOfTick(ends.restart.resolve),
      shutDown: () => endOfTick(ends.shutdown.resolve),
      announce: (text) => announce(server.sessions, text, null),
    }),
    statusCommand(() => status(parts, { ports, components, startedAt })),
  )
  orders = recorded(commands, log, metrics)
  control.begin(orders.socket)
  administrationOf(server.host).claim(orders)
  void assembly.databaseTaken.then((error) => log.error({ err: error }, 'The server must end: nothing can be stored any more'))
  const timers = [keepHouse({ stores, clock, log }), certificates.watch(clock, CERTIFICATES_MS), server.checkpoints.start()]
  if (parts.hasCrashed) timers.push(mendRosters({ audit: server.rosterAudit, domains: server.host.domains, clock, log }))
  log.info(
    { listening: ports.map((p) => `${p.what} ${textOf(p.address)}`), data: config.server.fresh ? 'in memory' : dataDirectory },
    'started',
  )
  const failed = (error: unknown): void => log.error({ err: error }, 'Connections to other servers could not be opened')
  servers?.federation.reunite().catch(failed)
  server.host.decisions.begin()
  server.groups.finish().catch((error: unknown) => log.error({ err: error }, 'A change of a group could not be finished'))

  const stop = async (how: 'for good' | 'to start again'): Promise<void> => {
    state.stopping = true
    for (const timer of timers) timer.cancel()
    board.close()
    matrixOf(server.host)?.waits.stop()
    const closed = Promise.all(ports.map((port) => port.close()))
    clients.shutDown()
    if (how === 'for good') await endSessions(parts)
    else await server.keptSessions.pauseAll()
    await components?.close()
    await servers?.federation.finish()
    // No more stanzas arrive or leave, so the sessions are kept in their present state.
    await (how === 'to start again' ? keepSessions(parts) : server.keptSessions.keepNothing())
    if (await inTime(plainClock, CLIENTS_MS, Promise.all([closed, server.host.router.whenIdle()])))
      stores.lastPresence.rest(clock.now())
    await answerCommands()
    await control.close()
    await assembly.close()
  }
  const answerCommands = (): Promise<unknown> => inTime(plainClock, COMMANDS_MS, control.finish())
  const stopIn = async (how: 'for good' | 'to start again'): Promise<void> => {
    if (!(await inTime(plainClock, STOP_MS, stop(how)))) log.warn({}, 'Stopping took too long; exiting at once')
  }
  let stopped: Promise<void> | null = null
  return {
    ports,
    certificates,
    host: server.host,
    subscriptions: server.subscriptions,
    restart: ends.restart.promise,
    shutdown: ends.shutdown.promise,
    mustEnd: assembly.databaseTaken,
    stop: (how = 'for good') => (stopped ??= stopIn(how)),
    abandon: async () => void (await answerCommands()),
  }
}

/** Refuses to stop a server that could not start again with its configuration. @throws CommandError */
async function refuseRestart({ setup, about }: Parts, ports: readonly OpenPort[]): Promise<void> {
  if (setup.config.server.fresh)
    throw new CommandError(
      'The configuration ([server] fresh) makes this server keep nothing over a restart. Stop it and start it.',
    )
  try {
    await about.inspect(ports.map(({ address }) => textOf(address)))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandError(`The server keeps running, because it could not start again:\n${error.message}`)
  }
}

function measure({ assembly: { metrics, server, stores }, certificates }: Parts, admission: Admission): void {
  metrics.gauge('porchlight_accounts_online', 'Accounts with an available resource', () => onlineAccounts(server))
  metrics.gauge('porchlight_accounts_with_old_keys', 'Accounts that keep stronger mechanisms from being offered', () =>
    server.host.domains.reduce((sum, domain) => sum + stores.accounts.lacking(domain).accounts, 0),
  )
  metrics.gauge(
    'porchlight_connections_refused',
    'Connections that were closed at once because their address had too many',
    () => admission.refused,
  )
  metrics.gauge(
    'porchlight_certificate_expiry_timestamp_seconds',
    'When the first of the certificates expires',
    () => certificates.expiresAt / 1000,
  )
}

async function endSessions({ assembly: { server }, runtime: { log } }: Parts): Promise<void> {
  const all = [...server.sessions.all()]
  log.info({ sessions: all.length }, 'Stopping')
  server.host.tell('server-stopping', { sessions: all.length })
  await inPortions(all, ENDED_AT_ONCE, tickOver, (some) => some.forEach((session) => server.sessions.end(session, SHUTDOWN)))
}

async function keepSessions({ assembly: { server }, runtime: { log } }: Parts): Promise<void> {
  log.info({ kept: await server.keptSessions.keepAll() }, 'Restarting')
}

async function health({ assembly, plainClock }: Parts, state: { readonly stopping: boolean }): Promise<Health> {
  const { server, stores } = assembly
  const sessions = server.sessions.size
  if (state.stopping) return { status: 'stopping', sessions }
  try {
    if (!(await inTime(plainClock, ANSWER_MS, stores.accounts.count('')))) throw new Error('the database does not answer')
    const trouble = assembly.storageTrouble()
    if (trouble !== null) throw trouble
    return { status: 'ok', sessions }
  } catch (error) {
    return { status: 'database-unavailable', sessions, reason: (error as Error).message }
  }
}

/** The parts that the start has made. */
interface Started {
  readonly ports: readonly OpenPort[]
  readonly components: ComponentService | null
  readonly startedAt: Millis
}

async function status(
  { setup, about, runtime, assembly, certificates }: Parts,
  { ports, components, startedAt }: Started,
): Promise<Status> {
  const { server, stores } = assembly
  const { domains } = server.host
  return {
    version: runtime.software.version,
    runtime: about.runtime,
    pid: about.pid,
    startedAt,
    uptimeMs: runtime.clock.now() - startedAt,
    configFile: setup.configFile,
    dataDirectory: setup.dataDirectory,
    inMemory: setup.config.server.fresh,
    domains: await Promise.all(domains.map((domain) => domainStatus(stores.accounts, domain))),
    listening: ports.map((p) => ({ what: p.what, address: textOf(p.address) })),
    components: components?.states() ?? [],
    links: linksStatus(server.host),
    rooms: await roomsStatus(assembly.rooms),
    sessions: server.sessions.size,
    paused: pausedSessions(server),
    devices: boundDevices(server),
    online: onlineAccounts(server),
    memoryBytes: about.memory(),
    certificates: certificates.all.map((c) => ({ file: c.source.chainFile, expiresAt: c.expiresAt, sha256: c.fingerprint })),
  }
}
