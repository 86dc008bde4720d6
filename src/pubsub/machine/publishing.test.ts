import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Payload } from '../../xmpp/packet.ts'
import { actorOf, circumstances, NOON, nodeWith, payloadOf } from '../testing.ts'
import { LIMITS, type Command, type NewItem } from './commands.ts'
import { DEFAULTS, disagreement, readFields, type NodeConfig } from './config.ts'
import { decide, isRefused } from './decide.ts'
import type { Node } from './node.ts'
import { growthOf } from './growth.ts'
import { apply, type Plan } from './plan.ts'

const OWNER = actorOf('owner@a.example/1')
const item = (id: string, text = id): NewItem => ({ id, payload: payloadOf(text) })
const publishing = (...items: readonly NewItem[]): Command => ({ do: 'publish', items, conditions: null })
const retracting = (...ids: readonly string[]): Command => ({ do: 'retract', ids, notify: true })
function publish(node: Node, items: readonly NewItem[], given = circumstances()): string | Plan {
  const decision = decide(node, OWNER, publishing(...items), given)
  if (isRefused(decision)) return decision.refuse
  apply(node, decision.changes)
  return decision
}
const withConfig = (config: Partial<NodeConfig>): Node => nodeWith({ ...DEFAULTS, ...config })
const ids = (node: Node): readonly string[] => [...node.items.keys()]

test('XEP-0060 12.1: an item that is published again is the newest', () => {
  const node = withConfig({})
  publish(node, [item('a'), item('b')])
  publish(node, [item('a', 'again')])
  assert.deepEqual(ids(node), ['b', 'a'])
  assert.equal(node.newest!.id, 'a')
  assert.equal(node.last!.payload.text, payloadOf('again').text)
})
test('XEP-0060 7.1.2.5: the oldest items go, and that is told where there are several', () => {
  const node = withConfig({ max_items: 2 })
  publish(node, [item('a'), item('b')])
  const plan = publish(node, [item('c')])
  assert.deepEqual(ids(node), ['b', 'c'])
  assert.deepEqual(typeof plan === 'object' && plan.told.map(({ told }) => told), ['item', 'retracted'])
  const single = withConfig({ max_items: 1 })
  publish(single, [item('a')])
  const next = publish(single, [item('b')])
  assert.deepEqual(typeof next === 'object' && next.told.map(({ told }) => told), ['item'])
})
test('T-E12, PS-6: what cannot be published', () => {
  const full = withConfig({ max_items: 1, publish_node_full: 'reject' })
  publish(full, [item('a')])
  assert.equal(publish(full, [item('b')]), 'node-full')
  assert.equal(typeof publish(full, [item('a', 'new')]), 'object', 'the same item has its place')
  assert.equal(publish(withConfig({ max_payload_size: 30 }), [item('a', 'x'.repeat(30))]), 'payload-too-big')
  assert.equal(publish(withConfig({}), []), 'item-required')
  assert.equal(publish(withConfig({}), [{ id: 'a', payload: Payload.empty }]), 'payload-required')
  assert.equal(publish(withConfig({ persist_items: false, deliver_payloads: false }), [item('a')]), 'item-forbidden')
  assert.equal(publish(withConfig({ max_items: 1 }), [item('a'), item('b')]), 'too-many-items')
  assert.equal(
    publish(
      withConfig({}),
      Array.from({ length: 21 }, (_, i) => item(String(i))),
    ),
    'too-many-items',
  )
  assert.equal(publish(withConfig({}), [item('a')], circumstances({ octetsMax: 100 })), 'no-room')
  assert.equal(publish(withConfig({}), [item('x'.repeat(1024))]), 'item-name')
})
test('PS-7: several items together are published all or not at all', () => {
  const node = withConfig({ max_payload_size: 40 })
  assert.equal(publish(node, [item('a'), item('b', 'x'.repeat(40))]), 'payload-too-big')
  assert.deepEqual(ids(node), [])
})
test('PUB-11, T-E04: every field is a condition; spellings of one value are equal', () => {
  const read = (...pairs: readonly (readonly [string, string])[]) => {
    const found = readFields(new Map(pairs.map(([name, value]) => [`pubsub#${name}`, [value]])), LIMITS)
    assert('changes' in found)
    return found.changes
  }
  const config = { ...DEFAULTS, max_items: 'max' } as const
  assert.equal(
    disagreement(config, read(['persist_items', 'true'], ['max_items', '1000'], ['access_model', 'open']), LIMITS),
    null,
  )
  assert.equal(
    disagreement({ ...config, max_items: 1000 }, read(['max_items', 'max']), LIMITS),
    null,
    'PUB-10: in both directions',
  )
  assert.equal(disagreement(config, read(['persist_items', '0']), LIMITS), 'persist_items')
  assert.equal(disagreement(config, read(['send_last_published_item', 'never']), LIMITS), 'send_last_published_item')
  const node = nodeWith(config)
  const decision = decide(node, OWNER, { do: 'publish', items: [item('a')], conditions: { max_items: 5 } }, circumstances())
  assert.deepEqual(decision, { refuse: 'precondition', field: 'max_items' })
})
test('XEP-0060 8.2: fewer items than there are: the oldest go', () => {
  const node = withConfig({})
  publish(node, [item('a'), item('b'), item('c')])
  const decision = decide(node, OWNER, { do: 'configure', changes: { max_items: 1 } }, circumstances())
  assert(!isRefused(decision))
  apply(node, decision.changes)
  assert.deepEqual(ids(node), ['c'])
})
test('XEP-0060 16.4.4: items whose time is over', () => {
  const node = withConfig({ item_expire: 60 })
  publish(node, [item('a')])
  const at = (now: number): readonly string[] => {
    const decision = decide(node, OWNER, { do: 'expire' }, { ...circumstances(), now })
    return isRefused(decision) ? ['refused'] : decision.changes.map(({ change }) => change)
  }
  assert.deepEqual(at(NOON + 59_999), [])
  assert.deepEqual(at(NOON + 60_000), ['no-item'])
})

