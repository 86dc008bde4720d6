/**
 * One contact, however much they send, does not end a session that waits for its client: they have as much of it as is still
 * free for others. What can wait goes into the store, the rest is refused to them, and of their presence the client is told
 * how it is when it comes back.
 */
import assert from 'node:assert/strict'
import type { Session } from '../../src/server/account/session.ts'
import { OfflineMessages } from '../../src/xep/0160-offline-messages/store.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { bareOf, Cast, story } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { a, chat, enable, resume, SM } from '../support/stream-management.ts'
import { until } from '../support/until.ts'
import type { Xml } from '../support/xml-reader.ts'

const BOB = bareOf('bob')
const LARGE = 'x'.repeat(60_000)
const LONG = 'y'.repeat(30_000)
const SMALL_QUEUES = {
  on: ['memory'],
  settings: {
    'stream-management': { 'queue-size': '1 MiB', 'ask-after': '1 day', 'ask-after-stanzas': 100_000 },
    'offline-messages': { size: '1 MiB' },
  },
} as const

interface Scene {
  readonly bob: StoryClient
  /** Under which its session can be resumed. */
  readonly id: string
  readonly alice: StoryClient
  readonly mallory: StoryClient
  readonly endings: readonly string[]
  /** Bob's client comes back, and acknowledges what it reads up to the answer to its ping. */
  back(): Promise<readonly Xml[]>
}
/** Alice and Mallory are contacts of Bob's, whose client is away. */
async function scene(cast: Cast): Promise<Scene> {
  await cast.befriend('bob', 'alice')
  await cast.befriend('bob', 'mallory')
  const alice = await cast.client('alice', '1')
  const mallory = await cast.client('mallory', '1')
  const endings: string[] = []
  cast.server.host.on('session-ended', ({ session, ending }) => {
    if (session.account.bare.bare === BOB) endings.push(ending.name)
  })
  const bob = await cast.client('bob', '1')
  const id = await enable(bob)
  bob.drop()
  await cast.forget()
  return { bob, id, alice, mallory, endings, back: () => comesBack(cast, bob, id) }
}
async function comesBack(cast: Cast, { jid }: { readonly jid: string }, id: string): Promise<readonly Xml[]> {
  const wire = await cast.authenticated('bob')
  wire.write(resume(id, 0))
  await wire.expect(`<resumed xmlns='${SM}' previd='${id}' h='*'/>`)
  const got: Xml[] = []
  const session = cast.server.host.accounts.get(BOB)!.session(jid.slice(BOB.length + 1))!
  // What has waited for room comes behind the first answer, and what had to be read for it behind the second
  for (const fence of ['f1', 'f2', 'f3']) {
    wire.write(`<iq type='get' id='${fence}'><ping xmlns='urn:xmpp:ping'/></iq>`)
    for (let isOver = false; !isOver;) {
      const next = await wire.element('what is waited for')
      if (next.ns === SM) continue
      got.push(next)
      wire.write(a(got.length))
      isOver = next.name === 'iq' && next.attr('id') === fence
    }
    await until('there was room for all', () => untoldTo(cast, session) === null)
    await cast.settle()
  }
  return got.filter((e) => e.name !== 'iq')
}
/** The contacts whose presence waits for room, as they are written down; null for none. */
const untoldTo = ({ server }: Cast, session: Session): unknown =>
  server.server.keptSessions.snapshots.save(session, 'for a restart')['untold']?.[1] ?? null
const idsOf = (all: readonly Xml[]): readonly string[] => all.filter((e) => e.name === 'message').map((e) => e.attr('id')!)
/** The whole of their share, up to a little. */
function fill(mallory: StoryClient): void {
  for (const body of [LARGE, LARGE.slice(0, 5000)])
    for (const name of manyNames(24))
      mallory.send(`<message to='${BOB}/1' type='headline' id='${name}'><body>${body}</body></message>`)
}
const stored = async ({ server }: Cast): Promise<readonly string[]> =>
  (await new OfflineMessages(server.host.database, server.host.stores.accountArchive).after(BOB, 0, 1000)).map(
    ({ packet }) => packet.id as unknown as string,
  )
