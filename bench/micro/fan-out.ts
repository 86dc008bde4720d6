/**
 * What a delivered presence costs without the kernel: nanoseconds of one core and octets of new objects, from the
 * scanner of its sender to the text for the socket of its receiver, with every extension in place. The fastest of the
 * rounds counts, so that it can be repeated on a busy machine. `node bench/micro/fan-out.ts`
 */
import v8 from 'node:v8'
import { memoryServer, type MemoryServer } from '../../test/support/memory-server.ts'
import { Flusher, Outbox } from '../../src/server/outbox.ts'
import type { Connection, Session } from '../../src/server/session.ts'
import { packetFrom } from '../../src/stream/packet-from.ts'
import { features } from '../../src/xep/catalogue.ts'
import { el } from '../../src/xml/element.ts'
import { Scanner, type RawElement, type ScanHandler } from '../../src/xml/scanner.ts'
import type { Wire } from '../../src/xml/wire.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { befriend } from '../provision.ts'

const SESSIONS = 1000
const CONTACTS = 20
const ROUNDS = 15
/** Changes of presence in a round, and in one turn of the event loop. */
const CHANGES = 2000
const IN_A_TURN = 50
/** Octets that may wait for one client. */
const QUEUE_MAX = 1_000_000
const LIMITS = { stanzaBytes: 262_144, depth: 64, tagBytes: 16_384, attributes: 64 }
const SM = 'urn:xmpp:sm:3'
const HEADER =
  "<stream:stream to='example.net' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

let endTurn = (): void => {}
const flusher = new Flusher((run) => void (endTurn = run))
const sink = { buffered: 0, octets: 0, write: (text: string) => void (sink.octets += text.length) }

/** What stands between a session and its socket; it counts what its client gets. */
class Client implements Connection {
  readonly info = { transport: 'memory', encryption: null, remote: '', mechanism: '' }
  readonly heardAt = 0
  stanzas = 0
  isAsked = false
  readonly #outbox = new Outbox(flusher, sink, QUEUE_MAX, () => {
    throw new Error('too much waits')
  })

  send(text: Wire): void {
    if (text.startsWith('<r ')) this.isAsked = true
    else if (!text.startsWith('<enabled')) this.stanzas += 1
    this.#outbox.push(text)
  }
  close(): void {}
  hold(): void {}
  resume(): void {}
}

/** A session and what reads the octets of its client. */
class Sender implements ScanHandler {
  readonly client = new Client()
  readonly session: Session
  readonly #server: MemoryServer
  readonly #scanner = new Scanner(this, LIMITS)

  constructor(server: MemoryServer, bare: string) {
    this.#server = server
    this.session = server.host.sessions.bind(server.host.accounts.get(bare)!, 'bench', null, this.client)
    this.says(HEADER)
  }
  says(text: string): void {
    this.#scanner.push(Buffer.from(text))
  }
  header(): void {}
  footer(): void {}
  element(raw: RawElement): void {
    this.#server.server.receive(this.session, packetFrom(raw, this.session).packet!)
  }
  nonza(name: string, attrs: Record<string, string> = {}): void {
    this.#server.server.receive(this.session, el(name, SM, attrs))
  }
  acknowledge(): void {
    if (!this.client.isAsked) return
    this.client.isAsked = false
    this.nonza('a', { h: String(this.client.stanzas) })
  }
}

async function online(isManaged: boolean): Promise<readonly Sender[]> {
  const server = await memoryServer({ features })
  const addresses = Array.from({ length: SESSIONS }, (_, i) => jid(`user${i}@example.net`))
  await Promise.all(addresses.map(({ bare }) => server.account(bare)))
  await befriend(server.stores.rosters, addresses, CONTACTS)
  await Promise.all(addresses.map(({ bare }) => server.host.accounts.load(bare)))
  const senders = addresses.map(({ bare }) => new Sender(server, bare))
  for (const sender of senders) {
    if (isManaged) sender.nonza('enable', { resume: 'true' })
    sender.says('<presence/>')
  }
  return senders
}

let said = 0
async function turn(senders: readonly Sender[]): Promise<void> {
  for (let i = 0; i < IN_A_TURN; i++) {
    said += 1
    senders[said % SESSIONS]!.says(`<presence><show>away</show><status>gone for lunch ${said}</status></presence>`)
  }
  await undefined // who is to be asked for an acknowledgement is asked
  for (const sender of senders) sender.acknowledge()
  endTurn()
}

async function measure(what: string, isManaged: boolean): Promise<void> {
  const senders = await online(isManaged)
  const allocated = (): number => v8.getHeapStatistics().total_allocated_bytes
  const deliveries = CHANGES * (CONTACTS + 1) // to the sender as well
  let [time, space] = [Infinity, Infinity]
  for (let round = 0; round < ROUNDS; round++) {
    const [cpu, before] = [process.cpuUsage(), allocated()]
    for (let done = 0; done < CHANGES; done += IN_A_TURN) await turn(senders)
    time = Math.min(time, (process.cpuUsage(cpu).user * 1000) / deliveries)
    space = Math.min(space, (allocated() - before) / deliveries)
  }
  console.log(what.padEnd(24), `${time.toFixed(0).padStart(5)} ns`, `${space.toFixed(0).padStart(5)} octets`)
}

await measure('presence', false)
await measure('with stream management', true)
