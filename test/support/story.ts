/**
 * Stories: who sends what, who receives what, on a whole server. One script runs on several transports, in memory
 * and over sockets. When a script ends, nobody has received anything that it did not mention.
 *
 *     story('T-P09: a connection that breaks', async (cast) => {
 *       const [alice, bob] = await cast.friends('alice/1', 'bob/1')
 *       alice.drop()
 *       await bob.expect(`<presence type='unavailable' from='${alice.jid}'/>`)
 *     })
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../src/base/manual-clock.ts'
import type { Subscription } from '../../src/im/subscription.ts'
import { parseElement } from '../../src/xml/parse.ts'
import { encode, escape } from '../../src/xml/wire.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { CLIENT } from '../../src/xmpp/ns.ts'
import { Packet, Payload, type Kind } from '../../src/xmpp/packet.ts'
import type { Link } from './link.ts'
import {
  bareOf,
  DOMAIN,
  PASSWORD,
  startsTls,
  storyServer,
  type StoryOptions,
  type StoryServer,
  type Transport,
} from './story-server.ts'
import { StoryClient } from './story-client.ts'
import { WireClient, type OpenOptions } from './wire-client.ts'

export { bareOf, DOMAIN, PASSWORD, type Transport }

export interface ClientOptions extends OpenOptions {
  /** Whether it asks for its roster, which makes it interested. */
  readonly roster?: boolean
  /** Its initial presence; null: it is connected and not available. */
  readonly presence?: string | null
  /** The way in, where it is another than the story's. */
  readonly by?: Transport
}

/** One step of a story may bring about a second and that a third, each in a lane of its own. */
const FENCE_ROUNDS = 3
const HEARTBEAT_MS = 60_000

export class Cast {
  readonly server: StoryServer
  readonly #clients: StoryClient[] = []
  readonly #wires: WireClient[] = []
  readonly #endings: (() => Promise<void>)[] = []

