import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../base/manual-clock.ts'
import { systemEntropy } from '../base/entropy.ts'
import { silent } from '../base/log.ts'
import { openInMemory } from '../storage/sqlite.ts'
import { LIMITS, type Command, type Limits } from './machine/commands.ts'
import { DEFAULTS } from './machine/config.ts'
import { isRefused } from './machine/decide.ts'
import { Nodes } from './nodes.ts'
import { Paces } from './paces.ts'
import { NodeListing } from './store-listing.ts'
import { NodeStore } from './store.ts'
import { actorOf, payloadOf } from './testing.ts'

const SERVICE = 'pubsub.a.example'

/** A service in a database of its own; `again` is the same after a restart. */
async function scene(t: TestContext, octetsMax: number, limits: Partial<Limits> = {}) {
  const clock = new ManualClock()
  const database = openInMemory({ clock })
  t.after(() => database.close())
  const store = await NodeStore.open(database)
  const start = async () => {
    const nodes = new Nodes({
      clock,
      entropy: systemEntropy,
      log: silent,
      store,
      listing: new NodeListing(database),
      accounts: { limits: LIMITS, paces: new Paces(1_000_000) },
      isBeside: (name) => name.startsWith('beside'),
      besideMax: 2,
      isLocal: (bare) => bare.endsWith('@a.example'),
      octetsMax,
    })
    nodes.serve(SERVICE, { limits: { ...LIMITS, ...limits }, paces: new Paces(1_000_000) })
    await nodes.start()
    const perform = async (by: string, name: string, command: Command, owner = SERVICE): Promise<string> => {
      const make = { defaults: DEFAULTS, changes: {} }
      const outcome = await nodes.perform({ owner, name, actor: actorOf(by), command, make })
      if (isRefused(outcome)) return outcome.refuse
      outcome.tell()
      return 'done'
    }
    return { nodes, perform, create: (by: string, name: string, owner = SERVICE) => perform(by, name, CREATE, owner) }
  }
  return { ...(await start()), again: start }
}
const CREATE: Command = { do: 'create', config: {} }
const publishing = (text: string): Command => ({
  do: 'publish',
  items: [{ id: '1', payload: payloadOf(text) }],
  conditions: null,
})
const ALICE = 'alice@a.example/1'

