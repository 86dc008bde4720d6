import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, settled } from '../../test/support/memory-server.ts'
import { features } from '../xep/catalogue.ts'
import { servedNodesOf } from '../xep/0060-publish-subscribe/index.ts'
import { commandsOf, runCommand } from './command.ts'
import { nodeCommands, type NodePage } from './node-commands.ts'

const PUBSUB = 'http://jabber.org/protocol/pubsub'
const SERVICE = 'pubsub.example.net'

test('node.list shows nodes page by page, and node.delete removes one and tells its subscribers', async () => {
  const server = await memoryServer({ features })
  const commands = commandsOf(...nodeCommands(servedNodesOf(server.host), 2))
  const ask = <T = unknown>(name: string, args: object): Promise<T> => runCommand(commands, name, args) as Promise<T>
  const romeo = await server.bind('romeo@example.net', 'orchard')
  await romeo.send('<presence/>')
  const set = (inside: string): string =>
    `<iq type='set' id='1' to='${SERVICE}'><pubsub xmlns='${PUBSUB}'>${inside}</pubsub></iq>`
  for (const node of ['a', 'b', 'c']) await romeo.ask(set(`<create node='${node}'/>`))
  await romeo.ask(set(`<subscribe node='b' jid='romeo@example.net'/>`))
  const first = await ask<NodePage>('node.list', { find: '', after: '' })
  const second = await ask<NodePage>('node.list', { find: '', after: first.next })
  assert.deepEqual(
    [...first.nodes, ...second.nodes].map(({ service, node, owners, access, items, subscriptions }) =>
      [service, node, owners.join(), access, items, subscriptions].join(' '),
    ),
    ['a', 'b', 'c'].map((node) => `${SERVICE} ${node} romeo@example.net open 0 ${node === 'b' ? 1 : 0}`),
  )
  assert.equal(second.next, null)
  assert.equal((await ask<NodePage>('node.list', { find: 'tybalt', after: '' })).nodes.length, 0)
  romeo.texts()
  assert.deepEqual(await ask('node.delete', { node: 'b', service: '' }), { service: SERVICE, node: 'b' })
  await settled()
  assert.match(romeo.texts().join(), /<delete node='b'\/>/)
  await assert.rejects(ask('node.delete', { node: 'b', service: SERVICE }), /There is no node "b"/)
  await assert.rejects(ask('node.delete', { node: 'a', service: 'example.net' }), /is no service of this server/)
})
