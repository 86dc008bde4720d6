/** Presence of Matrix users on a whole server: what XMPP contacts see of a device, and what Matrix users see of each other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineFeature } from '../../server/feature.ts'
import { ACCESS_REVOKED } from '../../server/account/endings.ts'
import { jid } from '../../xmpp/jid.ts'
import { presenceStateAnnotations } from '../../xep/0310-presence-state-annotations/index.ts'
import { entityCapabilities } from '../../xep/0115-entity-capabilities/index.ts'
import { serviceDiscovery } from '../../xep/0030-service-discovery/index.ts'
import { clientStateIndication } from '../../xep/0352-client-state-indication/index.ts'
import { selfPing } from '../../xep/0410-self-ping/index.ts'
import { blocking } from '../../xep/0191-blocking/index.ts'
import { lastActivity } from '../../xep/0012-last-activity/index.ts'
import { ASKING } from '../../../test/support/annotations.ts'
import { memoryServer, settled, type Client, type MemoryServer } from '../../../test/support/memory-server.ts'
import { Paces } from '../http/paces.ts'
import { matrixSettings } from '../settings.ts'
import { Wakes } from '../sync/wakes.ts'
import { openPresence, type MatrixPresence } from './index.ts'

const ALICE = jid('alice@example.net')
const BOB = jid('bob@example.net')
const SECOND = 1000

/** Somebody who looks with a Matrix client. It asks for news only when the test says so. */
class Looker {
  readonly #scene: Scene
  readonly #name: string
  position: number | null = null
  woken = 0

  constructor(scene: Scene, name: string) {
    this.#scene = scene
    this.#name = name
    scene.wakes.on(`${name}@example.net`, () => (this.woken += 1))
  }
  /** What is new: 'alice online* hi', where the star says that the user is currently active. */
  async news(newcomers: readonly string[] = []): Promise<readonly string[]> {
    const { server, presence } = this.#scene
    const over = await presence.asked(jid(`${this.#name}@example.net`), 'L', 'offline')
    over()
    const applied = server.stores.archive.nextStream()
    const events = await presence.since(jid(`${this.#name}@example.net`), this.position, applied, newcomers)
    this.position = applied
    return events.map(({ sender, content }) => {
      assert.deepEqual(Object.values(content).includes(null as never), false)
      assert(content.last_active_ago === undefined || Number.isInteger(content.last_active_ago))
      const { presence: state, currently_active: isActive, status_msg: text = '' } = content
      return `${sender.slice(1, sender.indexOf(':'))} ${state}${isActive === true ? '*' : ''} ${text}`.trim()
    })
  }
}

class Scene {
  readonly server: MemoryServer
  readonly presence: MatrixPresence
  readonly wakes: Wakes
  readonly rooms = new Map<string, Set<string>>()

  constructor(server: MemoryServer, presence: MatrixPresence, wakes: Wakes) {
    this.server = server
    this.presence = presence
    this.wakes = wakes
    presence.matesBy({
      share: (one, other) => this.rooms.get(one)?.has(other) === true,
      of: (bare) => this.rooms.get(bare) ?? [],
      ready: () => Promise.resolve(),
    })
  }
  /** The two share a room, or do not any more. */
  share(one: string, other: string, isShared = true): void {
    for (const [a, b] of [
      [`${one}@example.net`, `${other}@example.net`],
      [`${other}@example.net`, `${one}@example.net`],
    ] as const) {
      const mates = this.rooms.get(a) ?? new Set()
      this.rooms.set(a, mates)
      if (isShared) mates.add(b)
      else mates.delete(b)
      if (isShared) this.presence.mateJoined(a, b)
    }
  }
  looker(name: string): Looker {
    return new Looker(this, name)
  }
}

