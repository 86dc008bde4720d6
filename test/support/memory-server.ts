/**
 * A whole server in memory for tests: the real machine room and the real features on a clock that stands
 * still, with clients that hold what they were sent. No socket and no stream: sessions are bound directly.
 *
 *     const server = await memoryServer({ features: [ping] })
 *     const romeo = await server.bind('romeo@example.net', 'orchard')
 *     const answer = await romeo.ask("<iq type='get' id='1' to='example.net'><ping xmlns='urn:xmpp:ping'/></iq>")
 */
import assert from 'node:assert/strict'
import * as v from 'valibot'
import { seededEntropy } from '../../src/base/entropy.ts'
import { silent } from '../../src/base/log.ts'
import { ManualClock } from '../../src/base/manual-clock.ts'
import { Metrics } from '../../src/base/metrics.ts'
import type { Subscription } from '../../src/im/subscription.ts'
import type { Ending } from '../../src/server/account/endings.ts'
import type { Feature, Host, Stores } from '../../src/server/feature.ts'
import type { Labelling } from '../../src/server/labelling/labelling.ts'
import { defaultLinkTimes, type LinkTimes } from '../../src/server/links/links.ts'
import { createServer, type Server } from '../../src/server/server.ts'
import type { Session } from '../../src/server/account/session.ts'
import type { Connection } from '../../src/server/account/connection.ts'
import {
  limitsSettings,
  presenceSettings,
  rateSettings,
  type LimitsSettings,
  type PresenceSettings,
  type RateSettings,
} from '../../src/server/settings.ts'
import type { StreamInfo } from '../../src/server/streams/stream-features.ts'
import { openCoreStores } from '../../src/storage/stores.ts'
import { openInMemory } from '../../src/storage/sqlite.ts'
import { LocalRegistrar } from '../../src/stream/registrar.ts'
import { authenticatorFor } from '../../src/process/authenticator.ts'
import { saslSettings, type SaslSettings } from '../../src/sasl/settings.ts'
import { filesInFolder } from './files-folder.ts'
import { parseElement } from '../../src/xml/parse.ts'
import type { Element } from '../../src/xml/element.ts'
import { decode, encode, escape, type Wire } from '../../src/xml/wire.ts'
import type { Credentials } from '../../src/xmpp/credentials.ts'
import { jid, type Jid } from '../../src/xmpp/jid.ts'
import { CLIENT } from '../../src/xmpp/ns.ts'
import { Packet, Payload, type Kind } from '../../src/xmpp/packet.ts'

export interface MemoryOptions {
  /** Installed in this order, which must suit what they need. */
  readonly features?: readonly Feature[]
  /** By feature, as it would stand in the configuration: `{ ping: { idle: '1 minute' } }`. */
  readonly settings?: Readonly<Record<string, object>>
  readonly domains?: readonly string[]
  readonly limits?: Partial<LimitsSettings>
  /** No rush unless asked for: the clock stands still. */
  readonly presence?: Partial<PresenceSettings>
  readonly linkTimes?: Partial<LinkTimes>
  /** None unless asked for: the clock stands still. */
  readonly rate?: Partial<RateSettings>
  readonly sasl?: Partial<SaslSettings>
  /** No policy unless asked for. */
  readonly labelling?: Labelling
}

const NO_RATE = { 'stanzas-per-second': 0, 'bytes-per-second': 0, 'presence-per-10-seconds': 0, 'recipients-per-second': 0 }

/** A client's stream as offers and requests without a session see it. */
export const STREAM: StreamInfo = { domain: 'example.net', confidential: true, address: '192.0.2.1', bindings: [], session: null }

export const SOFTWARE = { name: 'Porchlight', version: '1.2.3', system: 'Linux 6.1', uri: 'https://porchlight.example' }

/** Keys that no password proves. */
const KEYS = { iterations: 4096, salt: '', storedKey: '', serverKey: '' }
const CREDENTIALS: Credentials = { 'sha-1': KEYS, 'sha-256': KEYS, 'sha-512': KEYS }

