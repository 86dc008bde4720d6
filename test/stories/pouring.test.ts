/**
 * What the server itself has for a client at once waits until the client has read: it never ends a session, and nothing of
 * it is lost. Only a client that does not read is given up.
 */
import assert from 'node:assert/strict'
import type { Connection } from '../../src/server/account/connection.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { Packet, Payload } from '../../src/xmpp/packet.ts'
import { wire } from '../../src/xml/wire.ts'
import { OfflineMessages } from '../../src/xep/0160-offline-messages/store.ts'
import { StreamLink } from '../support/link.ts'
import { bareOf, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { a, ENABLE, resume, resumed, SM } from '../support/stream-management.ts'
import { until } from '../support/until.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'

/** A cap far below what is poured out. */
const SMALL = {
  streams: { 'output-queue': 100_000 },
  // Large messages once, not in three archives
  settings: { 'offline-messages': { size: '16 MiB' }, 'message-archive': { enabled: false } },
}
const EVERYWHERE = { ...SMALL, on: ['memory', 'tcp', 'starttls', 'websocket', 'bosh'] } as const
const SOCKETS = { ...SMALL, on: ['tcp', 'starttls'] } as const
const LARGE = 'x'.repeat(60_000)
const BOB = bareOf('bob')
const COUNT = 8
const NAMES = Array.from({ length: COUNT }, (_, i) => `m${i}`)

const message = (id: number | string, body = LARGE): string =>
  `<message to='${BOB}' id='m${id}' type='chat'><body>${body}</body></message>`

const stored = async ({ server }: Cast): Promise<readonly string[]> =>
  (await new OfflineMessages(server.host.database, server.host.stores.accountArchive).after(BOB, 0, 1000)).map(
    ({ packet }) => packet.id as unknown as string,
  )

/** Alice has written to Bob, who is not there, more than his output queue may hold. */
async function aliceHasWritten(cast: Cast): Promise<StoryClient> {
  await cast.rosters(['bob', 'alice', 'to'], ['alice', 'bob', 'from'])
  const alice = await cast.client('alice', '1', { roster: false })
  for (let i = 0; i < COUNT; i++) alice.send(message(i))
  await alice.fence()
  assert.deepEqual(await stored(cast), NAMES)
  return alice
}

/** Bob logs in, and is available. */
async function bobComes(cast: Cast): Promise<WireClient> {
  const bob = await cast.authenticated('bob')
  await bob.bind('1')
  bob.write('<presence/>')
  return bob
}

/** The next `count` stanzas that `isIt`. */
async function read(client: WireClient, count: number, isIt: (e: Xml) => boolean): Promise<readonly Xml[]> {
  const all: Xml[] = []
  while (all.length < count) {
    const next = await client.element(`${count - all.length} more`)
    if (isIt(next)) all.push(next)
  }
  return all
}
const isMessage = (e: Xml): boolean => e.name === 'message'
const idsOf = (all: readonly Xml[]): readonly string[] => all.map((e) => e.attr('id')!)

function endingsOf(cast: Cast): readonly string[] {
  const endings: string[] = []
  cast.server.host.on(
    'session-ended',
    ({ session, ending }) => void (session.account.bare.bare === BOB && endings.push(ending.name)),
  )
  return endings
}

story(
  'stored messages beyond the output queue reach a client that reads, and only then are forgotten',
  EVERYWHERE,
  async (cast) => {
    await aliceHasWritten(cast)
    const bob = await bobComes(cast)
    assert.deepEqual(idsOf(await read(bob, COUNT, isMessage)), NAMES)
    await until('the store is empty', async () => (await stored(cast)).length === 0)
  },
)

story('what comes while stored messages are on their way comes behind them', EVERYWHERE, async (cast) => {
  const alice = await aliceHasWritten(cast)
  const bob = await bobComes(cast)
  for (let i = 0; i < 5; i++) alice.send(message(`later${i}`, 'live'))
  assert.deepEqual(idsOf(await read(bob, COUNT + 5, isMessage)), [...NAMES, ...[0, 1, 2, 3, 4].map((i) => `mlater${i}`)])
  await alice.fence()
  alice.take()
})

story('a client that reads nothing keeps nobody waiting and loses nothing that is stored', SOCKETS, async (cast) => {
  const alice = await aliceHasWritten(cast)
  const bob = await cast.authenticated('bob')
  await bob.bind('1')
  ;(bob.link as StreamLink).pause()
  bob.write('<presence/>')
  const { accounts } = cast.server.host
  await until('Bob is available', () => accounts.get(BOB)?.isAvailable === true)
  for (let i = 0; i < 30; i++) alice.send(message(`later${i}`, 'x'.repeat(250_000)))
  await alice.fence()
  bob.link.drop()
  await until('Bob is gone', () => accounts.get(BOB)!.resources.length === 0)
  await alice.fence()
  alice.take()
  const left = await stored(cast)
  const again = await bobComes(cast)
  assert.deepEqual(idsOf(await read(again, left.length, isMessage)), left)
  // What was written to the socket of a client that does not acknowledge is its own; the last ones cannot have been
  assert.deepEqual(
    left.slice(-10),
    Array.from({ length: 10 }, (_, i) => `mlater${i + 20}`),
  )
})

/** Bob's client, which counts what it gets. */
class Counting {
  readonly #wire: WireClient
  handled: number
  readonly got: string[]

  constructor(client: WireClient, before: { readonly handled: number; readonly got: string[] } = { handled: 0, got: [] }) {
    this.#wire = client
    this.handled = before.handled
    this.got = before.got
  }
  async readTo(count: number, acknowledges: boolean): Promise<void> {
    while (this.got.length < count) {
      const next = await this.#wire.element('a message')
      if (next.ns === SM) continue
      this.handled += 1
      if (isMessage(next)) this.got.push(next.attr('id')!)
      if (acknowledges) this.#wire.write(a(this.handled))
    }
  }
}

story('a stored message stays in store until a client that acknowledges has acknowledged it', EVERYWHERE, async (cast) => {
  await aliceHasWritten(cast)
  const bob = await cast.authenticated('bob')
  await bob.bind('1')
  bob.write(ENABLE)
  const [enabled] = await read(bob, 1, (e) => e.name === 'enabled')
  bob.write('<presence/>')
  const before = new Counting(bob)
  await before.readTo(2, false)
  assert.deepEqual(await stored(cast), NAMES)
  bob.write(a(before.handled))
  await until('what was acknowledged is forgotten', async () => (await stored(cast)).length === COUNT - 2)
  bob.link.drop()
  const back = await cast.authenticated('bob')
  back.write(resume(enabled!.attr('id')!, before.handled))
  await back.expect(resumed(enabled!.attr('id')!, 1))
  const after = new Counting(back, before)
  await after.readTo(COUNT, true)
  assert.deepEqual(after.got, NAMES)
  await until('the store is empty', async () => (await stored(cast)).length === 0)
})

story(
  'a session that ends with stored messages unacknowledged leaves them to the next, once',
  { ...SMALL, on: ['memory'] },
  async (cast) => {
    await aliceHasWritten(cast)
    const bob = await cast.authenticated('bob')
    await bob.bind('1')
    bob.write(ENABLE + '<presence/>')
    await read(bob, 2, isMessage)
    bob.write('</stream:stream>')
    await until('Bob is gone', () => cast.server.host.accounts.get(BOB)!.resources.length === 0)
    assert.deepEqual(await stored(cast), NAMES)
    const again = await bobComes(cast)
    assert.deepEqual(idsOf(await read(again, COUNT, isMessage)), NAMES)
    await until('the store is empty', async () => (await stored(cast)).length === 0)
  },
)

story(
  '200 requests of 8 kB that wait for an answer let their account in',
  { ...EVERYWHERE, limits: { 'pending-size': 4_000_000 } },
  async (cast) => {
    await cast.server.account('bob')
    for (let i = 0; i < 200; i++)
      await cast.fromElsewhere(
        `<presence type='subscribe' from='u@d${i}.example' to='${BOB}'><status>${'x'.repeat(7900)}</status></presence>`,
      )
    const endings = endingsOf(cast)
    const bob = await bobComes(cast)
    const asked = await read(bob, 200, (e) => e.attr('type') === 'subscribe')
    assert.deepEqual(
      asked.map((e) => e.attr('from')),
      Array.from({ length: 200 }, (_, i) => `u@d${i}.example`),
    )
    assert.deepEqual(endings, [])
  },
)

const NOWHERE: Connection = {
  info: { transport: 'memory', encryption: null, remote: '', mechanism: '' },
  heardAt: 0,
  isSilent: false,
  hasRoom: true,
  isBeyond: () => false,
  whenTaken: () => Promise.resolve(true),
  send() {},
  close() {},
  hold() {},
  resume() {},
}

story('the presence of 1650 resources reaches who logs in', EVERYWHERE, async (cast) => {
  const { host, server } = cast.server
  const payload = Payload.ofText(wire(`<status>${'x'.repeat(560)}</status>`))
  for (let i = 0; i < 165; i++) {
    await cast.befriend('bob', `u${i}`)
    const account = (await host.accounts.load(bareOf(`u${i}`)))!
    for (let k = 0; k < 10; k++) {
      const session = host.sessions.bind(account, { resource: `${k}`, lang: null, connection: NOWHERE, device: null })
      server.receive(session, Packet.of({ kind: 'presence', type: '', from: session.jid, payload }))
    }
  }
  const endings = endingsOf(cast)
  const bob = await bobComes(cast)
  const seen = await read(bob, 1650, (e) => e.name === 'presence' && jid(e.attr('from')!).bare !== BOB)
  assert.equal(new Set(seen.map((e) => e.attr('from'))).size, 1650)
  assert.deepEqual(endings, [])
})

story('a client that asks for its large roster many times at once gets it as often', EVERYWHERE, async (cast) => {
  for (let i = 0; i < 300; i++) await cast.server.contact('bob', `${'c'.repeat(900)}${i}@elsewhere.example`, 'none')
  const endings = endingsOf(cast)
  const bob = await cast.authenticated('bob')
  await bob.bind('1')
  for (let i = 0; i < 20; i++) bob.write(`<iq type='get' id='r${i}'><query xmlns='jabber:iq:roster'/></iq>`)
  const answers = await read(bob, 20, (e) => e.name === 'iq')
  assert.deepEqual(
    answers.map((e) => [e.attr('id'), e.child('query')!.elements.length]),
    Array.from({ length: 20 }, (_, i) => [`r${i}`, 300]),
  )
  assert.deepEqual(endings, [])
})

story('a client that reads nothing is given up when its time is over', { ...SOCKETS, on: ['memory'] }, async (cast) => {
  const endings = endingsOf(cast)
  await cast.rosters(['bob', 'alice', 'to'], ['alice', 'bob', 'from'])
  const alice = await cast.client('alice', '1', { roster: false })
  const bob = await bobComes(cast)
  ;(bob.link as StreamLink).pause()
  for (let i = 0; i < 5; i++) alice.send(`<message to='${BOB}/1' type='headline'><body>${LARGE}</body></message>`)
  await alice.fence()
  assert.deepEqual(endings, [])
  cast.pass(10_000)
  await alice.fence()
  assert.deepEqual(endings, ['slow-reader'])
})

story(
  'a contact’s burst of presence does not end a client that reads slowly: it is told the last of each resource',
  { ...SMALL, on: ['memory'], streams: { 'output-queue': 20_000 } },
  async (cast) => {
    for (const friend of ['alice', 'mallory']) await cast.befriend('bob', friend)
    const [alice, mallory] = await cast.clients('alice/1', 'mallory/1')
    const endings = endingsOf(cast)
    const bob = await bobComes(cast)
    await read(bob, 2, (e) => e.name === 'presence' && jid(e.attr('from')!).bare !== BOB)
    const { link } = bob
    assert.ok(link instanceof StreamLink)
    link.pause()
    const says = (words: string): string => `<presence><status>${words}</status></presence>`
    // Each in a tick of its own: what is written within one tick is never too much
    for (let i = 0; i < 30; i++) {
      mallory!.send(says(`${'y'.repeat(30_000)}${i}`))
      await mallory!.fence()
    }
    mallory!.send(says('the last'))
    await mallory!.fence()
    alice!.send(says('a word'))
    await alice!.fence()
    assert.deepEqual(endings, [])
    link.resume()
    const shown = new Map<string, string>()
    await until('Bob is told how things are', async () => {
      const next = await bob.element('presence')
      if (next.name === 'presence') shown.set(next.attr('from')!, next.child('status')?.text ?? '')
      return shown.get(mallory!.jid) === 'the last' && shown.get(alice!.jid) === 'a word'
    })
    assert.deepEqual(endings, [])
    for (const client of [alice!, mallory!]) client.take()
  },
)
