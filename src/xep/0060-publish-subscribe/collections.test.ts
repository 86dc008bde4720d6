import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemEntropy } from '../../base/entropy.ts'
import { silent } from '../../base/log.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { LIMITS, type Command } from '../../pubsub/machine/commands.ts'
import { DEFAULTS } from '../../pubsub/machine/config.ts'
import { isRefused } from '../../pubsub/machine/decide.ts'
import { Nodes } from '../../pubsub/nodes.ts'
import { Paces } from '../../pubsub/paces.ts'
import { NodeListing } from '../../pubsub/store-listing.ts'
import { NodeStore } from '../../pubsub/store.ts'
import { actorOf, payloadOf } from '../../pubsub/testing.ts'
import { openInMemory } from '../../storage/sqlite.ts'
import type { Element } from '../../xml/element.ts'
import { Collections } from './collections.ts'

const limits = { ...LIMITS, childrenMax: 10 }
const SERVICE = 'pubsub.a.example'
const whatOf = (event: Element): string => {
  const { name, attrs, elements } = event.elements[0]!
  return `${name} ${attrs['node']} ${elements[0]?.name}`
}

test('a node that moved twice was told to be where it was later', async (t) => {
  const clock = new ManualClock()
  const database = openInMemory({ clock })
  t.after(() => database.close())
  const nodes = new Nodes({
    clock,
    entropy: systemEntropy,
    log: silent,
    store: await NodeStore.open(database),
    listing: new NodeListing(database),
    accounts: { limits, paces: new Paces(1000) },
    isBeside: () => false,
    besideMax: 0,
    isLocal: () => true,
    octetsMax: 1_000_000,
  })
  const perform = async (name: string, command: Command, by = 'alice@a.example/1') => {
    const make = { defaults: DEFAULTS, changes: command.do === 'create' ? command.config : {} }
    const outcome = await nodes.perform({ owner: SERVICE, name, actor: actorOf(by), command, make })
    assert(!isRefused(outcome), JSON.stringify(outcome))
    return outcome
  }
  for (const name of ['a', 'b']) {
    await perform(name, { do: 'create', config: { node_type: 'collection' } })
    const options = { about: 'all' } as const
    await perform(name, { do: 'subscribe', jid: `of-${name}@a.example`, subid: name, options }, `of-${name}@a.example/1`)
  }
  await perform('n', { do: 'create', config: {} })
  const sent: string[] = []
  const read = Promise.withResolvers<void>()
  const failures: unknown[] = []
  const collections = new Collections({
    // Collections have to be read, and that takes as long as what happens meanwhile
    nodes: {
      one: (owner, name) => read.promise.then(() => nodes.one(owner, name)),
      above: (node, names) => read.promise.then(() => nodes.above(node, names)),
    },
    send: (_, [event], to) => void sent.push(`${to.join(' ')}: ${whatOf(event!)}`),
    failed: (error) => void failures.push(error),
  })
  const steps: readonly Command[] = [
    { do: 'configure', changes: { collection: ['a'] } },
    { do: 'publish', items: [{ id: '1', payload: payloadOf('one') }], conditions: null },
    { do: 'configure', changes: { collection: ['b'] } },
  ]
  for (const command of steps) {
    const { node, plan } = await perform('n', command)
    collections.happened(node, plan)
  }
  read.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(failures, [])
  assert.deepEqual(sent, [
    'of-a@a.example: collection a associate',
    'of-a@a.example: items n item',
    'of-a@a.example: collection a dissociate',
    'of-b@a.example: collection b associate',
  ])
})