test('property: what a node says of its items is what a list of them says', () =>
  fc.assert(
    fc.property(
      fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), isRetracted: fc.boolean() })),
      fc.integer({ min: 1, max: 4 }),
      (steps, max) => {
        const node = withConfig({ max_items: max })
        let model: string[] = []
        for (const { id, isRetracted } of steps) {
          if (isRetracted && !model.includes(id)) continue
          if (isRetracted) {
            const decision = decide(node, OWNER, { do: 'retract', ids: [id], notify: false }, circumstances())
            assert(!isRefused(decision))
            apply(node, decision.changes)
          } else publish(node, [item(id)])
          model = model.filter((one) => one !== id)
          if (!isRetracted) model = [...model, id].slice(-max)
          assert.deepEqual(ids(node), model)
          assert.equal(node.newest?.id ?? null, model.at(-1) ?? null)
          assert.equal(node.last === null || node.last.id === node.newest!.id, true)
        }
      },
    ),
  ))

test('ids that were named twice were weighed twice, and the limit of storage no longer held', () => {
  const batch = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(300)), { minLength: 1, maxLength: 8 })
  const property = fc.property(fc.array(fc.tuple(fc.boolean(), batch), { maxLength: 8 }), (steps) => {
    const node = withConfig({ max_items: 8 })
    for (const [isAdded, some] of steps) {
      const given = some.map(([id, length]) => item(id, 'x'.repeat(length)))
      const command = isAdded ? publishing(...given) : retracting(...given.map(({ id }) => id).filter((id) => node.items.has(id)))
      const decision = decide(node, OWNER, command, circumstances())
      assert(!isRefused(decision))
      const expected = node.octets + growthOf(node, decision.changes)
      apply(node, decision.changes)
      assert.equal(node.octets, expected)
    }
  })
  fc.assert(property)
})
test('an id that is named twice is told once; of two items with one id, the last one counts', () => {
  const node = withConfig({})
  const published = publish(node, [item('a', 'first'), item('b'), item('a', 'second')])
  assert(typeof published === 'object')
  assert.deepEqual(ids(node), ['b', 'a'])
  assert.equal(node.last!.payload.text, payloadOf('second').text)
  assert.equal(published.told.length, 2)
  const retracted = decide(node, OWNER, retracting('a', 'a'), circumstances())
  assert(!isRefused(retracted))
  assert.deepEqual(retracted.told, [{ told: 'retracted', ids: ['a'] }])
})
