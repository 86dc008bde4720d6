import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { memoryServer } from '../../../test/support/memory-server.ts'
import { externalServices } from './index.ts'
import { serviceAt } from './services.ts'

const NS = 'urn:xmpp:extdisco:2'
const SERVERS = ['stun:192.0.2.1:3479', 'turn:turn.example.org?transport=tcp', 'turns:[2001:db8::1]']
const ask = (inside: string): string => `<iq type='get' id='1' to='example.net'>${inside}</iq>`

async function client(settings: object) {
  const server = await memoryServer({ features: [externalServices], settings: { 'external-services': settings } })
  const romeo = await server.bind('romeo@example.net', 'orchard')
  return { server, ask: async (inside: string) => (await romeo.ask(ask(inside))).elements[0]! }
}

test('URIs of RFC 7064 and 7065', () => {
  const table = [
    ['stun:a.example', 'stun', 'a.example', 3478, 'udp'],
    ['stuns:a.example:1', 'stuns', 'a.example', 1, 'tcp'],
    ['turn:a.example?transport=tcp', 'turn', 'a.example', 3478, 'tcp'],
    ['turns:[2001:db8::1]', 'turns', '2001:db8::1', 5349, 'tcp'],
  ] as const
  for (const [uri, type, host, port, transport] of table) assert.deepEqual(serviceAt(uri), { type, host, port, transport })
  for (const uri of [
    '',
    'http:a',
    'stun:',
    'stun:a:0',
    'stun:a:99999',
    'stun:a?transport=udp',
    'turn:a?transport=x',
    'turn:[zz]',
  ])
    assert.equal(serviceAt(uri), null, uri)
})

test('EXT-1: what is configured, with credentials for relays that prove themselves to who knows the secret', async () => {
  const { server, ask } = await client({ servers: SERVERS, secret: 'a secret', lifetime: '1 hour' })
  const all = await ask(`<services xmlns='${NS}'/>`)
  assert.deepEqual(
    all.elements.map((e) => ['type', 'host', 'port', 'transport'].map((name) => e.attr(name))),
    [
      ['stun', '192.0.2.1', '3479', 'udp'],
      ['turn', 'turn.example.org', '3478', 'tcp'],
      ['turns', '2001:db8::1', '5349', 'tcp'],
    ],
  )
  assert.equal(all.elements[0]!.attr('username'), undefined)
  const [username = '', password, expires = ''] = ['username', 'password', 'expires'].map((name) => all.elements[1]!.attr(name))
  assert.equal(password, createHmac('sha1', 'a secret').update(username).digest('base64'))
  assert.equal(Number(username.split(':')[0]) * 1000, Date.parse(expires))
  assert.ok(Math.abs(Date.parse(expires) - server.clock.now() - 3_600_000) < 1000)
  assert.doesNotMatch(username, /romeo/)
})

test('EXT-1: a question for one type has an answer of that type; credentials are for relays of the list', async () => {
  const { ask } = await client({ servers: SERVERS, secret: 'a secret' })
  const turn = await ask(`<services xmlns='${NS}' type='turn'/>`)
  assert.deepEqual([turn.attr('type'), turn.elements.length], ['turn', 1])
  assert.deepEqual((await ask(`<services xmlns='${NS}' type='ftp'/>`)).elements, [])
  const credentials = (of: string) => ask(`<credentials xmlns='${NS}'><service ${of}/></credentials>`)
  assert.ok((await credentials(`host='turn.example.org' type='turn'`)).elements[0]!.attr('password') !== undefined)
  for (const [of, condition] of [
    [`host='192.0.2.1' type='stun'`, 'item-not-found'],
    [`host='elsewhere.example' type='turn'`, 'item-not-found'],
    [`host='turn.example.org' type='turn' port='1'`, 'item-not-found'],
    [`host='turn.example.org'`, 'bad-request'],
  ] as const)
    assert.equal((await credentials(of)).elements[0]!.name, condition, of)
})

test('EXT-1: without a secret there are no credentials, without servers there is no answer', async () => {
  const open = await client({ servers: SERVERS })
  assert.equal((await open.ask(`<services xmlns='${NS}'/>`)).elements[1]!.attr('username'), undefined)
  const none = await client({})
  assert.equal((await none.ask(`<services xmlns='${NS}'/>`)).elements[0]!.name, 'service-unavailable')
})

test('EXT-1: people of other servers are not told', async () => {
  const { server } = await client({ servers: SERVERS })
  const elsewhere = server.remote('elsewhere.example')
  const answer = await elsewhere.ask(ask(`<services xmlns='${NS}'/>`).replace('<iq ', `<iq from='juliet@elsewhere.example/1' `))
  assert.equal(answer.child('error')!.elements[0]!.name, 'forbidden')
})
