import assert from 'node:assert/strict'
import { FIRST_PAGE, type PageAsk } from '../xmpp/result-set.ts'
import { contract } from '../../test/support/contract.ts'
import { DEFAULTS } from './machine/config.ts'
import { apply, type Change } from './machine/plan.ts'
import { USUAL_OPTIONS, type Node } from './machine/node.ts'
import { NodeListing } from './store-listing.ts'
import { NodeStore } from './store.ts'
import { nodeMigrations, PUBSUB, type NodeTables } from './tables.ts'
import { itemOf, nodeWith } from './testing.ts'

async function save(store: NodeStore, node: Node, ...changes: readonly Change[]): Promise<void> {
  await store.save(node, changes, { isOffered: false, octets: 7 })
  apply(node, changes)
}
async function all(store: NodeStore, owner = 'owner@a.example'): Promise<readonly Node[]> {
  return [...(await store.load(owner, await store.names(owner, '', 10))).values()]
}
const put = (id: string, seq: number, text?: string): Change => ({
  change: 'item',
  item: itemOf(id, 'owner@a.example/1', seq, text),
})

contract('PUB-3: a node comes out as it went in, its items in the order of publication', async (open) => {
  const { database } = await open()
  const store = await NodeStore.open(database)
  const node = nodeWith({ ...DEFAULTS, title: "it's <a> node", max_items: 'max' })
  await save(store, node, { change: 'created' }, { change: 'config', config: node.config })
  await save(store, node, put('a', 1), put('b', 2), put('c', 3))
  await save(store, node, put('a', 4, 'ä <again>'), { change: 'no-item', id: 'b' })
  await save(store, node, { change: 'affiliation', jid: 'x@b.example', affiliation: 'member' })
  await save(store, node, { change: 'affiliation', jid: 'y@b.example', affiliation: 'outcast' })
  await save(store, node, { change: 'affiliation', jid: 'y@b.example', affiliation: 'none' })
  const subscription = { subid: 's', jid: 'x@b.example/1', state: 'pending', ...USUAL_OPTIONS } as const
  await save(store, node, { change: 'subscription', subscription })
  await save(store, node, {
    change: 'subscription',
    subscription: { ...subscription, state: 'subscribed', deliver: false, about: 'all', depth: 'all' },
  })
  const [again, ...more] = await all(store)
  assert.deepEqual(more, [])
  assert.deepEqual(again!.origin, node.origin)
  assert.deepEqual(again!.config, node.config)
  assert.deepEqual([...again!.items], [...node.items])
  assert.deepEqual([again!.octets, again!.lastSeq], [node.octets, 4])
  assert.equal(again!.last!.payload.text, node.last!.payload.text)
  assert.deepEqual([...again!.affiliations], [['x@b.example', 'member']])
  assert.deepEqual([...again!.subscriptions], [...node.subscriptions])
  const items = await store.items(again!, [again!.items.get('a')!, again!.items.get('c')!])
  assert.deepEqual(
    items.map(({ id, payload }) => `${id} ${payload.elements[0]!.text}`),
    ['a ä <again>', 'c c'],
  )
  assert.deepEqual(await all(store, 'other@a.example'), [])
})
contract('PUB-3: the index, and what is deleted', async (open) => {
  const { database } = await open()
  const store = await NodeStore.open(database)
  const [one, two] = [nodeWith(DEFAULTS, 'one'), nodeWith(DEFAULTS, 'two')]
  for (const node of [one, two]) await save(store, node, { change: 'created' })
  await store.save(two, [put('a', 1)], { isOffered: true, octets: 1234 })
  assert.deepEqual(await Array.fromAsync(store.index()), [
    { owner: 'owner@a.example', name: 'one', creator: 'owner@a.example', isOffered: false, octets: 7 },
    { owner: 'owner@a.example', name: 'two', creator: 'owner@a.example', isOffered: true, octets: 1234 },
  ])
  await save(store, one, { change: 'deleted' })
  assert.deepEqual(
    (await all(store)).map(({ origin }) => origin.name),
    ['two'],
  )
  await save(store, two, { change: 'no-items' })
  assert.equal((await all(store))[0]!.items.size, 0)
})
contract('the nodes of a deleted account go, and what it had at nodes of others', async (open) => {
  const { database } = await open()
  const store = await NodeStore.open(database)
  const node = nodeWith(DEFAULTS)
  await save(store, node, { change: 'created' }, put('a', 1))
  const subscription = { subid: 's', jid: 'x@b.example/1', state: 'subscribed', ...USUAL_OPTIONS } as const
  await save(
    store,
    node,
    { change: 'subscription', subscription },
    { change: 'affiliation', jid: 'x@b.example', affiliation: 'member' },
  )
  assert.equal(await store.subscriptionsOf('x@b.example', 10), 1)
  assert.deepEqual(await store.nodesFor('x@b.example'), [{ owner: 'owner@a.example', name: 'n' }])
  await store.forget('x@b.example')
  const [left] = await all(store)
  assert.deepEqual([left!.items.size, left!.subscriptions.size, left!.affiliations.size], [1, 0, 0])
  await store.forget('owner@a.example')
  assert.deepEqual(await all(store), [])
})
contract('nodes of an earlier version: the access model and the octets of their items are filled in', async (open) => {
  const { database } = await open()
  await database.migrate(PUBSUB, nodeMigrations.slice(0, 1))
  const db = database.schema<NodeTables>()
  const row = { owner: 'pubsub.a.example', creator: 'alice@a.example', created_at: 1, offered: 0 as const }
  const made = [
    { uid: '1', name: 'one', config: { ...DEFAULTS, title: '"access_model":"open"', access_model: 'whitelist' } },
    { uid: '2', name: 'two', config: DEFAULTS },
  ] as const
  for (const { config, ...one } of made)
    await db
      .insertInto('pubsub_node')
      .values({ ...row, ...one, config: JSON.stringify(config) } as unknown as NodeTables['pubsub_node'])
      .execute()
  const item = { node: '2', publisher: null, published_at: 1, seq: 1, payload: '<a/>' }
  for (const id of ['x', 'y'])
    await db
      .insertInto('pubsub_item')
      .values({ ...item, id, octets: 4 })
      .execute()
  const store = await NodeStore.open(database)
  const indexed = await Array.fromAsync(store.index())
  assert.deepEqual(
    indexed.map(({ name, octets }) => [name, octets]),
    [
      ['one', 0],
      ['two', 8],
    ],
  )
  const seen = await new NodeListing(database).page('pubsub.a.example', '', 'bob@a.example', FIRST_PAGE, 10)
  assert.deepEqual(seen, { rows: [{ name: 'two', title: '' }], index: 0, count: 1 })
})
contract('PUB-30: a node that was in one collection is in it still, and can be in others', async (open) => {
  const { database } = await open()
  await database.migrate(PUBSUB, nodeMigrations.slice(0, 4))
  type Before = { pubsub_node: NodeTables['pubsub_node'] & { parent: string } }
  const row = {
    owner: 'pubsub.a.example',
    creator: 'a@a.example',
    created_at: 0,
    config: '{}',
    offered: 0,
    access: 'open',
    octets: 7,
  } as const
  const rows = [
    { ...row, uid: '1', name: 'c', parent: '' },
    { ...row, uid: '2', name: 'n', parent: 'c' },
  ]
  await database.write(database.schema<Before>().insertInto('pubsub_node').values(rows).compile())
  const store = await NodeStore.open(database)
  const children = (parent: string) => store.children('pubsub.a.example', parent)
  assert.deepEqual(await children('c'), ['n'])
  const node = (await store.load('pubsub.a.example', ['n'])).get('n')!
  assert.deepEqual(node.config.collection, ['c'])
  await save(store, node, { change: 'config', config: { ...node.config, collection: ['c', 'd'] } })
  assert.deepEqual([await children('c'), await children('d')], [['n'], ['n']])
  await save(store, node, { change: 'config', config: { ...node.config, collection: ['d'] } })
  assert.deepEqual([await children('c'), await children('d')], [[], ['n']])
})
contract('PUB-21: a service lists what somebody may see, page by page', async (open) => {
  const { database } = await open()
  const store = await NodeStore.open(database)
  const names = ['a', 'B', 'c', 'd', 'e', 'f']
  for (const name of names) {
    const node = nodeWith({ ...DEFAULTS, title: `The ${name}`, access_model: name === 'd' ? 'whitelist' : 'open' }, name)
    await save(store, node, { change: 'created' })
    if (name === 'c') await save(store, node, { change: 'affiliation', jid: 'bob@a.example', affiliation: 'outcast' })
    if (name === 'd') await save(store, node, { change: 'affiliation', jid: 'bob@a.example', affiliation: 'member' })
  }
  const listing = new NodeListing(database)
  const page = async (asker: string, ask: Partial<PageAsk>): Promise<string> => {
    const { rows, index, count } = await listing.page('owner@a.example', '', asker, { ...FIRST_PAGE, ...ask }, 3)
    return `${rows.map(({ name }) => name).join('')} ${index} ${count}`
  }
  const asked = (ask: Partial<PageAsk>): Promise<string> => page('bob@a.example', ask)
  assert.equal(await page('eve@a.example', { max: 9 }), 'Bac 0 5')
  assert.equal(await asked({}), 'Bad 0 5')
  assert.equal(await asked({ after: 'd' }), 'ef 3 5')
  assert.equal(await asked({ after: 'f' }), ' 0 5')
  assert.equal(await asked({ before: '' }), 'def 2 5')
  assert.equal(await asked({ before: 'e', max: 2 }), 'ad 1 5')
  assert.equal(await asked({ index: 2, max: 2 }), 'de 2 5')
  assert.equal(await asked({ max: 0 }), ' 0 5')
  await assert.rejects(asked({ after: 'c' }), /item-not-found/)
})
