/**
 * Two whole servers, a.example and b.example, that talk over real sockets, on one clock that a story moves. What DNS
 * would say stands in a zone, and each trusts the certificates that it is told to.
 *
 *     federation('T-P01: ...', async (realm) => {
 *       const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../src/base/manual-clock.ts'
import type { Subscription } from '../../src/im/subscription.ts'
import { PeerWire } from './peer-wire.ts'
import { certificatesFor, openSite, Zone, type Between, type Shows, type Site, type SiteOptions } from './site.ts'
import { StoryClient } from './story-client.ts'
import { PASSWORD, type ClientOptions } from './story.ts'
import { WireClient } from './wire-client.ts'
import type { Xml } from './xml-reader.ts'

export const A = 'a.example'
export const B = 'b.example'

export interface RealmOptions {
  readonly a?: SiteOptions
  readonly b?: SiteOptions
  /** 'memory' unless the story says otherwise. */
  readonly between?: Between
  /** TLS from the first octet, as XEP-0368 has it; between sockets only. */
  readonly directTls?: boolean
}

/** Turns of the event loop in which whatever was begun in memory comes to its end, a TLS handshake included. */
const TURNS = 60
/** Rounds of "everything that is under way gets there, and what that brings about as well". */
const FENCE_ROUNDS = 3
/** What is waited for is there soon in a test that passes. */
const PATIENCE_MS = 3000

export class Realm {
  readonly a: Site
  readonly b: Site
  readonly zone: Zone
  readonly clock: ManualClock
  /** Whether what is sent gets across: if not, nobody waits for it. */
  isTogether = true
  readonly #clients: StoryClient[] = []
  readonly #wires: WireClient[] = []
  readonly #atEnd: (() => Promise<void>)[] = []

