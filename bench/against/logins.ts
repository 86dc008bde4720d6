/**
 * Logins without the kernel: from the header of the client to a bound session with its roster and the presence of its
 * contacts. A round logs everybody in and out again.
 */
import { memoryServer } from '../../test/support/memory-server.ts'
import { SystemClock } from '../../src/base/clock.ts'
import { defaultsOf } from '../../src/base/settings.ts'
import { Admission } from '../../src/net/listener.ts'
import { LOGOUT } from '../../src/server/account/endings.ts'
import type { Carrier, ClientHandler, OpenOptions } from '../../src/stream/carrier.ts'
import { ClientService } from '../../src/stream/client-service.ts'
import { features, forClient, open } from '../../src/stream/framing.ts'
import { Flusher, Outbox } from '../../src/stream/outbox.ts'
import { streamsSettings } from '../../src/stream/settings.ts'
import { features as everyFeature } from '../../src/xep/catalogue.ts'
import type { Element } from '../../src/xml/element.ts'
import { Scanner, type ScanLimits } from '../../src/xml/scanner.ts'
import type { Wire } from '../../src/xml/wire.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { befriend } from '../provision.ts'

const CLIENTS = 200
const CONTACTS = 20
const DOMAIN = 'example.net'
const PASSWORD = 'a password'
const UNREAD = { clock: new SystemClock(), octets: 1_000_000, patienceMs: 10_000 }
const LIMITS = { stanzaBytes: 10_000, depth: 64, tagBytes: 10_000, attributes: 64 }
const HEADER = `<stream:stream to='${DOMAIN}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`
const ROSTER = "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>"
const BIND = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>"

/** What carries one stream, without a socket: what it writes goes to `written`. */
class MemoryCarrier implements Carrier {
  readonly name = 'memory'
  readonly address = '192.0.2.1'
  readonly port = 1
  readonly encrypted = false
  readonly confidential = false
  readonly tls = null
  readonly bindable = false
  readonly startTls = null
  readonly #outbox: Outbox
  readonly #scanner: Scanner
  #held: string[] | null = null

  constructor(handler: ClientHandler, flusher: Flusher, written: (text: string) => void) {
    this.#scanner = new Scanner(handler, LIMITS)
    this.#outbox = new Outbox(flusher, { buffered: 0, write: written }, UNREAD, handler)
  }
  read(text: string): void {
    if (this.#held === null) this.#scanner.push(Buffer.from(text))
    else this.#held.push(text)
  }
  open(options: OpenOptions): void {
    this.send(open(options, forClient))
  }
  features(offers: readonly Element[]): void {
    this.send(features(offers))
  }
  send(text: Wire): void {
    this.#outbox.push(text)
  }
  get hasRoom(): boolean {
    return this.#outbox.hasRoom
  }
  isBeyond(part: number): boolean {
    return this.#outbox.isBeyond(part)
  }
  whenTaken(): Promise<boolean> {
    return Promise.resolve(true)
  }
  close(): void {
    this.#outbox.finish()
  }
  destroy(): void {}
  restart(): void {
    this.#scanner.reset()
  }
  limit(limits: ScanLimits): void {
    this.#scanner.limits = limits
  }
  hold(): void {
    this.#held ??= []
  }
  resume(): void {
    const held = this.#held
    this.#held = null
    for (const text of held ?? []) this.read(text)
  }
}

export async function login(): Promise<{ readonly deliveries: number; round(): Promise<void> }> {
  const server = await memoryServer({ features: everyFeature, sasl: { 'plain': true, 'plain-without-tls': true } })
  const addresses = Array.from({ length: CLIENTS }, (_, i) => jid(`user${i}@${DOMAIN}`))
  for (const address of addresses) await server.host.registrar.create(address, PASSWORD)
  await befriend(server.stores.rosters, addresses, CONTACTS)
  const streams = { ...defaultsOf(streamsSettings), 'require-tls': false, 'logins-per-second': 0 }
  const endOfTick = (run: () => void): void => void setImmediate(run)
  const clients = new ClientService({
    server: server.server,
    streams,
    certificates: null,
    askForCertificate: false,
    admission: new Admission({ perAddress: 0, perMinute: 0 }, server.clock),
    endOfTick,
  })
  const flusher = new Flusher(endOfTick)

  /** Resolves when the client has its roster. */
  function enter(name: string): Promise<void> {
    const done = Promise.withResolvers<void>()
    const initial = Buffer.from(`\0${name}\0${PASSWORD}`).toString('base64')
    const says = [
      `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${initial}</auth>`,
      HEADER,
      BIND,
      `${ROSTER}<presence><show>away</show></presence>`,
    ]
    /** What shows that the server has answered. */
    const marks = ['</stream:features>', '<success', '</stream:features>', "id='b'", "id='r'"]
    let step = 0
    let carrier: MemoryCarrier | null = null
    clients.begin((handler) => {
      carrier = new MemoryCarrier(handler, flusher, (text) => {
        if (step >= marks.length || !text.includes(marks[step]!)) return
        const next = says[step]
        step += 1
        if (next === undefined) return done.resolve()
        queueMicrotask(() => carrier!.read(next))
      })
      return carrier
    })
    carrier!.read(HEADER)
    return done.promise
  }
  return {
    deliveries: CLIENTS,
    async round() {
      await Promise.all(addresses.map(({ local }) => enter(local)))
      for (const session of [...server.host.sessions.all()]) server.host.sessions.end(session, LOGOUT)
      await new Promise((next) => setImmediate(next))
      server.clock.advance(60_000) // timers of those streams
    },
  }
}