/** Until nothing is under way: the stores answer in microtasks, so one turn of the loop is enough. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** A server with `features`, started. */
export async function memoryServer(options: MemoryOptions = {}): Promise<MemoryServer> {
  const { features = [], settings = {}, domains = ['example.net'] } = options
  const clock = new ManualClock()
  const errors: unknown[] = []
  const database = openInMemory({ clock, endOfTick: queueMicrotask })
  const log = { ...silent, error: (fields: object) => void errors.push(fields) }
  const entropy = seededEntropy('memory-server')
  const stores = await openCoreStores(database, { clock, entropy, epoch: 'e1', log, gathers: false })
  const limits = { ...v.parse(limitsSettings, {}), 'strangers-step': 0, ...options.limits }
  const rate: RateSettings = { ...v.parse(rateSettings, {}), ...NO_RATE, ...options.rate }
  const server = createServer({
    software: SOFTWARE,
    domains,
    componentDomains: [],
    stores,
    database,
    files: filesInFolder(),
    registrar: (host) => new LocalRegistrar(host, 1),
    authenticator: (host) => authenticatorFor(host, { ...v.parse(saslSettings, {}), ...options.sasl }, true),
    linkTimes: { ...defaultLinkTimes, ...options.linkTimes },
    presence: { ...v.parse(presenceSettings, {}), rush: 0, ...options.presence },
    secret: entropy.bytes(32),
    limits,
    rate,
    labelling: options.labelling ?? null,
    clock,
    entropy,
    log,
    metrics: new Metrics(),
  })
  const installed = new Set<string>()
  for (const feature of features) {
    for (const name of feature.needs ?? []) assert(installed.has(name), `"${feature.name}" needs "${name}"`)
    await feature.install(server.host, v.parse(feature.settings, settings[feature.name] ?? {}))
    installed.add(feature.name)
  }
  server.freeze()
  return new MemoryServer(server, clock, stores, errors)
}

export class MemoryServer {
  readonly server: Server
  readonly host: Host
  readonly clock: ManualClock
  readonly stores: Stores
  /** What was logged as an error. A test that expects none may say so. */
  readonly errors: unknown[]

  constructor(server: Server, clock: ManualClock, stores: Stores, errors: unknown[]) {
    this.server = server
    this.host = server.host
    this.clock = clock
    this.stores = stores
    this.errors = errors
  }
  /** Makes an account. One that is there already is left as it is. */
  async account(bare: string): Promise<void> {
    await this.stores.accounts.create(bare, CREDENTIALS, this.clock.now())
  }
  /** Puts a contact into the roster of an account without sessions. */
  async contact(owner: string, contact: string, subscription: Subscription): Promise<void> {
    assert.equal(this.host.accounts.get(owner), undefined, 'contacts come before sessions')
    await this.account(owner)
    const { version } = await this.stores.rosters.load(owner)
    const who = jid(contact)
    const item = { jid: who, name: '', groups: [], subscription, ask: false, approved: false }
    await this.stores.rosters.save(owner, { contact: who, item, pending: null, version: version + 1, pushed: true })
  }
  /** Each sees the other's presence. */
  async friends(one: string, other: string): Promise<void> {
    await this.contact(one, other, 'both')
    await this.contact(other, one, 'both')
  }
  /** A session of the account, which is made if need be. It is not available yet. */
  async bind(bare: string, resource: string): Promise<Client> {
    await this.account(bare)
    const account = await this.host.accounts.load(bare)
    const connection = new FakeConnection(this.clock)
    const session = this.host.sessions.bind(account!, { resource, lang: null, connection, device: null })
    return new Client(session, connection, (item) => this.server.receive(session, item))
  }
  /** A domain that is elsewhere: it records what arrives there and can send. */
  remote(domain: string): Remote {
    const remote = new Remote((packet) => void this.host.router.route(packet))
    this.host.router.claim(domain, 'component', { deliver: (packet) => void remote.arrived.push(packet.wire) })
    return remote
  }
  /** Lets time pass and waits for what follows from it. */
  async advance(span: number): Promise<void> {
    this.clock.advance(span)
    await settled()
  }
}

/** What was written, for somebody to look at once. */
class Arrivals {
  readonly arrived: Wire[] = []

