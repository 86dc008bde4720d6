/**
 * Loops over the paths that are used most, without the kernel: from the scanner of the sender to the text for the socket of
 * the receiver, with every extension in place. `bench/micro/fan-out.ts` prints what one pass costs,
 * `bench/against/run.ts` compares two builds by them.
 */
import { memoryServer, type MemoryServer } from '../../test/support/memory-server.ts'
import { SystemClock } from '../../src/base/clock.ts'
import { tickOver } from '../../src/base/tick.ts'
import { Flusher, Outbox } from '../../src/stream/outbox.ts'
import type { Session } from '../../src/server/account/session.ts'
import type { Connection } from '../../src/server/account/connection.ts'
import { packetFrom } from '../../src/stream/packet-from.ts'
import { features } from '../../src/xep/catalogue.ts'
import { el } from '../../src/xml/element.ts'
import { Scanner, type RawElement, type ScanHandler } from '../../src/xml/scanner.ts'
import type { Wire } from '../../src/xml/wire.ts'
import { jid, type Jid } from '../../src/xmpp/jid.ts'
import { capabilities } from '../../test/support/annotations.ts'
import { befriend } from '../provision.ts'
import { login } from './logins.ts'

const SESSIONS = 1000
const CONTACTS = 20
/** Stanzas that are delivered in one round: long enough that a collection of garbage is no event. */
const DELIVERIES = 40_000
/** Stanzas that clients send in one turn of the event loop. */
const IN_A_TURN = 50
const OCCUPANTS = 500
const ROOM = 'hall@conference.example.net'
const MUC = 'http://jabber.org/protocol/muc'
/** Octets that may wait for one client. */
const UNREAD = { clock: new SystemClock(), octets: 1_000_000, patienceMs: 10_000 }
const LIMITS = { stanzaBytes: 262_144, depth: 64, tagBytes: 16_384, attributes: 64 }
const SM = 'urn:xmpp:sm:3'
const QUESTION = "<query xmlns='http://jabber.org/protocol/disco#info'"
const PUBSUB = 'http://jabber.org/protocol/pubsub'
const AVATAR = 'urn:xmpp:avatar:metadata'
/** What everybody's client can do. */
const CAN = capabilities(`${AVATAR}+notify`)
const HEADER =
  "<stream:stream to='example.net' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

let endTurn = (): void => {}
const flusher = new Flusher((run) => void (endTurn = run))
const sink = {
  buffered: 0,
  octets: 0,
  write(text: string, taken?: () => void): void {
    sink.octets += text.length
    taken?.()
  },
}

export interface Loop {
  /** Stanzas that are delivered in one round; or logins. */
  readonly deliveries: number
  round(): Promise<void>
}

/** What stands between a session and its socket; it counts what its client gets. */
class Client implements Connection {
  readonly info = { transport: 'memory', encryption: null, remote: '', mechanism: '' }
  readonly heardAt = 0
  readonly isSilent = false
  stanzas = 0
  isAsked = false
  /** The id of a request for what the client can do (XEP-0115); '' if there was none. */
  question = ''
  readonly #outbox = new Outbox(flusher, sink, UNREAD, {
    crowded() {},
    overflowed() {
      throw new Error('too much waits')
    },
  })

  send(text: Wire): void {
    if (text.startsWith('<r ')) this.isAsked = true
    else if (text.startsWith('<iq') && text.includes(QUESTION)) this.question = / id='([^']+)'/.exec(text)![1]!
    else if (!text.startsWith('<enabled')) this.stanzas += 1
    this.#outbox.push(text)
  }
  get hasRoom(): boolean {
    return this.#outbox.hasRoom
  }
  isBeyond(part: number): boolean {
    return this.#outbox.isBeyond(part)
  }
  whenTaken(): Promise<boolean> {
    return this.#outbox.whenTaken()
  }
  close(): void {}
  hold(): void {}
  resume(): void {}
}

/** A session, and the scanner that reads the octets of its client. */
class Sender implements ScanHandler {
  readonly client = new Client()
  readonly session: Session
  readonly #server: MemoryServer
  readonly #scanner = new Scanner(this, LIMITS)
  readonly #isOurs = (): boolean => true