  constructor(a: Site, b: Site, zone: Zone, clock: ManualClock) {
    this.a = a
    this.b = b
    this.zone = zone
    this.clock = clock
  }
  site(address: string): Site {
    const domain = address.replace(/\/.*/, '').replace(/^.*@/, '')
    return this.b.host.domains.includes(domain) ? this.b : this.a
  }
  /** Each of `pairs`: whose roster, which contact, how they stand. Before any of them logs in. */
  async rosters(...pairs: readonly (readonly [owner: string, contact: string, Subscription])[]): Promise<void> {
    for (const [owner, contact, subscription] of pairs) await this.site(owner).story.contact(owner, contact, subscription)
  }
  /** @param full such as 'alice@a.example/1' */
  async client(full: string, options: ClientOptions = {}): Promise<StoryClient> {
    const { roster = true, presence = '<presence/>' } = options
    const [bare, resource] = full.split('/') as [string, string]
    const [user, domain] = bare.split('@') as [string, string]
    const { story } = this.site(full)
    await story.account(bare)
    const wire = new WireClient(await story.connect(), domain)
    this.#wires.push(wire)
    const client = new StoryClient(wire, await wire.login(user, PASSWORD, resource, options))
    this.#clients.push(client)
    if (roster) client.send(`<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>`)
    if (presence !== null) client.send(presence)
    await this.forget()
    return client
  }
  async clients<const N extends readonly string[]>(...names: N): Promise<{ -readonly [K in keyof N]: StoryClient }> {
    const all: StoryClient[] = []
    for (const name of names) all.push(await this.client(name))
    return all as { -readonly [K in keyof N]: StoryClient }
  }
  /** Clients of users each of whom sees each other. */
  async friends<const N extends readonly string[]>(...names: N): Promise<{ -readonly [K in keyof N]: StoryClient }> {
    const users = names.map((name) => name.split('/')[0]!)
    for (const one of users) for (const other of users) if (one !== other) await this.site(one).story.contact(one, other, 'both')
    return this.clients(...names)
  }
  /** Until nothing is under way, here or between the two. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((next) => void setImmediate(next))
    for (let round = 0; round < FENCE_ROUNDS; round++) {
      const open = this.#clients.filter((c) => c.isOpen)
      const across = (c: StoryClient): readonly string[] => (this.isTogether ? [A, B] : [this.site(c.jid).domain])
      await Promise.all(
        open.map(async (c) => {
          for (const domain of across(c)) await c.fence(`nobody-at-all@${domain}`)
        }),
      )
    }
  }
  /** What has come so far, nobody remembers. */
  async forget(): Promise<void> {
    await this.settle()
    for (const client of this.#clients) client.take()
  }
  /** The client of that full JID. */
  known(jid: string): StoryClient {
    return this.#clients.find((c) => c.jid === jid)!
  }
  /** Until it is so. @throws Error when it does not come to be */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const since = performance.now()
    while (!isSo()) {
      assert(performance.now() - since < PATIENCE_MS, `it did not come to be: ${what}`)
      await new Promise<void>((next) => void setImmediate(next))
    }
  }
  /** Lets time pass, in steps in which sockets have their turn. Nobody's client is silent for so long that he is pinged. */
  async pass(span: number, step = 1000): Promise<void> {
    for (let rest = span; rest > 0; rest -= step) {
      this.clock.advance(Math.min(rest, step))
      await this.settle()
    }
  }
  /** Nobody has received anything but what the story has said so far. */
  async expectNothing(): Promise<void> {
    await this.settle()
    const extra = this.#clients.flatMap((c) => c.take().map((xml) => `${c.jid}: ${xml.show()}`))
    assert.deepEqual(extra, [], 'received beside what was expected')
    for (const { story } of [this.a, this.b]) assert.deepEqual(story.errors, [], 'a server has logged errors')
  }
  /** A connection to the port for servers, as another server. */
  async wire(to: Site): Promise<PeerWire> {
    const wire = new PeerWire(await to.connect(), to.domain)
    this.#wires.push(wire)
    return wire
  }
  /** The same, on which a domain that is no site's has proved itself by certificate. @returns with the features after that */
  async proved(to: Site, from: string, shows: Shows = 'its own'): Promise<readonly [wire: PeerWire, features: Xml]> {
    const { chainFile, keyFile } = (await certificatesFor([from], shows)).source
    const wire = await this.wire(to)
    return [wire, await wire.proved(from, { certificateFile: chainFile, keyFile })]
  }
  /** What the story itself has started is ended with it. */
  atEnd(end: () => Promise<void>): void {
    this.#atEnd.push(end)
  }
  async end(): Promise<void> {
    for (const end of this.#atEnd) await end()
    for (const wire of this.#wires) wire.link.drop()
    await Promise.all([this.a.close(), this.b.close()])
  }
}

/** One test; at its end nobody has received anything that it did not mention. */
export function federation(
  name: string,
  options: RealmOptions | ((realm: Realm) => Promise<void>),
  script?: (realm: Realm) => Promise<void>,
): void {
  const [setting, play] = typeof options === 'function' ? [{}, options] : [options, script!]
  test(name, async () => {
    const realm = await openRealm(setting)
    try {
      await play(realm)
      await realm.expectNothing()
    } finally {
      await realm.end()
    }
  })
}

export async function openRealm(options: RealmOptions): Promise<Realm> {
  const zone = new Zone()
  const clock = new ManualClock(Date.now())
  const { directTls = false, between = directTls ? 'tcp' : 'memory' } = options
  const open = async (domain: string, site: SiteOptions = {}): Promise<Site> => {
    const opened = await openSite(domain, site, { zone, clock, between })
    await opened.listen(directTls)
    for (const one of [domain, ...(site.otherDomains ?? [])]) zone.services.set(one, { port: opened.port, directTls })
    return opened
  }
  const [a, b] = await Promise.all([open(A, options.a), open(B, options.b)])
  return new Realm(a, b, zone, clock)
}
