import assert from 'node:assert/strict'
import { contract } from '../../test/support/contract.ts'
import { DEFAULTS } from './machine/config.ts'
import { apply, type Change } from './machine/plan.ts'
import type { Node } from './machine/node.ts'
import { NodeStore } from './store.ts'
import { itemOf, nodeWith } from './testing.ts'

async function save(store: NodeStore, node: Node, ...changes: readonly Change[]): Promise<void> {
  await store.save(node, changes, false)
  apply(node, changes)
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
  const subscription = { subid: 's', jid: 'x@b.example/1', state: 'pending', deliver: true } as const
  await save(store, node, { change: 'subscription', subscription })
  await save(store, node, { change: 'subscription', subscription: { ...subscription, state: 'subscribed', deliver: false } })
  const [again, ...more] = await store.load('owner@a.example')
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
  assert.deepEqual(await store.load('other@a.example'), [])
})
contract('PUB-3: the index, and what is deleted', async (open) => {
  const { database } = await open()
  const store = await NodeStore.open(database)
  const [one, two] = [nodeWith(DEFAULTS, 'one'), nodeWith(DEFAULTS, 'two')]
  for (const node of [one, two]) await save(store, node, { change: 'created' })
  await store.save(two, [put('a', 1)], true)
  assert.deepEqual(await Array.fromAsync(store.index()), [
    { owner: 'owner@a.example', name: 'one', isOffered: false },
    { owner: 'owner@a.example', name: 'two', isOffered: true },
  ])
  await save(store, one, { change: 'deleted' })
  assert.deepEqual(
    (await store.load('owner@a.example')).map(({ origin }) => origin.name),
    ['two'],
  )
  await save(store, two, { change: 'no-items' })
  assert.equal((await store.load('owner@a.example'))[0]!.items.size, 0)
})
contract('the nodes of a deleted account go, and what it had at nodes of others', async (open) => {
  const { database } = await open()
  const store = await NodeStore.open(database)
  const node = nodeWith(DEFAULTS)
  await save(store, node, { change: 'created' }, put('a', 1))
  const subscription = { subid: 's', jid: 'x@b.example/1', state: 'subscribed', deliver: true } as const
  await save(
    store,
    node,
    { change: 'subscription', subscription },
    { change: 'affiliation', jid: 'x@b.example', affiliation: 'member' },
  )
  assert.equal(await store.subscriptionsOf('x@b.example', 10), 1)
  assert.deepEqual(await store.ownersFor('x@b.example'), ['owner@a.example'])
  await store.forget('x@b.example')
  const [left] = await store.load('owner@a.example')
  assert.deepEqual([left!.items.size, left!.subscriptions.size, left!.affiliations.size], [1, 0, 0])
  await store.forget('owner@a.example')
  assert.deepEqual(await store.load('owner@a.example'), [])
})
