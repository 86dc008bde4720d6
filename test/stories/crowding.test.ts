/**
 * What strangers send does not stand in the way of a client that reads slowly, or is away: its session goes on, and those whom
 * the user knows come first. Nothing that can wait is lost.
 */
import assert from 'node:assert/strict'
import { OfflineMessages } from '../../src/xep/0160-offline-messages/store.ts'
import { StreamLink } from '../support/link.ts'
import { bareOf, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { a, chat, enable, resume, SM } from '../support/stream-management.ts'
import { until } from '../support/until.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const BOB = bareOf('bob')
const LARGE = 'x'.repeat(60_000)
const SMALL_QUEUES = {
  on: ['memory'],
  streams: { 'output-queue': 200_000 },
  settings: {
    'stream-management': { 'queue-size': '1 MiB', 'ask-after': '1 day', 'ask-after-stanzas': 100_000 },
    'offline-messages': { 'size': '16 MiB', 'strangers-size': '8 MiB' },
  },
} as const

interface Scene {
  readonly alice: StoryClient
  readonly mallory: StoryClient
  readonly endings: readonly string[]
}
/** Alice is a friend of Bob's, and nobody knows Mallory. */
async function scene(cast: Cast): Promise<Scene> {
  await cast.rosters(['bob', 'alice', 'both'], ['alice', 'bob', 'both'])
  const alice = await cast.client('alice', '1', { roster: false })
  const mallory = await cast.client('mallory', '1', { roster: false })
  const endings: string[] = []
  const { host } = cast.server
  host.on('session-ended', ({ session, ending }) => void (session.account.bare.bare === BOB && endings.push(ending.name)))
  return { alice, mallory, endings }
}
/** Everything that a stranger can send much of; of what can wait, only so much as their share holds. */
async function burst(mallory: StoryClient): Promise<void> {
  for (let i = 0; i < 12; i++) {
    mallory.send(`<message to='${BOB}' type='chat' id='bare${i}'><body>${LARGE}</body></message>`)
    mallory.send(`<message to='${BOB}/1' type='chat' id='full${i}'><body>${LARGE}</body></message>`)
    mallory.send(`<message to='${BOB}/1' type='headline' id='news${i}'><body>${LARGE}</body></message>`)
    mallory.send(`<message to='${BOB}/1' type='error' id='error${i}'><body>${LARGE}</body></message>`)
    mallory.send(`<iq to='${BOB}/1' type='result' id='iq${i}'><a xmlns='urn:example'>${LARGE}</a></iq>`)
    mallory.send(`<presence to='${BOB}/1'><status>${LARGE}</status></presence>`)
    mallory.send(`<presence to='${BOB}' type='unavailable'><status>${LARGE}</status></presence>`)
    mallory.send(`<presence to='${BOB}' type='subscribe'><status>${'y'.repeat(7000)}</status></presence>`)
    mallory.send(`<presence to='${BOB}' type='unsubscribe'><status>${LARGE}</status></presence>`)
  }
  await mallory.fence()
}
const stored = async ({ server }: Cast): Promise<readonly string[]> =>
  (await new OfflineMessages(server.host.database, server.host.stores.accountArchive).after(BOB, 0, 1000)).map(
    ({ packet }) => packet.id as unknown as string,
  )

/**
 * Reads up to what `isLast`.
 * @param handled what the client has acknowledged already; it acknowledges all that it reads. Null: it does not acknowledge
 */
async function readTo(bob: WireClient, isLast: (e: Xml) => boolean, handled: number | null): Promise<readonly Xml[]> {
  const all: Xml[] = []
  while (all.length === 0 || !isLast(all.at(-1)!)) {
    const next = await bob.element('what is waited for')
    if (next.ns === SM) continue
    all.push(next)
    if (handled !== null) bob.write(a((handled += 1)))
  }
  return all
}
const isNamed =
  (id: string) =>
  (e: Xml): boolean =>
    e.attr('id') === id
const idsOf = (all: readonly Xml[]): readonly string[] => all.filter((e) => e.name === 'message').map((e) => e.attr('id')!)
async function comesBack(cast: Cast, bob: StoryClient, id: string, handled: number): Promise<StoryClient> {
  const wire = await cast.authenticated('bob')
  wire.write(resume(id, handled))
  await wire.expect(`<resumed xmlns='${SM}' previd='${id}' h='*'/>`)
  return cast.adopt(wire, bob.jid)
}
const greet = (alice: StoryClient): void => alice.send(chat(BOB, 'hello', 'friend'))

async function bobComes(cast: Cast, resource = '1'): Promise<StoryClient> {
  const bob = await cast.client('bob', resource, { presence: null })
  bob.send('<presence/>')
  await cast.forget()
  return bob
}
const WAITING = Array.from({ length: 12 }, (_, i) => [`bare${i}`, `full${i}`]).flat()

story('a stranger’s burst does not end the session of a client that reads slowly', SMALL_QUEUES, async (cast) => {
  const { alice, mallory, endings } = await scene(cast)
  const bob = await cast.authenticated('bob')
  await bob.bind('1')
  bob.write('<presence/>')
  await cast.settle()
  ;(bob.link as StreamLink).pause()
  await burst(mallory)
  greet(alice)
  await alice.fence()
  cast.pass(30_000)
  await alice.fence()
  assert.deepEqual(endings, [])
  ;(bob.link as StreamLink).resume()
  const got = [...idsOf(await readTo(bob, isNamed('friend'), null))]
  if (!got.includes('full11')) got.push(...idsOf(await readTo(bob, isNamed('full11'), null)))
  assert.deepEqual(
    got.filter((id) => WAITING.includes(id)),
    WAITING,
    'each message of the stranger has come, in its order',
  )
  alice.take()
  mallory.take()
})

story('a stranger’s burst does not end a session that waits for its client', SMALL_QUEUES, async (cast) => {
  const { alice, mallory, endings } = await scene(cast)
  const bob = await bobComes(cast)
  const id = await enable(bob)
  bob.drop()
  await cast.settle()
  await burst(mallory)
  greet(alice)
  await alice.fence()
  assert.deepEqual(endings, [])
  assert.ok(!(await stored(cast)).includes('friend'), 'a friend’s message waits in the session')
  const again = await comesBack(cast, bob, id, 0)
  const got = idsOf(await readTo(again.wire, isNamed('full11'), 0))
  assert.ok(got.indexOf('friend') < got.indexOf('full11'))
  assert.deepEqual(
    got.filter((one) => WAITING.includes(one)),
    WAITING,
    'each message of the stranger has come, in its order',
  )
  await again.fence()
  for (const client of [again, alice, mallory]) client.take()
})

story('a few messages of a stranger wait in the session, with all others', SMALL_QUEUES, async (cast) => {
  const { alice, mallory } = await scene(cast)
  const bob = await bobComes(cast)
  const id = await enable(bob)
  bob.drop()
  await cast.settle()
  for (const name of ['m1', 'm2']) mallory.send(chat(BOB, 'hello', name))
  await mallory.fence()
  greet(alice)
  await alice.fence()
  assert.deepEqual(await stored(cast), [])
  const again = await comesBack(cast, bob, id, 0)
  assert.deepEqual(idsOf(await readTo(again.wire, isNamed('friend'), 0)), ['m1', 'm2', 'friend'])
  for (const client of [again, alice]) client.take()
})

story(
  'what a stranger has no room for in one session goes to another that has',
  { ...SMALL_QUEUES, streams: {} },
  async (cast) => {
    const { alice, mallory } = await scene(cast)
    const away = await bobComes(cast)
    const here = await bobComes(cast, 'here')
    away.send('<presence><priority>10</priority></presence>')
    here.send(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
    await cast.forget()
    await enable(away)
    away.drop()
    await cast.forget()
    const names = Array.from({ length: 12 }, (_, i) => `m${i}`)
    for (const [i, name] of names.entries()) mallory.send(chat(i % 2 === 0 ? BOB : away.jid, LARGE, name))
    await mallory.fence()
    await until('nothing waits in store', async () => (await stored(cast)).length === 0)
    await here.fence()
    // The first ones wait in the session that is away, and here is a copy of each
    const got = here
      .take()
      .map((e) => e.attr('id') ?? e.child('sent')?.name ?? e.child('received')!.elements[0]!.elements[0]!.attr('id')!)
    assert.deepEqual(got.toSorted(), names.toSorted())
    alice.take()
  },
)

story('a contact does not wait behind strangers, and is copied to all sessions', SMALL_QUEUES, async (cast) => {
  const { alice, mallory } = await scene(cast)
  const away = await bobComes(cast)
  await enable(away)
  away.drop()
  await cast.settle()
  await burst(mallory)
  assert.ok((await stored(cast)).length > 10)
  for (const name of ['a1', 'a2']) alice.send(chat(BOB, 'hello', name))
  await alice.fence()
  const [session] = cast.server.host.accounts.get(BOB)!.sessions
  assert.ok(session!.room.unacknowledged >= 2)
  assert.deepEqual(
    (await stored(cast)).filter((name) => name.startsWith('a')),
    [],
  )
  for (const client of [alice, mallory]) client.take()
})

story('that a stranger has gone is told to a session that strangers fill', SMALL_QUEUES, async (cast) => {
  const { alice, mallory } = await scene(cast)
  const guest = await cast.client('guest', '1', { roster: false })
  const bob = await bobComes(cast)
  const id = await enable(bob)
  guest.send(`<presence to='${BOB}'/>`)
  await bob.expect(`<presence from='${guest.jid}' to='${BOB}'/>`)
  bob.drop()
  await cast.settle()
  await burst(mallory)
  guest.send(`<presence to='${BOB}' type='unavailable'><status>${LARGE}</status></presence>`)
  await guest.fence()
  const again = await comesBack(cast, bob, id, 1)
  const got = await readTo(again.wire, isNamed('full11'), 1)
  const gone = got.filter((e) => e.name === 'presence' && e.attr('from') === guest.jid)
  assert.deepEqual(
    gone.map((e) => e.attr('type')),
    ['unavailable'],
  )
  for (const client of [alice, mallory, guest]) client.take()
})

story('what a client has asked for comes to it, whoever fills its session', SMALL_QUEUES, async (cast) => {
  const { alice, mallory } = await scene(cast)
  const bob = await bobComes(cast)
  const id = await enable(bob)
  await cast.rosters(['helper', 'bob', 'from'])
  const helper = await cast.client('helper', '1', { roster: false, presence: null })
  bob.send(`<iq type='get' id='q' to='${helper.jid}'><query xmlns='urn:example'/></iq>`)
  await bob.fence()
  bob.drop()
  await cast.settle()
  await burst(mallory)
  helper.send(`<iq type='result' id='q' to='${bob.jid}'/>`)
  await helper.fence()
  const again = await comesBack(cast, bob, id, 0)
  const before = await readTo(again.wire, (e) => e.name === 'iq' && e.attr('id') === 'q', 0)
  await readTo(again.wire, isNamed('full11'), before.length)
  for (const client of [alice, mallory, helper]) client.take()
})