  /** What has arrived since this was last called. */
  sent(): Element[] {
    return this.arrived.splice(0).map((text) => parseElement(text, CLIENT))
  }
  /** The same as text. */
  texts(): string[] {
    return this.arrived.splice(0).map(decode)
  }
  /** Takes the answer to the IQ of that id out of what has arrived. */
  answer(id: string): Element {
    const isAnswer = (e: Element): boolean =>
      e.name === 'iq' && e.attr('id') === id && (e.attr('type') === 'result' || e.attr('type') === 'error')
    const all = this.arrived.map((text) => parseElement(text, CLIENT))
    const at = all.findIndex(isAnswer)
    assert(at >= 0, `the IQ "${id}" was not answered`)
    this.arrived.splice(at, 1)
    return all[at]!
  }
}

class FakeConnection extends Arrivals implements Connection {
  readonly info = { transport: 'memory', encryption: 'TLSv1.3', remote: '192.0.2.1:50000', mechanism: 'SCRAM-SHA-256' }
  readonly #clock: ManualClock
  heardAt: number
  isSilent = false
  ending: Ending | null = null
  isHeld = false

  constructor(clock: ManualClock) {
    super()
    this.#clock = clock
    this.heardAt = clock.now()
  }
  heard(): void {
    this.heardAt = this.#clock.now()
  }
  send(text: Wire): void {
    this.arrived.push(text)
  }
  readonly hasRoom = true
  isBeyond(): boolean {
    return false
  }
  whenTaken(): Promise<boolean> {
    return Promise.resolve(true)
  }
  close(ending: Ending): void {
    this.ending = ending
  }
  hold(): void {
    this.isHeld = true
  }
  resume(): void {
    this.isHeld = false
  }
}

/** A client with one session. */
export class Client {
  readonly session: Session
  readonly jid: Jid
  readonly #connection: FakeConnection
  readonly #hand: (item: Packet | Element) => void

  constructor(session: Session, connection: FakeConnection, hand: (item: Packet | Element) => void) {
    this.session = session
    this.jid = session.jid
    this.#connection = connection
    this.#hand = hand
  }
  /** Sends a stanza or another first-level element and waits for what follows from it. */
  async send(xml: string): Promise<void> {
    const element = parseElement(encode(xml), CLIENT)
    this.#connection.heard()
    this.#hand(packetOf(element, this.jid) ?? element)
    await settled()
  }
  /** Octets arrive from the client that are no stanza: white space. */
  hear(): void {
    this.#connection.heard()
  }
  /** Sends an IQ and gives back its answer, a result or an error. */
  async ask(xml: string): Promise<Element> {
    await this.send(xml)
    return this.#connection.answer(parseElement(encode(xml), CLIENT).attr('id')!)
  }
  /** What the client was sent since this was last called. */
  sent(): Element[] {
    return this.#connection.sent()
  }
  /** The same as text. */
  texts(): string[] {
    return this.#connection.texts()
  }
  /** Does the server read nothing from it for now? */
  get isHeld(): boolean {
    return this.#connection.isHeld
  }
  /** How the session ended; null: it has not. */
  get ending(): Ending | null {
    return this.#connection.ending
  }
}

/** Users of another server. */
export class Remote extends Arrivals {
  readonly #route: (packet: Packet) => void

  constructor(route: (packet: Packet) => void) {
    super()
    this.#route = route
  }
  /** Sends a stanza; its `from` and `to` are taken as they are. */
  async send(xml: string): Promise<void> {
    const element = parseElement(encode(xml), CLIENT)
    this.#route(packetOf(element, jid(element.attr('from')!))!)
    await settled()
  }
  /** Sends an IQ and gives back its answer, a result or an error. */
  async ask(xml: string): Promise<Element> {
    await this.send(xml)
    return this.answer(parseElement(encode(xml), CLIENT).attr('id')!)
  }
}

const isKind = (name: string): name is Kind => name === 'message' || name === 'presence' || name === 'iq'

/** Null for what is no stanza. */
function packetOf(element: Element, from: Jid): Packet | null {
  if (element.ns !== CLIENT || !isKind(element.name)) return null
  const to = element.attr('to')
  const id = element.attr('id')
  return Packet.of({
    kind: element.name,
    type: element.attr('type') ?? '',
    from,
    to: to === undefined ? null : jid(to),
    id: id === undefined ? null : escape(id),
    payload: Payload.of(...element.elements),
  })
}