  constructor(server: MemoryServer, bare: string) {
    this.#server = server
    const wanted = { resource: 'bench', lang: null, connection: this.client, device: null }
    this.session = server.host.sessions.bind(server.host.accounts.get(bare)!, wanted)
    this.says(HEADER)
  }
  says(text: string): void {
    this.#scanner.push(Buffer.from(text))
  }
  header(): void {}
  footer(): void {}
  element(raw: RawElement): void {
    this.#server.server.receive(this.session, packetFrom(raw, this.session, this.#isOurs).packet)
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

async function online(isManaged: boolean, isArchived = false): Promise<readonly Sender[]> {
  // Clients in rooms may say as much as they like: the clock stands still
  const settings = { 'multi-user-chat': { messages: 10_000 }, 'message-archive': { enabled: isArchived } }
  const server = await memoryServer({ features, settings })
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
async function turn(senders: readonly Sender[], stanza: (n: number) => string): Promise<void> {
  for (let i = 0; i < IN_A_TURN; i++) {
    said += 1
    senders[said % SESSIONS]!.says(stanza(said))
  }
  await undefined // who is to be asked for an acknowledgement is asked
  for (const sender of senders) sender.acknowledge()
  endTurn()
}

/** @param receivers of one stanza */
async function loop(isManaged: boolean, receivers: number, stanza: (n: number) => string): Promise<Loop> {
  const senders = await online(isManaged)
  const turns = Math.ceil(DELIVERIES / receivers / IN_A_TURN)
  return {
    deliveries: turns * IN_A_TURN * receivers,
    async round() {
      for (let done = 0; done < turns; done++) await turn(senders, stanza)
    },
  }
}

/** Messages that are in the archives of both before they are delivered. */
async function archived(): Promise<Loop> {
  const senders = await online(false, true)
  const received = (): number => senders.reduce((sum, { client }) => sum + client.stanzas, 0)
  const turns = DELIVERIES / IN_A_TURN / 10
  return {
    deliveries: turns * IN_A_TURN,
    async round() {
      const before = received()
      for (let done = 0; done < turns; done++) {
        await turn(senders, note)
        for (let wait = 0; wait < 3; wait++) await tickOver()
        endTurn()
      }
      if (received() - before !== turns * IN_A_TURN) throw new Error('Not every message was delivered')
    },
  }
}

/** What is said in a room reaches all who are in it, also the client that says it. */
async function groupchat(): Promise<Loop> {
  const occupants = (await online(false)).slice(0, OCCUPANTS)
  const done = async (): Promise<void> => {
    await tickOver()
    endTurn()
  }
  for (const [i, occupant] of occupants.entries()) {
    occupant.says(`<presence to='${ROOM}/nick${i}'><x xmlns='${MUC}'/></presence>`)
    if (i === 0) {
      await done()
      const form = "<x xmlns='jabber:x:data' type='submit'><field var='muc#roomconfig_maxusers'><value>none</value></field></x>"
      occupant.says(`<iq type='set' id='u' to='${ROOM}'><query xmlns='${MUC}#owner'>${form}</query></iq>`)
    }
    // Who is there comes in pieces, as fast as the client reads
    for (let piece = 0; piece < 8; piece++) await done()
  }
  const messages = DELIVERIES / OCCUPANTS
  return {
    deliveries: DELIVERIES,
    async round() {
      for (let i = 0; i < messages; i++) {
        said += 1
        occupants[said % OCCUPANTS]!.says(
          `<message type='groupchat' to='${ROOM}' id='g${said}'><body>Is it ${said}?</body></message>`,
        )
        await done()
      }
    },
  }
}

/** @returns a user whom all the others see, and whose avatars their clients want to hear of */
async function star(): Promise<Sender> {
  const server = await memoryServer({ features, settings: { 'personal-eventing': { publications: 100_000 } } })
  const addresses = Array.from({ length: SESSIONS }, (_, i) => jid(`user${i}@example.net`))
  await Promise.all(addresses.map(({ bare }) => server.account(bare)))
  const [owner, ...contacts] = addresses as [Jid, ...Jid[]]
  const { rosters } = server.stores
  const both = { name: '', groups: [], subscription: 'both', ask: false, approved: false } as const
  const know = async ({ bare }: Jid, contact: Jid): Promise<void> => {
    const version = (await rosters.load(bare)).version + 1
    await rosters.save(bare, { contact, item: { jid: contact, ...both }, pending: null, version, pushed: true })
  }
  for (const one of contacts) {
    await know(owner, one)
    await know(one, owner)
  }
  await Promise.all(addresses.map(({ bare }) => server.host.accounts.load(bare)))
  const senders = addresses.map(({ bare }) => new Sender(server, bare))
  for (const sender of senders) {
    sender.says(`<presence>${CAN.c}</presence>`)
    await tickOver()
    const { question } = sender.client
    if (question !== '') sender.says(`<iq type='result' id='${question}' to='example.net'>${CAN.query}</iq>`)
  }
  return senders[0]!
}
/** @param stanza of the user whom all see, which reaches everybody */
async function toAll(stanza: (n: number) => string): Promise<Loop> {
  const owner = await star()
  const times = DELIVERIES / SESSIONS
  return {
    deliveries: DELIVERIES,
    async round() {
      const before = sink.octets
      for (let i = 0; i < times; i++) {
        said += 1
        owner.says(stanza(said))
        for (let turn = 0; turn < 3; turn++) await tickOver()
        endTurn()
      }
      if (sink.octets - before < DELIVERIES * 100) throw new Error('Not everybody was told')
    },
  }
}
const hash = (n: number): string => n.toString(16).padStart(40, '0')
const availability = (n: number): string => `<presence>${CAN.c}<status>gone for lunch ${n}</status></presence>`
const avatar = (n: number): string =>
  `<iq type='set' id='p${n}'><pubsub xmlns='${PUBSUB}'><publish node='${AVATAR}'><item id='${hash(n)}'><metadata xmlns='${AVATAR}'><info bytes='4096' id='${hash(n)}' type='image/png'/></metadata></item></publish></pubsub></iq>`

const away = (n: number): string => `<presence><show>away</show><status>gone for lunch ${n}</status></presence>`
const prioritized = (n: number): string => `<presence><priority>5</priority><status>at lunch ${n}</status></presence>`
const note = (n: number): string =>
  `<message type='chat' id='m${n}' to='user${(n * 7) % SESSIONS}@example.net/bench'><body>Are you there? ${n}</body></message>`

/** Each broadcast reaches the sender too. */
export const loops: Readonly<Record<string, () => Promise<Loop>>> = {
  'presence': () => loop(false, CONTACTS + 1, away),
  'presence, XEP-0198': () => loop(true, CONTACTS + 1, away),
  'presence with priority': () => loop(false, CONTACTS + 1, prioritized),
  'message': () => loop(false, 1, note),
  'message, archived': archived,
  'groupchat': groupchat,
  'presence to 1000': () => toAll(availability),
  'avatar to 1000': () => toAll(avatar),
  'login': login,
}
