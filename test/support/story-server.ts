/**
 * The whole server that a story is played on: every feature, the real stream layer, a database in memory. The ways
 * in that are in memory stand on a clock that a story moves, and need no socket; the others are real ports.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SystemClock, type Clock } from '../../src/base/clock.ts'
import { seededEntropy, systemEntropy, type Entropy } from '../../src/base/entropy.ts'
import { silent } from '../../src/base/log.ts'
import { ManualClock } from '../../src/base/manual-clock.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { defaultsOf } from '../../src/base/settings.ts'
import { endOfTick } from '../../src/base/tick.ts'
import type { Subscription } from '../../src/im/subscription.ts'
import type { HttpPort } from '../../src/net/http-port.ts'
import { usualAuthorities } from '../../src/net/certificate-files.ts'
import { Certificates } from '../../src/net/certificates.ts'
import { Admission, type AdmissionLimits } from '../../src/net/listener.ts'
import { selfSigned } from '../../src/net/self-signed.ts'
import { webSettings, type WebSettings } from '../../src/net/settings.ts'
import { inOrderOfNeed } from '../../src/process/assembly.ts'
import { webPort } from '../../src/process/http.ts'
import { SHUTDOWN } from '../../src/server/account/endings.ts'
import type { Feature, Host, Stores } from '../../src/server/feature.ts'
import { loadClearances, type Labelling } from '../../src/server/labelling/labelling.ts'
import { defaultLinkTimes, type LinkTimes } from '../../src/server/links/links.ts'
import { createServer, type Server } from '../../src/server/server.ts'
import {
  limitsSettings,
  presenceSettings,
  rateSettings,
  type LimitsSettings,
  type PresenceSettings,
  type RateSettings,
} from '../../src/server/settings.ts'
import type { FileStore } from '../../src/server/files.ts'
import type { Database } from '../../src/server/database.ts'
import { newEpoch } from '../../src/storage/rosters.ts'
import { openCoreStores } from '../../src/storage/stores.ts'
import { openInMemory } from '../../src/storage/sqlite.ts'
import { boshSettings, type BoshSettings } from '../../src/stream/bosh/settings.ts'
import { ClientService } from '../../src/stream/client-service.ts'
import { LocalRegistrar } from '../../src/stream/registrar.ts'
import { deriveCredentials } from '../../src/sasl/credentials.ts'
import { authenticatorFor } from '../../src/process/authenticator.ts'
import { saslSettings, type SaslSettings } from '../../src/sasl/settings.ts'
import { streamsSettings, type StreamsSettings } from '../../src/stream/settings.ts'
import { features as everyFeature } from '../../src/config/features.ts'
import { jid } from '../../src/xmpp/jid.ts'
import * as v from 'valibot'
import { filesInFolder } from './files-folder.ts'
import { boshDoor, boshInMemory, DOMAIN, memoryDoor, tcpDoor, webSocketDoor, webSocketInMemory, type Door } from './doors.ts'
import type { Link } from './link.ts'

export type Transport =
  | 'memory'
  | 'memory tls'
  | 'tcp'
  | 'starttls'
  | 'direct tls'
  | 'websocket in memory'
  | 'websocket'
  | 'websocket with tls'
  | 'bosh in memory'
  | 'bosh'

/** Whether a client has to start TLS. */
export const startsTls = (transport: Transport): boolean => transport === 'starttls' || transport === 'memory tls'
const WITHOUT_TLS: ReadonlySet<Transport> = new Set([
  'memory',
  'tcp',
  'websocket in memory',
  'websocket',
  'bosh in memory',
  'bosh',
])
const IN_MEMORY: ReadonlySet<Transport> = new Set(['memory', 'memory tls', 'websocket in memory', 'bosh in memory'])

export interface StoryOptions {
  /** `DOMAIN` unless the story is about several servers. */
  readonly domains?: readonly string[]
  readonly presence?: Partial<PresenceSettings>
  readonly linkTimes?: Partial<LinkTimes>
  /** Of several servers that are in memory; one of its own otherwise. */
  readonly clock?: Clock
  /** In memory: what its lots are drawn from; the same for each story otherwise. */
  readonly entropy?: Entropy
  /** Of the server before it was restarted; a new one otherwise. */
  readonly database?: Database
  /** The same of its uploaded files. */
  readonly files?: FileStore
  readonly limits?: Partial<LimitsSettings>
  /** Unlimited unless the story is about it. */
  readonly rate?: Partial<RateSettings>
  /** No policy of security labels unless the story is about it. */
  readonly labelling?: Labelling
  readonly streams?: Partial<StreamsSettings>
  readonly sasl?: Partial<SaslSettings>
  readonly web?: Partial<WebSettings>
  readonly bosh?: Partial<BoshSettings>
  readonly admission?: AdmissionLimits
  /** Features beside those of the catalogue. */
  readonly beside?: readonly Feature[]
  /** By feature, as it would stand in the configuration. */
  readonly settings?: Readonly<Record<string, object>>
}