test('all nodes of a service were in memory together, however many strangers had made', async (t) => {
  const { nodes, perform } = await scene(t, 30_000)
  for (let i = 0; i < 40; i += 1) assert.equal(await perform(ALICE, `n${i}`, publishing('x'.repeat(1000))), 'done')
  assert.ok(nodes.octets <= 30_000, `${nodes.octets} octets in memory`)
  assert.ok(nodes.size < 20, `${nodes.size} nodes in memory`)
  for (const name of ['n0', 'n39'])
    assert.equal((await nodes.one(SERVICE, name))?.last?.octets, payloadOf('x'.repeat(1000)).text.length)
  assert.equal((await Array.fromAsync(nodes.each(SERVICE))).length, 40)
  assert.ok(nodes.octets <= 30_000)
  const some = await nodes.some(SERVICE, ['n3', 'none', 'n1', 'n2'])
  assert.deepEqual(
    some.map(({ origin }) => origin.name),
    ['n3', 'n1', 'n2'],
  )
})
test('names that are of no node are not looked up again, and take up bounded memory', async (t) => {
  const { nodes, create } = await scene(t, 30_000)
  await create(ALICE, 'n')
  assert.equal(await nodes.one(SERVICE, 'none'), null)
  assert.equal(nodes.one(SERVICE, 'none'), null, 'at once')
  for (let i = 0; i < 500; i += 1) await nodes.one(SERVICE, `none ${i}`)
  assert.ok(nodes.octets <= 30_000, `${nodes.octets} octets in memory`)
  assert.equal(await create(ALICE, 'none'), 'done')
  assert.notEqual(await nodes.one(SERVICE, 'none'), null)
})
test('a node that leaves memory while it is being changed keeps the change', async (t) => {
  const { nodes, perform } = await scene(t, 10_000)
  for (let i = 0; i < 10; i += 1) {
    const changes = Array.from({ length: 5 }, (_, k) => perform(ALICE, `n${(i + k) % 7}`, publishing(`${i} ${k}`)))
    await Promise.all([...changes, nodes.one(SERVICE, `n${i % 7}`), nodes.some(SERVICE, ['n0', 'n5', 'n6'])])
  }
  const last = await nodes.one(SERVICE, 'n6')
  assert.equal(last?.last?.payload.elements[0]?.text, '9 4')
  assert.equal(last?.lastSeq, 6)
})
test('a node that was being read while its collection was deleted stayed in it', async (t) => {
  const { create, perform, again } = await scene(t, 1_000_000, { childrenMax: 10 })
  await perform(ALICE, 'c', { do: 'create', config: {} })
  await perform(ALICE, 'c', { do: 'configure', changes: { node_type: 'collection' } })
  await create(ALICE, 'child')
  assert.equal(await perform(ALICE, 'child', { do: 'configure', changes: { collection: ['c'] } }), 'done')
  const { nodes, perform: later } = await again()
  const { store } = nodes
  const load = store.load.bind(store)
  const [read, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  store.load = async (owner, names) => {
    const found = await load(owner, names)
    if (!names.includes('child')) return found
    read.resolve()
    await goOn.promise
    return found
  }
  const reading = nodes.one(SERVICE, 'child')
  await read.promise
  const deleting = later(ALICE, 'c', { do: 'delete', redirect: '' })
  while ((await store.names(SERVICE, '', 10)).includes('c')) await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  goOn.resolve()
  await Promise.all([reading, deleting])
  store.load = load
  assert.deepEqual((await nodes.one(SERVICE, 'child'))?.config.collection, [])
})
test('limits of a creator hold over a restart, and people of another domain share one', async (t) => {
  const { create, perform, again } = await scene(t, 1_000_000, { nodesMax: 2, octetsMax: 20_000 })
  for (const [by, name, expected] of [
    [ALICE, 'a1', 'done'],
    [ALICE, 'a2', 'done'],
    [ALICE, 'a3', 'too-many-nodes'],
    ['bob@a.example/1', 'b1', 'done'],
    ['one@b.example/1', 'c1', 'done'],
    ['two@b.example/1', 'c2', 'done'],
    ['three@b.example/1', 'c3', 'too-many-nodes'],
  ] as const)
    assert.equal(await create(by, name), expected, name)
  const later = await again()
  assert.equal(await later.create(ALICE, 'a3'), 'too-many-nodes')
  assert.equal(await later.create('four@b.example/1', 'c3'), 'too-many-nodes')
  assert.equal(await later.perform(ALICE, 'a1', { do: 'delete', redirect: '' }), 'done')
  assert.equal(await later.create(ALICE, 'a3'), 'done')
  assert.equal(await perform(ALICE, 'a2', publishing('x'.repeat(30_000))), 'no-room')
  assert.equal(await later.perform(ALICE, 'a2', publishing('x'.repeat(10_000))), 'done')
  const once = await again()
  assert.equal(await once.perform(ALICE, 'a3', publishing('x'.repeat(10_000))), 'no-room')
  assert.equal(await once.perform('bob@a.example/1', 'b1', publishing('x'.repeat(10_000))), 'done')
})
test('affiliations and configurations were held against nobody', async (t) => {
  const { create, perform } = await scene(t, 1_000_000, { octetsMax: 20_000 })
  await create(ALICE, 'n')
  const people = (from: number, affiliation: 'member' | 'none'): Command => ({
    do: 'affiliate',
    entries: Array.from({ length: 100 }, (_, i) => ({ jid: `person-${from + i}@b.example`, affiliation })),
  })
  assert.equal(await perform(ALICE, 'n', people(0, 'member')), 'done')
  assert.equal(await perform(ALICE, 'n', people(100, 'member')), 'no-room')
  assert.equal(
    await perform(ALICE, 'n', { do: 'configure', changes: { description: 'x'.repeat(1000), title: 'x'.repeat(1000) } }),
    'no-room',
  )
  assert.equal(await perform(ALICE, 'n', people(0, 'none')), 'done')
  assert.equal(
    await perform(ALICE, 'n', { do: 'configure', changes: { description: 'x'.repeat(1000), title: 'x'.repeat(1000) } }),
    'done',
  )
})
test('somebody whose account was deleted was held against the creator of a node until the next restart', async (t) => {
  const { nodes, perform, again } = await scene(t, 1_000_000)
  const octets = (of: Nodes): number => of.index.heldBy(SERVICE, 'alice@a.example').octets
  await perform(ALICE, 'n', { do: 'create', config: { access_model: 'whitelist' } })
  await perform(ALICE, 'm', CREATE)
  const before = octets(nodes)
  for (const name of ['n', 'm'])
    await perform(ALICE, name, { do: 'affiliate', entries: [{ jid: 'bob@a.example', affiliation: 'member' }] })
  assert.ok(octets(nodes) > before)
  await nodes.forget('bob@a.example')
  assert.equal(octets(nodes), before)
  assert.equal(octets((await again()).nodes), before)
  assert.equal(nodes.index.countOf(SERVICE), 2)
  assert.equal((await nodes.one(SERVICE, 'n'))?.octets, before - (await nodes.one(SERVICE, 'm'))!.octets)
})

test('a node whose only item is in memory could not become a collection', async (t) => {
  for (const more of [{}, { persist_items: true }]) {
    const { nodes, perform } = await scene(t, 1_000_000)
    await perform(ALICE, 'n', CREATE)
    await perform(ALICE, 'n', publishing('x'))
    const become: Command = { do: 'configure', changes: { node_type: 'collection', ...more } }
    assert.equal(await perform(ALICE, 'n', become), 'kind', 'its item is stored')
    await perform(ALICE, 'n', { do: 'purge' })
    await perform(ALICE, 'n', { do: 'configure', changes: { persist_items: false } })
    await perform(ALICE, 'n', publishing('x'))
    assert.equal(await perform(ALICE, 'n', become), 'done')
    assert.equal((await nodes.one(SERVICE, 'n'))?.items.size, 0)
  }
})

test('PEP-37: some nodes of an account do not count, up to a number', async (t) => {
  const { nodes, create } = await scene(t, 1_000_000)
  const [owner, by] = ['alice@a.example', ALICE]
  for (let i = 0; i < LIMITS.nodesMax; i += 1) assert.equal(await create(by, `n${i}`, owner), 'done')
  for (const name of ['beside 1', 'beside 2']) assert.equal(await create(by, name, owner), 'done')
  for (const name of ['beside 3', 'n']) assert.equal(await create(by, name, owner), 'too-many-nodes')
  assert.equal(nodes.index.countOf(owner), LIMITS.nodesMax + 2)
})

test('made-up names pushed an item that is not stored out of memory, and it was held against its owner for ever', async (t) => {
  const { nodes, perform } = await scene(t, 20_000, { octetsMax: 20_000 })
  const octets = (): number => nodes.index.heldBy(SERVICE, 'alice@a.example').octets
  const names = async (word: string): Promise<void> => {
    for (let k = 0; k < 60; k += 1) await nodes.one(SERVICE, `${word} ${k}`)
  }
  await perform(ALICE, 'n', CREATE)
  await perform(ALICE, 'n', { do: 'configure', changes: { persist_items: false } })
  const before = octets()
  for (let i = 0; i < 20; i += 1) {
    assert.equal(await perform(ALICE, 'n', publishing('x'.repeat(1500))), 'done', `round ${i}`)
    await names(`none ${i}`)
    assert.equal((await nodes.one(SERVICE, 'n'))?.last?.octets, payloadOf('x'.repeat(1500)).text.length)
  }
  assert.equal(octets(), before)
  assert.ok(nodes.octets <= 20_000)
  // From now on it is stored, and counts
  await perform(ALICE, 'n', { do: 'configure', changes: { persist_items: true } })
  assert.ok(octets() > before + 1500)
  await names('other')
  assert.equal((await nodes.one(SERVICE, 'n'))?.items.size, 1)
})
