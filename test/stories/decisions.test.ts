/**
 * What a user decides about a contact on another server while the two cannot reach each other is on disk until it is heard
 * there: over a restart and over a crash of their server, with a real database file.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { jid } from '../../src/xmpp/jid.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'
import { openSite, type Site, type SiteOptions } from '../support/site.ts'
import { rosterSet } from '../support/stanzas.ts'
import { PASSWORD } from '../support/story.ts'
import { StoryClient } from '../support/story-client.ts'
import { A, federation, type Realm } from '../support/two-servers.ts'
import { WireClient } from '../support/wire-client.ts'

const ALICE = 'alice@a.example'
const DAVE = 'dave@b.example'
const COUNTED: SiteOptions = { federation: { 'stream-management': true } }
const UNCOUNTED: SiteOptions = { trusts: false, federation: { trust: 'allow-dialback' } }

const directory = await mkdtemp(join(tmpdir(), 'decisions-'))
after(() => rm(directory, { recursive: true, force: true }))
let files = 0

/** Server A as its users see it, over its lives. */
class Alices {
  readonly #realm: Realm
  readonly #options: SiteOptions
  readonly #file: string
  #site: Site | null = null

  constructor(realm: Realm, options: SiteOptions) {
    this.#realm = realm
    this.#options = options
    this.#file = join(directory, `${(files += 1)}.db`)
  }
  get site(): Site {
    return this.#site!
  }
  async start(): Promise<void> {
    const { zone, clock } = this.#realm
    const database = await openSqlite(this.#file, { clock })
    this.#site = await openSite(A, { ...this.#options, database }, { zone, clock, between: 'memory' })
    await this.#site.listen()
    zone.services.set(A, { port: this.#site.port, directTls: false })
    this.#site.host.decisions.begin()
  }
  /** Nothing is left but the file. */
  async kill(): Promise<void> {
    await this.#site?.close()
    this.#site = null
  }
  /** Those that nobody has heard, as they are on disk. */
  async unheard(): Promise<readonly string[]> {
    const all = await this.site.host.stores.decisions.all()
    return all.map(({ packet: { type, from, to } }) => `${type} ${from.full} > ${to!.full}`)
  }
  async login(): Promise<StoryClient> {
    const wire = new WireClient(await this.site.story.connect(), A)
    const client = new StoryClient(wire, await wire.login('alice', PASSWORD, '1'))
    client.send(`<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>`, '<presence/>')
    return client
  }
}

const turns = async (count = 150): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((next) => void setImmediate(next))
}
const presence = (type: string): string => `<presence type='${type}' to='${DAVE}'/>`

interface Case {
  readonly name: string
  readonly before: readonly [alices: 'both' | 'none' | 'to' | 'from', daves: 'both' | 'none' | 'to' | 'from']
  /** Dave has asked already. */
  readonly isAsked?: boolean
  decide(alice: StoryClient, site: Site): void | Promise<void>
  /** What Dave's server has in its roster in the end. */
  readonly after: string
  /** What Dave's client has been told, once. */
  readonly told: readonly string[]
}
const gone = `unavailable ${ALICE}/1`

const CASES: readonly Case[] = [
  {
    name: '3.2 unsubscribed',
    before: ['both', 'both'],
    decide: (alice) => alice.send(presence('unsubscribed')),
    after: 'from',
    told: [gone, `unsubscribed ${ALICE}`],
  },
  {
    name: '3.3 unsubscribe',
    before: ['both', 'both'],
    decide: (alice) => alice.send(presence('unsubscribe')),
    after: 'to',
    told: [`unsubscribe ${ALICE}`],
  },
  {
    name: '2.5 the removal of an item',
    before: ['both', 'both'],
    decide: (alice) => alice.send(rosterSet('r', `<item jid='${DAVE}' subscription='remove'/>`)),
    after: 'none',
    told: [gone, `unsubscribe ${ALICE}`, `unsubscribed ${ALICE}`],
  },
  {
    name: '3.1 subscribe',
    before: ['none', 'none'],
    decide: (alice) => alice.send(`<presence type='subscribe' to='${DAVE}'><status>me</status></presence>`),
    after: 'none asked',
    told: [`subscribe ${ALICE}`],
  },
  {
    name: '3.1.5 subscribed',
    before: ['none', 'none'],
    isAsked: true,
    decide: (alice) => alice.send(presence('subscribed')),
    after: 'to',
    told: [`subscribed ${ALICE}`],
  },
  {
    name: 'XEP-0077 3.2, the end of an account',
    before: ['both', 'both'],
    decide: async (_, site) => void (await site.host.registrar.delete(jid(ALICE))),
    after: 'none',
    told: [gone, `unsubscribe ${ALICE}`, `unsubscribed ${ALICE}`],
  },
]

/** Of what Dave's client got, the presence of Alice that says that something has changed: no answers to probes. */
const told = (dave: StoryClient): readonly string[] =>
  dave
    .take()
    .filter((xml) => xml.name === 'presence' && xml.attr('from')?.startsWith(ALICE) === true && xml.attr('type') !== undefined)
    .map((xml) => `${xml.attr('type')} ${xml.attr('from')}`)
    .filter((one) => one !== `unavailable ${ALICE}`)

async function inRoster(site: Site): Promise<string> {
  const { items, pending } = await site.host.stores.rosters.load(DAVE)
  const subscription = items.find((item) => item.jid.full === ALICE)?.subscription ?? 'none'
  return pending.length > 0 ? `${subscription} asked` : subscription
}

for (const [counts, options, cases] of [
  ['with XEP-0198', COUNTED, CASES],
  ['without XEP-0198', UNCOUNTED, CASES.filter(({ name }) => name.startsWith('3.1.5') || name.startsWith('2.5'))],
] as const)
  for (const { name, before, isAsked = false, decide, after: expected, told: expectedTold } of cases)
    federation(
      `${name}, decided while the link is down, is heard after a crash of the server, once, ${counts}`,
      { b: options },
      async (realm) => {
        await realm.a.hangUp()
        realm.isTogether = false
        const alices = new Alices(realm, options)
        realm.atEnd(() => alices.kill())
        await alices.start()
        await alices.site.story.contact(ALICE, DAVE, before[0])
        await realm.b.story.contact(DAVE, ALICE, before[1])
        const alice = await alices.login()
        const dave = await realm.client(`${DAVE}/1`)
        const pass = async (seconds: number): Promise<void> => {
          for (let s = 0; s < seconds; s++) {
            realm.clock.advance(1000)
            await turns(100)
          }
          await turns()
        }
        const requests = async (): Promise<number> => (await alices.site.host.stores.rosters.load(ALICE)).pending.length
        if (isAsked) dave.send(`<presence type='subscribe' to='${ALICE}'/>`)
        for (let s = 0; s < 60 && (await requests()) < (isAsked ? 1 : 0); s++) await pass(1)
        await pass(5)
        assert.deepEqual(await alices.unheard(), [], 'all of that was heard')
        realm.zone.isDown = true
        for (const stream of [...alices.site.streams(), ...realm.b.streams()]) stream.destroy()
        await pass(3)
        dave.take()
        await decide(alice, alices.site)
        if (name.startsWith('XEP-0077')) await turns()
        else await alice.fence(`nobody-at-all@${A}`)
        await pass(45) // longer than anything waits in memory
        assert.deepEqual((await alices.unheard()).toSorted(), expectedTold.map((one) => `${one} > ${DAVE}`).toSorted())
        assert.deepEqual(told(dave), [], 'nothing gets there')
        alice.drop()
        await alices.kill()
        await alices.start()
        await pass(20) // it is tried in vain
        realm.zone.isDown = false
        for (let s = 0; s < 180 && (await alices.unheard()).length > 0; s++) await pass(1)
        assert.deepEqual(await alices.unheard(), [], 'it was heard')
        await pass(20)
        assert.deepEqual(await inRoster(realm.b), expected)
        assert.deepEqual(told(dave).toSorted(), expectedTold.toSorted())
        await alices.kill()
        await alices.start()
        await pass(40)
        assert.deepEqual(told(dave), [], 'it is not said again')
        assert.deepEqual(alices.site.story.errors, [])
        dave.take()
      },
    )