async function scene(settings: object = {}): Promise<Scene> {
  const wakes = new Wakes()
  let presence: MatrixPresence | null = null
  const face = defineFeature({
    name: 'matrix',
    specs: [],
    settings: matrixSettings,
    async install(host, options) {
      const ids = { domains: host.domains, ghostDomain: host.domains[0]! }
      presence = await openPresence({
        host,
        settings: options,
        ids,
        paces: new Paces(options, host.clock),
        devices: { watchers: [] },
        wakes,
      })
    },
  })
  const annotating = [serviceDiscovery, entityCapabilities, clientStateIndication, selfPing, presenceStateAnnotations]
  const server = await memoryServer({ features: [...annotating, blocking, lastActivity, face], settings: { matrix: settings } })
  for (const name of ['alice', 'bob', 'carol']) await server.account(`${name}@example.net`)
  return new Scene(server, presence!, wakes)
}
const FAST = { 'presence-active': '1 minute' }

/** What the client was sent of presence: 'mx available hi', with the resource where it is no device. */
const seen = (client: Client): readonly string[] =>
  client
    .sent()
    .filter((e) => e.name === 'presence')
    .map((e) => {
      const [, resource = ''] = e.attr('from')!.split('/')
      const text = (name: string): string => e.child(name)?.text ?? ''
      const state = e.attr('type') ?? (text('show') || 'available')
      const idle = e.child('idle', 'urn:xmpp:idle:1') === undefined ? '' : ' idle'
      const doubt =
        e.child('state-annotation', 'urn:xmpp:psa')?.child('connection-paused', 'urn:xmpp:psa') === undefined ? '' : ' paused'
      return `${resource.startsWith('mx.') ? 'mx' : resource} ${state} ${text('status')}${idle}${doubt}`.trim()
    })

test('F3, X08: a device is a resource for contacts: online, idle, active again, gone; it takes messages', async () => {
  const { server, presence } = await scene(FAST)
  await server.friends('alice@example.net', 'bob@example.net')
  const bob = await server.bind('bob@example.net', 'phone')
  await bob.send('<presence/>')
  bob.sent()
  const over = await presence.asked(ALICE, 'D1', null)
  await settled()
  assert.deepEqual(seen(bob), ['mx available'])
  const [device] = presence.endpointsOf(ALICE)
  assert.equal(device!.priority, 0)
  await server.advance(300_001)
  assert.deepEqual(seen(bob), ['mx away  idle'])
  const last = await bob.ask(`<iq type='get' id='l' to='alice@example.net'><query xmlns='jabber:iq:last'/></iq>`)
  assert.equal(last.child('query', 'jabber:iq:last')!.attr('seconds'), '0', 'XEP-0012: it is there')
  const idle = await bob.ask(`<iq type='get' id='i' to='${device!.jid.full}'><query xmlns='jabber:iq:last'/></iq>`)
  assert.equal(idle.child('query', 'jabber:iq:last')!.attr('seconds'), '300', 'and this device has not been active')
  await bob.send(`<message type='chat' to='${device!.jid.full}'><body>later</body></message>`)
  await server.advance(SECOND)
  over()
  await server.advance(30_001)
  await settled()
  assert.deepEqual(seen(bob), ['mx unavailable'])
  assert.deepEqual(server.host.accounts.get('alice@example.net')!.resources, [])
})

test('The doubt about a device without a request is that of a session without a connection, after the same grace', async () => {
  const { server, presence } = await scene()
  await server.friends('alice@example.net', 'bob@example.net')
  const bob = await server.bind('bob@example.net', 'phone')
  await bob.send(`<presence>${ASKING.c}</presence>`)
  const question = bob.sent().find((e) => e.name === 'iq')!
  await bob.send(`<iq type='result' id='${question.attr('id')!}' to='example.net'>${ASKING.query}</iq>`)
  bob.sent()
  let over = await presence.asked(ALICE, 'D1', 'online')
  await settled()
  assert.deepEqual(seen(bob), ['mx available'])
  over()
  await server.advance(2 * SECOND)
  over = await presence.asked(ALICE, 'D1', 'online')
  await server.advance(60 * SECOND)
  assert.deepEqual(seen(bob), [], 'between two requests nobody is told anything')
  over()
  await server.advance(4 * SECOND)
  assert.deepEqual(seen(bob), ['mx available  paused'])
  over = await presence.asked(ALICE, 'D1', 'online')
  await settled()
  assert.deepEqual(seen(bob), ['mx available'])
  over()
  await server.advance(30_001)
  assert.deepEqual(seen(bob), ['mx available  paused', 'mx unavailable'])
})

