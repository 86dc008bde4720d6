import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpVisitor } from '../../../test/support/http-visitor.ts'
import { memoryServer } from '../../../test/support/memory-server.ts'
import { CommandError, commandsOf, runCommand } from '../../admin/command.ts'
import { outageCommands } from '../../admin/outage-commands.ts'
import { silent } from '../../base/log.ts'
import { TrustedProxies } from '../../net/http-peer.ts'
import { HttpPort } from '../../net/http-port.ts'
import { serviceDiscovery } from '../0030-service-discovery/index.ts'
import { outagesOf, outageStatus } from './index.ts'

const ADDRESS = 'https://status.example.org/status.json'
const INFO = 'http://jabber.org/protocol/disco#info'

async function scene(addresses: readonly string[] = []) {
  const server = await memoryServer({ features: [serviceDiscovery, outageStatus], settings: { 'outage-status': { addresses } } })
  const { host } = server
  const commands = commandsOf(...outageCommands(outagesOf(host), host.clock))
  const admission = { enter: () => true, left() {} }
  const parts = { routes: host.http, clock: host.clock, log: silent, requestMs: 1000, proxies: new TrustedProxies([]), admission }
  const port = new HttpPort(parts)
  const get = async () => {
    const visitor = HttpVisitor.of(port)
    visitor.send('GET /status.json HTTP/1.1\nhost: example.net\norigin: https://client.example')
    return visitor.answer()
  }
  return { server, order: (name: string, args: object) => runCommand(commands, name, args), get }
}

test('EXT-4: the address of the status is in disco#info, if the operator names one', async () => {
  const ask = `<iq type='get' id='1' to='example.net'><query xmlns='${INFO}'/></iq>`
  const [{ server: with1 }, { server: without }] = [await scene([ADDRESS]), await scene()]
  const forms = async (server: typeof with1) => {
    const answer = await (await server.bind('romeo@example.net', '1')).ask(ask)
    return answer.elements[0]!.elements.filter((e) => e.name === 'x')
  }
  const [form] = await forms(with1)
  assert.deepEqual(
    form!.elements.map((e) => [e.attr('var'), e.elements.map((value) => value.text)]),
    [
      ['FORM_TYPE', ['urn:xmpp:sos:0']],
      ['external-status-addresses', [ADDRESS]],
    ],
  )
  assert.deepEqual(await forms(without), [])
})

test('EXT-4, XEP-0455 2.2: the file says what the operator has said, and {} when it is over', async () => {
  const { order, get } = await scene()
  const before = await get()
  assert.deepEqual([before.status, JSON.parse(before.body)], [200, {}])
  assert.match(before.head, /^access-control-allow-origin: \*$/im)
  const [beginning, end] = [Date.UTC(2026, 0, 12, 1, 1, 1), Date.UTC(2026, 0, 12, 5)]
  const message = { default: 'The server is being updated', de: 'Der Server wird erneuert' }
  await order('outage.set', { planned: true, beginning, end, message })
  assert.deepEqual(JSON.parse((await get()).body), {
    planned: true,
    beginning: '2026-01-12T01:01:01Z',
    expected_end: '2026-01-12T05:00:00Z',
    message,
  })
  await order('outage.clear', {})
  assert.deepEqual(JSON.parse((await get()).body), {})
})

test('an outage that cannot be is refused, and the one before stays', async () => {
  const { server, order } = await scene()
  const good = { planned: false, beginning: null, end: null, message: {} }
  await order('outage.set', good)
  const refused = (change: object): Promise<void> => assert.rejects(order('outage.set', { ...good, ...change }), CommandError)
  await refused({ end: 1 })
  await refused({ message: { de: 'ohne' } })
  await refused({ message: { 'default': 'x', 'no language': 'y' } })
  await refused({ message: { default: 'x'.repeat(2001) } })
  assert.deepEqual(await order('outage.show', {}), { ...good, beginning: server.clock.now() })
  await order('outage.clear', {})
  await assert.rejects(order('outage.clear', {}), CommandError)
})