export { DOMAIN }
export const PASSWORD = 'open sesame'
const SOFTWARE = { name: 'Porchlight', version: '1.2.3', system: 'Linux 6.1', uri: 'https://porchlight.example' }
const NO_RATE = { 'stanzas-per-second': 0, 'bytes-per-second': 0, 'presence-per-10-seconds': 0, 'recipients-per-second': 0 }
/** One round of PBKDF2: a login costs next to nothing. */
const credentials = await deriveCredentials(PASSWORD, 1, seededEntropy('stories'))

/** The same over restarts, as in a data directory. */
const SECRET = seededEntropy('the secret of a server').bytes(32)

interface LoggedLine {
  readonly message: string
}
type OpenDoor = (transport: Transport) => Door | Promise<Door>

export class StoryServer {
  readonly transport: Transport
  readonly server: Server
  readonly host: Host
  readonly clock: Clock
  readonly stores: Stores
  /** Every line of the log, of whatever level. */
  readonly logged: readonly LoggedLine[]
  /** What was logged as an error: a story that passes has none. */
  readonly #errors: object[]
  readonly #service: ClientService
  readonly #open: OpenDoor
  /** The port for browsers and other web clients. */
  readonly web: () => HttpPort
  readonly #doors = new Map<Transport, Door>()