test('A device ends when it is logged out, and when an operator ends what the account has bound', async () => {
  const { server, presence } = await scene()
  await server.friends('alice@example.net', 'bob@example.net')
  const bob = await server.bind('bob@example.net', 'phone')
  await bob.send('<presence/>')
  for (const client of ['D1', null]) {
    await presence.asked(ALICE, 'D1', 'online')
    await settled()
    bob.sent()
    server.host.router.homeOf(ALICE)!.end(ALICE, ACCESS_REVOKED, { client })
    await settled()
    assert.deepEqual(seen(bob), ['mx unavailable'])
  }
  await presence.asked(ALICE, 'D1', 'online')
  await settled()
  await server.host.registrar.delete(ALICE)
  await settled()
  assert.deepEqual(seen(bob).slice(0, 2), ['mx available', 'mx unavailable'], 'and when the account is deleted')
  assert.deepEqual(presence.endpointsOf(ALICE), [])
})

test('F1, F2, S14: XMPP clients are seen by those who share a room, and by contacts; by nobody else', async () => {
  const s = await scene()
  const { server } = s
  await server.contact('carol@example.net', 'alice@example.net', 'to')
  await server.contact('alice@example.net', 'carol@example.net', 'from')
  s.share('alice', 'bob')
  const alice = await server.bind('alice@example.net', 'phone')
  await alice.send('<presence><status>hello</status></presence>')
  const [bob, carol, dave] = ['bob', 'carol', 'dave'].map((name) => s.looker(name)) as [Looker, Looker, Looker]
  await server.account('dave@example.net')
  assert.deepEqual(await Promise.all([bob, carol, dave].map((one) => one.news())), [
    ['alice online* hello'],
    ['alice online* hello'],
    [],
  ])
  await alice.send('<presence><show>xa</show></presence>')
  assert.deepEqual([bob.woken, carol.woken, dave.woken], [1, 1, 0])
  assert.deepEqual(await Promise.all([bob, carol, dave].map((one) => one.news())), [
    ['alice unavailable'],
    ['alice unavailable'],
    [],
  ])
  assert.deepEqual(await Promise.all([bob, carol].map((one) => one.news())), [[], []], 'S17: once')
})

test('S18: of several changes the newest is told, once; S16: who is offline is told when it changes, and not at first', async () => {
  const s = await scene()
  const { server } = s
  s.share('alice', 'bob')
  const bob = s.looker('bob')
  assert.deepEqual(await bob.news(), [])
  const alice = await server.bind('alice@example.net', 'phone')
  for (const show of ['away', 'dnd', 'chat']) await alice.send(`<presence><show>${show}</show></presence>`)
  assert.equal(bob.woken, 1)
  await server.advance(SECOND)
  assert.equal(bob.woken, 2, 'not more often than once in a second')
  assert.deepEqual(await bob.news(), ['alice online*'])
  await alice.send(`<presence type='unavailable'><status>Heading home</status></presence>`)
  assert.deepEqual(await bob.news(), ['alice offline Heading home'])
  assert.deepEqual(await s.looker('bob').news(), [])
})

test('F6: the same presence again is no news', async () => {
  const s = await scene()
  s.share('alice', 'bob')
  const bob = s.looker('bob')
  const alice = await s.server.bind('alice@example.net', 'phone')
  await alice.send('<presence/>')
  await bob.news()
  bob.woken = 0
  for (let i = 0; i < 100; i++) await alice.send('<presence/>')
  assert.deepEqual([await bob.news(), bob.woken], [[], 0])
})