const conditions = (client: StoryClient): readonly string[] =>
  client.take().map((e) => `${e.attr('id')} ${e.child('error')!.elements[0]!.name}`)
const manyNames = (count: number, prefix = 'm'): readonly string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

/** What a client shows that has got this, as docs/presence-truth.md has it: each resource that is there, with its status. */
function shownBy(all: readonly Xml[], before: readonly (readonly [string, string])[] = []): Map<string, string> {
  const shown = new Map(before)
  for (const e of all) {
    if (e.name !== 'presence') continue
    const from = e.attr('from')!
    if (e.attr('type') === undefined) shown.set(from, e.child('status')?.text ?? '')
    else if (e.attr('type') === 'unavailable')
      for (const one of shown.keys()) if (one === from || one.startsWith(`${from}/`)) shown.delete(one)
  }
  return shown
}

story('one contact’s large messages do not end a session that waits for its client', SMALL_QUEUES, async (cast) => {
  const { alice, mallory, endings, back } = await scene(cast)
  const all = manyNames(24)
  for (const name of all) mallory.send(chat(BOB, LARGE, name))
  await mallory.fence()
  alice.send(chat(BOB, LARGE, 'friend'))
  await alice.fence()
  assert.deepEqual(endings, [])
  const refused = conditions(mallory)
  assert.ok(refused.every((one) => one.endsWith('service-unavailable')))
  assert.ok(refused.length > 0 && refused.length < 12, `${refused.length}`)
  const got = idsOf(await back())
  assert.ok(got.includes('friend'))
  assert.deepEqual(
    got.filter((id) => id !== 'friend'),
    all.slice(0, all.length - refused.length),
    'what was not refused has come, in its order',
  )
  assert.deepEqual(await stored(cast), [])
})

story(
  'what cannot be stored of a contact beyond their share is refused to them, and to nobody else',
  SMALL_QUEUES,
  async (cast) => {
    const { bob, alice, mallory, endings, back } = await scene(cast)
    for (const name of manyNames(12))
      mallory.send(`<message to='${bob.jid}' type='headline' id='${name}'><body>${LARGE}</body></message>`)
    mallory.send(`<iq type='set' to='${bob.jid}' id='asked'><do xmlns='urn:example'>${LARGE}</do></iq>`)
    mallory.send(`<message to='${bob.jid}' type='error' id='wrong'><body>${LARGE}</body></message>`)
    mallory.send(`<iq type='result' to='${bob.jid}' id='r'><a xmlns='urn:example'>${LARGE}</a></iq>`)
    await mallory.fence()
    alice.send(`<iq type='set' to='${bob.jid}' id='hers'><do xmlns='urn:example'/></iq>`)
    alice.send(`<message to='${bob.jid}' type='headline' id='news'><body>hello</body></message>`)
    await alice.fence()
    assert.deepEqual(endings, [])
    const refused = conditions(mallory)
    assert.ok(refused.length > 1 && refused.every((one) => one.endsWith(' resource-constraint')))
    assert.equal(refused.at(-1), 'asked resource-constraint')
    assert.deepEqual(alice.take(), [])
    assert.ok(idsOf(await back()).includes('news'))
  },
)