  constructor(
    transport: Transport,
    server: Server,
    service: ClientService,
    open: OpenDoor,
    web: () => HttpPort,
    errors: object[],
    logged: readonly LoggedLine[],
  ) {
    this.logged = logged
    this.transport = transport
    this.server = server
    this.host = server.host
    this.clock = server.host.clock
    this.stores = server.host.stores
    this.#errors = errors
    this.#service = service
    this.#open = open
    this.web = web
  }
  /** Null in memory. */
  get port(): number | null {
    return this.#doors.get(this.transport)!.port
  }
  /** @param transport another than its own: direct TLS beside STARTTLS */
  async connect(transport = this.transport): Promise<Link> {
    const door = this.#doors.get(transport) ?? (await this.open(transport))
    return door.connect()
  }
  /** Before anybody comes that way. */
  async open(transport: Transport): Promise<Door> {
    const door = await this.#open(transport)
    this.#doors.set(transport, door)
    return door
  }
  async account(user: string): Promise<void> {
    await this.stores.accounts.create(bareOf(user), credentials, this.clock.now())
  }
  /** Puts a contact into the roster of an account that is not in memory. */
  async contact(owner: string, contact: string, subscription: Subscription): Promise<void> {
    await this.account(owner)
    const { version } = await this.stores.rosters.load(bareOf(owner))
    const who = jid(bareOf(contact))
    const item = { jid: who, name: '', groups: [], subscription, ask: false, approved: false }
    await this.stores.rosters.save(bareOf(owner), { contact: who, item, pending: null, version: version + 1, pushed: true })
  }
  /** As when the process dies and is started again: of this server nothing is left but its database. */
  async crash(options: StoryOptions): Promise<StoryServer> {
    for (const session of [...this.server.sessions.all()]) this.server.sessions.handOver(session)
    return this.#next(options)
  }
  /** As when the process is told to start again: another server goes on with what this one has kept. */
  async restart(options: StoryOptions, downMs = 0): Promise<StoryServer> {
    await this.retire()
    ;(this.clock as ManualClock).advance(downMs)
    return this.#next(options)
  }
  /**
   * As when the process is told to start again: nobody comes in any more, and what can be kept is written down.
   * @param finish ends the streams of other servers, before that
   */
  async retire(finish = async (): Promise<void> => {}): Promise<void> {
    this.#service.shutDown()
    await this.server.keptSessions.pauseAll()
    await finish()
    await this.server.keptSessions.keepAll()
  }
  async #next(options: StoryOptions): Promise<StoryServer> {
    const { clock, host, stores, transport } = this
    await stores.lastPresence.flush()
    await stores.lastPresence.closeAfterCrash()
    const next = await storyServer(transport, { ...options, clock, database: host.database })
    await next.server.keptSessions.restoreAll()
    next.host.decisions.begin()
    return next
  }
  /** What it has logged as errors. */
  get errors(): readonly object[] {
    return this.#errors
  }
  /** What it has logged as errors: a story that wants some takes them. */
  takeErrors(): readonly object[] {
    return this.#errors.splice(0)
  }
  /** As when the process is told to stop. */
  shutDown(): void {
    this.#service.shutDown()
    for (const session of [...this.server.sessions.all()]) this.server.sessions.end(session, SHUTDOWN)
  }
  async close(): Promise<void> {
    await Promise.all([...this.#doors.values()].map((door) => door.close()))
    await this.stores.lastPresence.flush()
    await this.host.database.close()
  }
}

/** @param user a local part, or an address */
export const bareOf = (user: string): string => (user.includes('@') || user.includes('.') ? user : `${user}@${DOMAIN}`)

export async function storyServer(transport: Transport, options: StoryOptions = {}): Promise<StoryServer> {
  const inMemory = IN_MEMORY.has(transport)
  const clock = inMemory ? (options.clock ?? new ManualClock()) : new SystemClock()
  const seed = `story of ${options.domains?.[0] ?? DOMAIN}${options.database === undefined ? '' : ' again'}`
  const entropy = inMemory ? (options.entropy ?? seededEntropy(seed)) : systemEntropy
  const errors: object[] = []
  const logged: LoggedLine[] = []
  const line = (fields: object, message: string): void => void logged.push({ ...fields, message })
  const log = {
    debug: line,
    info: line,
    warn: line,
    error: (fields: object, message: string) => {
      line(fields, message)
      errors.push({ ...fields, message })
    },
  }
  const database = options.database ?? openInMemory({ clock, endOfTick: inMemory ? queueMicrotask : endOfTick })
  const stores = await openCoreStores(database, { clock, entropy, epoch: newEpoch(entropy), log, gathers: false })
  const contexts = WITHOUT_TLS.has(transport) ? null : await certificates()
  const streams = { ...defaultsOf(streamsSettings), 'require-tls': contexts !== null, 'logins-per-second': 0, ...options.streams }
  const server = createServer({
    domains: options.domains ?? [DOMAIN],
    componentDomains: [],
    linkTimes: { ...defaultLinkTimes, ...options.linkTimes },
    presence: { ...defaultsOf(presenceSettings), rush: 0, ...options.presence },
    limits: { ...defaultsOf(limitsSettings), 'strangers-step': 0, ...options.limits },
    rate: { ...defaultsOf(rateSettings), ...NO_RATE, ...options.rate },
    labelling: options.labelling ?? null,
    registrar: (host) => new LocalRegistrar(host, 4096),
    authenticator: (host) => authenticatorFor(host, { ...defaultsOf(saslSettings), ...options.sasl }, !streams['require-tls']),
    secret: inMemory ? SECRET : entropy.bytes(32),
    software: SOFTWARE,
    metrics: new Metrics(),
    stores,
    database,
    files: options.files ?? filesInFolder(),
    clock,
    entropy,
    log,
  })
  for (const feature of [...inOrderOfNeed(everyFeature), ...(options.beside ?? [])])
    await install(feature, server.host, options.settings?.[feature.name] ?? PATIENT[feature.name] ?? {})
  server.freeze()
  await server.host.decisions.load()
  if (server.host.labels !== null) await loadClearances(server.host.labels, log)
  const admission = new Admission(options.admission ?? { perAddress: 0, perMinute: 0 }, clock)
  const service = new ClientService({
    server,
    streams,
    certificates: contexts,
    askForCertificate: false,
    admission,
    endOfTick: inMemory ? queueMicrotask : endOfTick,
  })
  const bosh = { ...defaultsOf(boshSettings), ...options.bosh }
  const parts = {
    host: server.host as Host,
    clients: service,
    admission,
    streams,
    web: { ...defaultsOf(webSettings), ...options.web },
    bosh,
    endOfTick: inMemory ? queueMicrotask : endOfTick,
  }
  let port: HttpPort | null = null
  const web = (): HttpPort => (port ??= webPort(parts))
  const doors: Readonly<Record<Transport, () => Door | Promise<Door>>> = {
    'memory': () => memoryDoor(service),
    'memory tls': () => memoryDoor(service),
    'tcp': () => tcpDoor(service, false),
    'starttls': () => tcpDoor(service, false),
    'direct tls': () => tcpDoor(service, true),
    'websocket in memory': () => webSocketInMemory(web()),
    'websocket': () => webSocketDoor(web(), null),
    'websocket with tls': () => webSocketDoor(web(), contexts),
    'bosh in memory': () => boshInMemory(web()),
    'bosh': () => boshDoor(web()),
  }
  const story = new StoryServer(transport, server, service, (way) => doors[way](), web, errors, logged)
  await story.open(transport)
  return story
}

/** A story that is about something else need not answer a ping for each minute that it lets pass. */
const PATIENT: Readonly<Record<string, object>> = { ping: { idle: '5 minutes', timeout: '60 seconds' } }

const install = (feature: Feature, host: Host, settings: object): void | Promise<void> =>
  feature.install(host, v.parse(feature.settings, settings))

let made: Promise<Certificates> | null = null

/** One self-signed certificate for all stories of a file. */
function certificates(): Promise<Certificates> {
  return (made ??= (async () => {
    const directory = mkdtempSync(join(tmpdir(), 'stories-'))
    try {
      return await Certificates.load(
        [await selfSigned(directory, [DOMAIN], new SystemClock(), systemEntropy)],
        usualAuthorities,
        silent,
      )
    } finally {
      rmSync(directory, { recursive: true })
    }
  })())
}