test('S7, S8: somebody who joins is told of those inside, whatever the position, and they of the newcomer; once', async () => {
  const s = await scene()
  await s.presence.asked(BOB, 'B1', 'online')
  await s.presence.asked(ALICE, 'D1', 'online')
  const [alice, bob] = [s.looker('alice'), s.looker('bob')]
  assert.deepEqual(await Promise.all([alice, bob].map((one) => one.news())), [['alice online*'], ['bob online*']])
  s.share('alice', 'bob')
  assert.deepEqual(await alice.news(['bob@example.net']), ['bob online*'])
  assert.deepEqual(await bob.news(), ['alice online*'])
  assert.deepEqual(await Promise.all([alice, bob].map((one) => one.news())), [[], []])
})

test('What is told while an earlier write is under way waits for it, and its viewer is woken until then', async () => {
  const s = await scene()
  const { server, presence } = s
  s.share('alice', 'bob')
  const bob = s.looker('bob')
  await bob.news()
  const applied = server.stores.archive.nextStream()
  const alice = await server.bind('alice@example.net', 'phone')
  await alice.send('<presence/>')
  bob.woken = 0
  assert.deepEqual(await presence.since(BOB, bob.position, applied, []), [])
  await server.advance(SECOND)
  assert.equal(bob.woken, 1)
  assert.deepEqual(await bob.news(), ['alice online*'])
})

test('Nothing is shown across a block, whoever has made it, and it is shown again after it', async () => {
  const s = await scene()
  const { server } = s
  s.share('alice', 'bob')
  const alice = await server.bind('alice@example.net', 'phone')
  await alice.send('<presence/>')
  const bob = s.looker('bob')
  assert.deepEqual(await bob.news(), ['alice online*'])
  await alice.ask(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='bob@example.net'/></block></iq>`)
  assert.deepEqual(await bob.news(), ['alice offline'])
  await alice.send('<presence><status>secret</status></presence>')
  assert.deepEqual(await bob.news(), ['alice offline'])
  await alice.ask(`<iq type='set' id='u'><unblock xmlns='urn:xmpp:blocking'/></iq>`)
  assert.deepEqual(await bob.news(), ['alice online* secret'])
  const his = await server.bind('bob@example.net', 'phone')
  await his.ask(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='alice@example.net'/></block></iq>`)
  assert.deepEqual(await bob.news(), ['alice offline'])
})

test('X06: a session without a connection is unavailable after a while, unless its user hides that', async () => {
  const s = await scene()
  const { server } = s
  s.share('alice', 'bob')
  const bob = s.looker('bob')
  const alice = await server.bind('alice@example.net', 'phone')
  await alice.send('<presence/>')
  await bob.news()
  server.host.tell('session-paused', { session: alice.session, why: 'bosh-pause' })
  await server.advance(30_000)
  assert.deepEqual(await bob.news(), [])
  await server.advance(1)
  assert.deepEqual(await bob.news(), ['alice unavailable'])
  server.host.tell('session-resumed', { session: alice.session, after: 'bosh-pause' })
  assert.deepEqual(await bob.news(), ['alice online*'])
})

test('X05: somebody who is silent becomes unavailable, and who writes is online; XMPP contacts are told nothing of it', async () => {
  const s = await scene()
  const { server } = s
  await server.friends('alice@example.net', 'bob@example.net')
  const alice = await server.bind('alice@example.net', 'phone')
  const contact = await server.bind('bob@example.net', 'phone')
  await contact.send('<presence/>')
  await alice.send('<presence/>')
  contact.sent()
  const bob = s.looker('bob')
  assert.deepEqual((await bob.news()).toSorted(), ['alice online*', 'bob online*'])
  await server.advance(300_001)
  assert.deepEqual((await bob.news()).toSorted(), ['alice unavailable', 'bob unavailable'])
  await alice.send(`<message to='bob@example.net' type='chat'><body>still here</body></message>`)
  assert.deepEqual(await bob.news(), ['alice online*'])
  assert.deepEqual(seen(contact), [])
})