story(
  'copies of what a contact writes to another client count as theirs in the session that is away',
  SMALL_QUEUES,
  async (cast) => {
    const { bob, alice, mallory, endings } = await scene(cast)
    const id = await enable(await carbons(cast, 'second'))
    cast.known(`${BOB}/second`).drop()
    const here = await carbons(cast, 'here')
    await cast.forget()
    for (const name of manyNames(24)) mallory.send(chat(here.jid, LARGE, name))
    await mallory.fence()
    for (const name of manyNames(3, 'a')) alice.send(chat(here.jid, LARGE, name))
    await alice.fence()
    assert.deepEqual(endings, [])
    await here.fence()
    here.take()
    const got = (await comesBack(cast, { jid: `${BOB}/second` }, id)).filter((e) => e.name === 'message')
    const copied = got.map((e) => e.child('received')?.elements[0]?.elements[0]?.attr('id') ?? '')
    assert.deepEqual(
      copied.filter((name) => name.startsWith('a')),
      manyNames(3, 'a'),
    )
    assert.ok(copied.length < 15)
    for (const client of [bob, alice, mallory]) client.take()
  },
)
async function carbons(cast: Cast, resource: string): Promise<StoryClient> {
  const client = await cast.client('bob', resource)
  client.send(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
  await cast.forget()
  return client
}

/** Mallory comes with one resource after the other, each of which leaves with many words. */
async function comeAndGo(cast: Cast, all: readonly string[]): Promise<void> {
  for (const name of all) {
    const one = await cast.client('mallory', name)
    one.send(`<presence type='unavailable'><status>${LONG}</status></presence>`)
    await one.fence()
    one.drop()
  }
}
const says = (status: string): string => `<presence><status>${status}</status></presence>`

for (const [how, names] of [
  ['many resources', manyNames(60)],
  ['few resources, over and over', Array.from({ length: 60 }, (_, i) => `r${i % 3}`)],
] as const)
  story(
    `a contact that comes and goes with long farewells does not end the session, and what is true is told: ${how}`,
    SMALL_QUEUES,
    async (cast) => {
      const { alice, mallory, endings, back } = await scene(cast)
      const phone = await cast.client('mallory', 'phone')
      await comeAndGo(cast, names)
      mallory.send(`<presence type='unavailable'><status>${LONG}</status></presence>`)
      phone.send(says('I am here'))
      await phone.fence()
      await cast.forget()
      alice.send(says('So am I'))
      await alice.fence()
      assert.deepEqual(endings, [])
      const got = await back()
      const before = [mallory, alice].map(({ jid }): [string, string] => [jid, ''])
      const now = [
        [phone.jid, 'I am here'],
        [alice.jid, 'So am I'],
      ] as const
      assert.deepEqual(new Map([...shownBy(got, before)].toSorted()), new Map(now.toSorted()))
      assert.ok(got.length < 60, `${got.length} stanzas`)
      for (const client of [phone, alice, mallory]) client.take()
    },
  )

story('what a contact says beyond their share is told as it is when the client comes back', SMALL_QUEUES, async (cast) => {
  const { alice, mallory, endings, back } = await scene(cast)
  const phone = await cast.client('mallory', 'phone')
  fill(mallory)
  await mallory.fence()
  mallory.send("<presence type='unavailable'/>")
  await mallory.fence()
  for (const status of [LONG, 'here', LONG, 'I am here']) phone.send(says(status))
  await phone.fence()
  const [bob] = cast.server.host.accounts.get(BOB)!.sessions
  assert.deepEqual(untoldTo(cast, bob!), [mallory.bare])
  const shown = shownBy(await back(), [
    [mallory.jid, ''],
    [alice.jid, ''],
  ])
  assert.deepEqual(
    shown,
    new Map([
      [alice.jid, ''],
      [phone.jid, 'I am here'],
    ]),
  )
  assert.equal(untoldTo(cast, bob!), null)
  assert.deepEqual(endings, [])
  for (const client of [phone, alice, mallory]) client.take()
})

story(
  'that a contact has gone who has used up their share is told when a client that reads has acknowledged',
  { on: ['memory'], settings: { 'stream-management': { 'queue-stanzas': 20, 'ask-after': '1 day', 'ask-after-stanzas': 1000 } } },
  async (cast) => {
    await cast.befriend('bob', 'mallory')
    const mallory = await cast.client('mallory', '1')
    const bob = await cast.client('bob', '1')
    await enable(bob)
    await cast.forget()
    for (const name of manyNames(15)) mallory.send(chat(BOB, 'hello', name))
    await mallory.fence()
    for (const status of manyNames(30)) mallory.send(says(status))
    mallory.send("<presence type='unavailable'><status>bye</status></presence>")
    await mallory.fence()
    await cast.settle()
    const isStanza = (e: Xml): boolean => e.ns !== SM
    const before = bob.take().filter(isStanza)
    const [session] = cast.server.host.accounts.get(BOB)!.sessions
    assert.ok(before.length > 5 && before.length < 13, `${before.length}`)
    assert.deepEqual(untoldTo(cast, session!), [mallory.bare])
    const first = session!.room.unacknowledged
    bob.send(a(first))
    await until('there was room', () => untoldTo(cast, session!) === null)
    await bob.fence()
    const after = bob.take().filter(isStanza)
    const second = first + session!.room.unacknowledged
    bob.send(a(second))
    await bob.fence()
    after.push(...bob.take().filter(isStanza))
    assert.deepEqual(idsOf([...before, ...after]), manyNames(15))
    const presences = after.filter(({ name }) => name === 'presence')
    assert.deepEqual(
      presences.map((e) => [e.attr('from'), e.attr('type')]),
      [[mallory.jid, 'unavailable']],
    )
    bob.send(a(second + session!.room.unacknowledged))
    await bob.fence()
    for (const client of [mallory, bob]) client.take()
  },
)

story('a contact elsewhere that has used up their share is asked how things are', SMALL_QUEUES, async (cast) => {
  const MALLORY = 'mallory@b.example'
  const elsewhere = new Elsewhere(cast)
  await cast.rosters(['bob', MALLORY, 'both'])
  const { alice, mallory, endings, back } = await scene(cast)
  for (const name of manyNames(60))
    await elsewhere.send(`<presence from='${MALLORY}/${name}' to='${BOB}'><status>${LONG}</status></presence>`)
  await elsewhere.send(`<presence from='${MALLORY}/phone' to='${BOB}'><status>here</status></presence>`)
  await elsewhere.take()
  assert.deepEqual(endings, [])
  const got = await back()
  assert.deepEqual(
    [...shownBy(got).keys()].filter((full) => full.startsWith(MALLORY)),
    [],
  )
  await elsewhere.expect(`<presence type='probe' from='${BOB}' to='${MALLORY}'/>`)
  for (const client of [alice, mallory]) client.take()
})

story('a room that fills a session that is away is told that the occupant has gone', SMALL_QUEUES, async (cast) => {
  const ROOM = 'room@rooms.b.example'
  const elsewhere = new Elsewhere(cast, 'rooms.b.example')
  await cast.befriend('bob', 'alice')
  const endings: string[] = []
  cast.server.host.on('session-ended', ({ ending }) => void endings.push(ending.name))
  const bob = await cast.client('bob', '1')
  const id = await enable(bob)
  bob.send(`<presence to='${ROOM}/bob'/>`)
  await bob.fence()
  bob.drop()
  await cast.forget()
  const mark = `<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'/></x>`
  for (const name of manyNames(60)) {
    await elsewhere.send(`<presence from='${ROOM}/${name}' to='${bob.jid}'>${mark}</presence>`)
    await elsewhere.send(
      `<presence from='${ROOM}/${name}' to='${bob.jid}' type='unavailable'><status>${LONG}</status>${mark}</presence>`,
    )
  }
  assert.deepEqual(endings, [])
  await elsewhere.expect(
    `<presence from='${bob.jid}' to='${ROOM}/bob'/>`,
    `<presence type='unavailable' from='${bob.jid}' to='${ROOM}/bob'/>`,
  )
  await elsewhere.expectNothing()
  const got = await comesBack(cast, bob, id)
  assert.deepEqual(shownBy(got), new Map())
  assert.equal(got.filter((e) => e.attr('from') === ROOM && e.attr('type') === 'unavailable').length, 1)
})

story(
  'stored messages of strangers take a quarter of a session, until its client has acknowledged them',
  { on: ['memory'], settings: { 'stream-management': { 'queue-stanzas': 40, 'ask-after': '1 day', 'ask-after-stanzas': 1000 } } },
  async (cast) => {
    await cast.server.account('bob')
    const stranger = await cast.client('mallory', '1')
    for (const name of manyNames(18)) stranger.send(chat(BOB, 'hello', name))
    await stranger.fence()
    const bob = await cast.client('bob', '1', { presence: null })
    await enable(bob)
    bob.send('<presence/>')
    await cast.settle()
    const [session] = cast.server.host.accounts.get(BOB)!.sessions
    const got = [...bob.take()]
    const first = idsOf(got).length
    assert.ok(first > 5 && first <= 10, `${first}`)
    for (let h = 0; idsOf(got).length < 18;) {
      h += session!.room.unacknowledged
      bob.send(a(h))
      await bob.fence()
      got.push(...bob.take())
    }
    assert.deepEqual(idsOf(got), manyNames(18))
    await cast.forget()
  },
)

story('the user’s own clients are not limited to a share', SMALL_QUEUES, async (cast) => {
  const { bob, back, alice, mallory } = await scene(cast)
  const other = await cast.client('bob', 'other')
  const all = manyNames(12)
  for (const name of all) other.send(chat(bob.jid, LARGE, name))
  await other.fence()
  assert.deepEqual(idsOf(await back()), all)
  for (const client of [other, alice, mallory]) client.take()
})

for (const how of ['restart', 'crash'] as const)
  story(`what was not told for want of room is told after a ${how}`, SMALL_QUEUES, async (cast) => {
    const { alice, mallory, id } = await scene(cast)
    fill(mallory)
    mallory.send(says(LONG), "<presence type='unavailable'/>")
    await mallory.fence()
    cast.pass(2000)
    await cast.server.server.checkpoints.write()
    const next = new Cast(await cast.server[how](SMALL_QUEUES))
    cast.cut()
    cast.atEnd(() => next.end())
    const phone = await next.client('mallory', 'phone')
    const got = await comesBack(next, { jid: `${BOB}/1` }, id)
    assert.equal(shownBy(got, [[mallory.jid, '']]).has(mallory.jid), false)
    assert.equal(shownBy(got).has(phone.jid), true)
    for (const client of [phone, alice, mallory]) client.take()
  })

story(
  'that a contact has gone is told once, if it is not known which of their resources the client shows',
  SMALL_QUEUES,
  async (cast) => {
    const { alice, mallory, id } = await scene(cast)
    fill(mallory)
    mallory.send(says(LONG), "<presence type='unavailable'/>")
    await mallory.fence()
    const next = new Cast(await cast.server.restart(SMALL_QUEUES))
    cast.cut()
    cast.atEnd(() => next.end())
    const got = await comesBack(next, { jid: `${BOB}/1` }, id)
    const ofMallory = got.filter((e) => e.name === 'presence' && e.attr('from')!.startsWith(bareOf('mallory')))
    assert.deepEqual(
      ofMallory.map((e) => [e.attr('from'), e.attr('type')]),
      [[bareOf('mallory'), 'unavailable']],
    )
    for (const client of [alice, mallory]) client.take()
  },
)

story(
  'a subscription request of a contact over their share is shown when the client has read what waits',
  SMALL_QUEUES,
  async (cast) => {
    await cast.rosters(['bob', bareOf('mallory'), 'to'], ['mallory', BOB, 'from'])
    const mallory = await cast.client('mallory', '1')
    const bob = await cast.client('bob', '1')
    const id = await enable(bob)
    bob.drop()
    await cast.forget()
    fill(mallory)
    // Longer than what is left of their share
    mallory.send(`<presence to='${BOB}' type='subscribe'><status>${LONG.slice(0, 7000)}</status></presence>`)
    await mallory.fence()
    const got = await comesBack(cast, bob, id)
    assert.equal(got.filter((e) => e.attr('type') === 'subscribe').length, 1)
    mallory.take()
  },
)