  constructor(server: StoryServer) {
    this.server = server
  }
  /** What the story has opened beside its clients is closed with them. */
  atEnd(close: () => Promise<void>): void {
    this.#endings.push(close)
  }
  get transport(): Transport {
    return this.server.transport
  }
  /** Each of `pairs`: whose roster, which contact, how they stand. Before any of them logs in. */
  async rosters(...pairs: readonly (readonly [owner: string, contact: string, Subscription])[]): Promise<void> {
    for (const [owner, contact, subscription] of pairs) await this.server.contact(owner, contact, subscription)
  }
  /** A connection without a stream. */
  async wire(transport = this.transport): Promise<WireClient> {
    return this.wireOn(await this.server.connect(transport))
  }
  wireOn(link: Link, domain = DOMAIN): WireClient {
    const wire = new WireClient(link, domain)
    this.#wires.push(wire)
    return wire
  }
  /** A connection on which the mechanisms have been offered: inside TLS where the transport has it. */
  async secured(transport = this.transport): Promise<WireClient> {
    const wire = await this.wire(transport)
    await wire.open()
    await wire.features()
    if (!startsTls(transport)) return wire
    await wire.startTls()
    await wire.open()
    await wire.features()
    return wire
  }
  /** One on which `user` has authenticated and not bound a resource. */
  async authenticated(user: string, transport = this.transport): Promise<WireClient> {
    await this.server.account(user)
    const wire = await this.secured(transport)
    assert.equal((await wire.authenticate(user, PASSWORD)).name, 'success')
    await wire.open()
    await wire.features()
    return wire
  }
  /**
   * A client of `user` (made if there is none) that has done what a client does first; nobody remembers that.
   * @param user a local part, or a bare address at another of the server's domains
   */
  async client(user: string, resource: string | null, options: ClientOptions = {}): Promise<StoryClient> {
    const { roster = true, presence = '<presence/>', by = this.transport } = options
    await this.server.account(user)
    const [local, domain] = bareOf(user).split('@') as [string, string]
    const wire = this.wireOn(await this.server.connect(by), domain)
    const jid = await wire.login(local, PASSWORD, resource, { ...options, startTls: startsTls(by) })
    const client = new StoryClient(wire, jid)
    this.#clients.push(client)
    if (roster) client.send(`<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>`)
    if (presence !== null) client.send(presence)
    await this.forget()
    return client
  }
  /** Clients given as 'user/resource', with their defaults. */
  async clients<const N extends readonly string[]>(...names: N): Promise<{ -readonly [K in keyof N]: StoryClient }> {
    const all: StoryClient[] = []
    for (const name of names) all.push(await this.client(...split(name)))
    return all as { -readonly [K in keyof N]: StoryClient }
  }
  /** Clients of users each of whom sees each other. */
  async friends<const N extends readonly string[]>(...names: N): Promise<{ -readonly [K in keyof N]: StoryClient }> {
    await this.befriend(...new Set(names.map((name) => split(name)[0])))
    return this.clients(...names)
  }
  /** Users each of whom sees each other; before any of them logs in. */
  async befriend(...users: readonly string[]): Promise<void> {
    for (const one of users) for (const other of users) if (one !== other) await this.server.contact(one, other, 'both')
  }
  /** A client that has come to its session in a way of its own. */
  adopt(wire: WireClient, jid: string): StoryClient {
    const client = new StoryClient(wire, jid)
    this.#clients.push(client)
    return client
  }
  /** The client of that full JID. */
  known(jid: string): StoryClient {
    return this.#clients.find((c) => c.jid === jid)!
  }
  /** A stanza of somebody on another server, as it comes in there: its addresses are taken as they are. */
  async fromElsewhere(xml: string): Promise<void> {
    await this.server.host.router.route(packetOf(xml))
  }
  /** The network is gone. */
  cut(): void {
    for (const client of this.#clients) if (client.isOpen) client.drop()
  }
  /** Until nothing is under way any more. */
  async settle(): Promise<void> {
    for (let round = 0; round < FENCE_ROUNDS; round++) {
      await Promise.all(this.#clients.filter((c) => c.isOpen).map((c) => c.fence()))
    }
  }
  /** What has come so far, nobody remembers. */
  async forget(): Promise<void> {
    await this.settle()
    for (const client of this.#clients) client.take()
  }
  /** Nobody has received anything but what the story has said so far. */
  async expectNothing(): Promise<void> {
    await this.settle()
    const extra = this.#clients.flatMap((c) => c.take().map((xml) => `${c.jid}: ${xml.show()}`))
    assert.deepEqual(extra, [], 'received beside what was expected')
    assert.deepEqual(this.server.errors, [], 'the server has logged errors')
  }
  /** Lets time pass, on a clock that stands still otherwise. Meanwhile nobody is silent for so long that he is pinged. */
  async advance(span: number): Promise<void> {
    await this.settle()
    for (let rest = span; rest > 0; rest -= HEARTBEAT_MS) {
      this.pass(Math.min(rest, HEARTBEAT_MS))
      await this.settle()
    }
  }
  /** The same while nobody says anything: for stories in which somebody may have to wait for his turn. */
  pass(span: number): void {
    const { clock } = this.server
    assert(clock instanceof ManualClock, 'only in memory can time be moved')
    clock.advance(span)
  }
  async end(): Promise<void> {
    for (const wire of this.#wires) wire.link.drop()
    for (const close of this.#endings) await close()
    await this.server.close()
  }
}

/** 'alice/1' as user and resource. */
const split = (name: string): [user: string, resource: string] => {
  const slash = name.indexOf('/')
  return [name.slice(0, slash), name.slice(slash + 1)]
}

/** @param xml with `from` and `to` */
export function packetOf(xml: string): Packet {
  const element = parseElement(encode(xml), CLIENT)
  const { type = '', from, to, id } = element.attrs
  return Packet.of({
    kind: element.name as Kind,
    type,
    from: jid(from!),
    to: jid(to!),
    id: id === undefined ? null : escape(id),
    payload: Payload.of(...element.elements),
  })
}

type Script = (cast: Cast) => Promise<void>

export interface Setting extends StoryOptions {
  /** Those of `storyOn` unless the story says otherwise. */
  readonly on?: readonly Transport[]
}

interface Tell {
  (name: string, script: Script): void
  (name: string, setting: Setting, script: Script): void
}

/** One test for each transport. */
export const storyOn =
  (...usual: readonly Transport[]): Tell =>
  (name: string, setting: Setting | Script, script?: Script): void => {
    const options = typeof setting === 'function' ? {} : setting
    const play = typeof setting === 'function' ? setting : script!
    for (const transport of options.on ?? usual) {
      test(`${name} (${transport})`, async () => {
        const cast = new Cast(await storyServer(transport, options))
        try {
          await play(cast)
          await cast.expectNothing()
        } finally {
          await cast.end()
        }
      })
    }
  }

export const story = storyOn('memory', 'tcp')