test('S24: one change too many is made when the pace allows it, the last one; S25: a device is alive whatever the pace', async () => {
  const s = await scene({ 'presence-per-minute': 6 })
  const { server, presence } = s
  const alice = s.looker('alice')
  await alice.news()
  let over = await presence.asked(ALICE, 'D1', 'online')
  for (const state of ['unavailable', 'online', 'unavailable', 'online', 'unavailable', 'online', 'unavailable']) {
    over()
    await server.advance(100)
    over = await presence.asked(ALICE, 'D1', state)
  }
  const after = await alice.news()
  assert.deepEqual(after, ['alice online*'], 'five changes are through')
  await presence.asked(ALICE, 'D2', 'unavailable')
  await server.advance(20 * SECOND)
  assert.deepEqual(await alice.news(), ['alice unavailable'])
  await server.advance(60 * SECOND)
  assert.equal(presence.endpointsOf(ALICE).length, 2)
})

test('S26: switched off, everybody is offline; nobody is asked, and nothing is told', async () => {
  const s = await scene({ presence: false })
  s.share('alice', 'bob')
  const bob = s.looker('bob')
  const alice = await s.server.bind('alice@example.net', 'phone')
  await alice.send('<presence/>')
  await s.presence.asked(ALICE, 'D1', 'online')
  assert.deepEqual([await bob.news(), bob.woken, s.presence.endpointsOf(ALICE)], [[], 0, []])
})

test('S22: set_presence is one of three words', async () => {
  const { presence } = await scene()
  assert.throws(() => presence.asked(ALICE, 'D1', 'busy'), /set_presence/)
})

test('A1, A2, A3, A6: how many updates are told', async () => {
  const count = async (play: (s: Scene, tell: () => Promise<void>) => Promise<void>): Promise<number> => {
    const s = await scene()
    s.share('alice', 'bob')
    const bob = s.looker('bob')
    let updates = 0
    const tell = async (): Promise<void> => void (updates += (await bob.news()).length)
    await tell()
    await play(s, tell)
    return updates
  }
  const writer = await count(async ({ server, presence }, tell) => {
    const alice = await server.bind('alice@example.net', 'phone')
    await presence.asked(ALICE, 'D1', null)
    for (let i = 0; i < 40; i++) {
      await server.advance(90 * SECOND)
      await alice.send(`<message to='bob@example.net'><body>${i}</body></message>`)
      await tell()
    }
  })
  const opposites = await count(async ({ server, presence }, tell) => {
    for (let i = 0; i < 20; i++) {
      const [one, other] = [await presence.asked(ALICE, 'D1', 'online'), await presence.asked(ALICE, 'D2', 'unavailable')]
      await server.advance(30 * SECOND)
      one()
      other()
      await tell()
    }
  })
  const gaps = await count(async ({ server, presence }, tell) => {
    for (let i = 0; i < 20; i++) {
      const over = await presence.asked(ALICE, 'D1', 'online')
      await server.advance(10 * SECOND)
      over()
      await server.advance(29 * SECOND)
      await tell()
    }
  })
  assert.deepEqual({ writer: writer <= 2, opposites: opposites <= 3, gaps: gaps - 1 }, { writer: true, opposites: true, gaps: 0 })
})

test('What happens to people in the same rooms while these are read for a viewer is not missed', async () => {
  const one = await scene(FAST)
  const carol = one.looker('carol')
  await carol.news()
  await one.server.advance(15 * 60_000) // nobody remembers that carol looked
  const over = await one.presence.asked(jid('carol@example.net'), 'L', 'offline')
  over()
  await one.presence.asked(ALICE, 'D1', null)
  one.rooms.set('carol@example.net', new Set(['alice@example.net']))
  one.rooms.set('alice@example.net', new Set(['carol@example.net']))
  carol.position = one.server.stores.archive.lastStream - 1
  assert.deepEqual(await carol.news(), ['alice online*'])
})
