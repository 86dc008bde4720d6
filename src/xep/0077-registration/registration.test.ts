import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { encode, wire } from '../../xml/wire.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { ACCOUNT_DELETED } from '../../server/account/endings.ts'
import { memoryServer, STREAM, type MemoryServer } from '../../../test/support/memory-server.ts'
import { registration } from './index.ts'

const OPEN = { registration: { open: true } }
const fields = (username: string, password: string): string => `<username>${username}</username><password>${password}</password>`
const query = (content = ''): string => `<query xmlns='jabber:iq:register'>${content}</query>`
const names = (e: Element): string[] => e.elements.map((child) => child.name)
const condition = (iq: Element): string => iq.child('error')!.elements[0]!.name

/** Before authentication: the answer's name or the condition of the error. */
async function early(
  server: MemoryServer,
  type: 'get' | 'set',
  content = '',
  address = '192.0.2.1',
): Promise<string | Element | null> {
  const handle = server.server.streamFeatures.earlyHandler('jabber:iq:register')
  if (handle === undefined) return 'not offered'
  try {
    return await handle({ ...STREAM, address }, type, parseElement(encode(query(content))), wire('1'))
  } catch (error) {
    assert(error instanceof StanzaError)
    return error.condition
  }
}
const offers = (server: MemoryServer): string[] =>
  server.server.streamFeatures.beforeAuth.flatMap((offer) => offer(STREAM)?.ns ?? [])

test('XEP-0077 3.1: nobody makes an account unless the operator wants it', async () => {
  const server = await memoryServer({ features: [registration] })
  assert.equal(await early(server, 'set', fields('bill', 'Calliope')), 'service-unavailable')
  assert.deepEqual(offers(server), [])
})

test('XEP-0077 3.1, 8: an open server says so, tells the fields and makes the account', async () => {
  const server = await memoryServer({ features: [registration], settings: OPEN })
  assert.deepEqual(offers(server), ['http://jabber.org/features/iq-register'])
  assert.deepEqual(names((await early(server, 'get')) as Element), ['instructions', 'username', 'password'])
  const created: string[] = []
  server.host.on('account-created', ({ jid }) => created.push(jid.full))
  assert.equal(await early(server, 'set', fields('Bill', 'Calliope')), null)
  assert.deepEqual(created, ['bill@example.net'], 'the name is prepared')
  assert.equal(await server.stores.accounts.exists('bill@example.net'), true)
})

test('XEP-0077 3.1: a name that is taken is a conflict, however it is written', async () => {
  const server = await memoryServer({ features: [registration], settings: OPEN })
  await server.account('bill@example.net')
  assert.equal(await early(server, 'set', fields('BILL', 'Calliope')), 'conflict')
})

test('XEP-0077 3.1: what is missing or empty is not acceptable', async () => {
  const server = await memoryServer({ features: [registration], settings: OPEN })
  for (const content of [
    '',
    '<username>bill</username>',
    '<password>Calliope</password>',
    fields('', 'Calliope'),
    fields('bill', ''),
  ]) {
    assert.equal(await early(server, 'set', content), 'not-acceptable', content)
  }
})

test('XEP-0077 3.2: nobody removes anything before authentication', async () => {
  const server = await memoryServer({ features: [registration], settings: OPEN })
  assert.equal(await early(server, 'set', '<remove/>'), 'unexpected-request')
})

test('ESC-3, RFC 7622: names that are no localparts or begin or end with an escaped space are refused', async () => {
  const server = await memoryServer({ features: [registration], settings: { registration: { 'open': true, 'per-address': 0 } } })
  for (const name of ['\\20bill', 'bill\\20', 'bill@example.net', 'a b', 'a/b', 'x'.repeat(65)]) {
    assert.equal(await early(server, 'set', fields(name, 'Calliope')), 'not-acceptable', name)
  }
  assert.equal(await early(server, 'set', fields('a\\20b', 'Calliope')), null)
})

test('RFC 8265 4: passwords that are none, too short or endless are refused', async () => {
  const server = await memoryServer({ features: [registration], settings: OPEN })
  for (const password of ['1234567', 'with\ttabs1', 'x'.repeat(1024)]) {
    assert.equal(await early(server, 'set', fields('bill', password)), 'not-acceptable')
  }
})

test('one address gets so many attempts an hour, also where the name is taken; others are not concerned', async () => {
  const server = await memoryServer({ features: [registration], settings: { registration: { 'open': true, 'per-address': 2 } } })
  await server.account('taken@example.net')
  assert.equal(await early(server, 'set', fields('taken', 'Calliope')), 'conflict')
  assert.equal(await early(server, 'set', fields('one', 'Calliope')), null)
  assert.equal(await early(server, 'set', fields('two', 'Calliope')), 'resource-constraint')
  assert.equal(await early(server, 'set', fields('two', 'Calliope'), '192.0.2.2'), null)
  await server.advance(30 * 60_000)
  assert.equal(await early(server, 'set', fields('three', 'Calliope')), null)
  assert.equal(await early(server, 'set', fields('four', 'Calliope')), 'resource-constraint')
})

test('what is refused for its form does not count as an attempt', async () => {
  const server = await memoryServer({ features: [registration], settings: { registration: { 'open': true, 'per-address': 1 } } })
  assert.equal(await early(server, 'set', fields('bill', 'short')), 'not-acceptable')
  assert.equal(await early(server, 'set', fields('bill', 'long enough')), null)
})

test('XEP-0077 3.1: who has logged in sees his registration, asking the server or nobody in particular', async () => {
  const server = await memoryServer({ features: [registration] })
  const bill = await server.bind('bill@example.net', 'globe')
  for (const to of ['', "to='example.net'"]) {
    const answer = await bill.ask(`<iq type='get' id='1' ${to}>${query()}</iq>`)
    const own = answer.elements[0]!
    assert.equal(own.child('username')?.text, 'bill')
    assert.notEqual(own.child('registered'), undefined)
    assert.equal(own.child('password')?.text, '')
  }
})

test('XEP-0077 3.3: a change of password', async () => {
  const server = await memoryServer({ features: [registration] })
  const bill = await server.bind('bill@example.net', 'globe')
  const changed: string[] = []
  const { registrar } = server.host
  registrar.changePassword = async (bare, password) => changed.push(`${bare.bare} ${password}`) > 0
  const set = (content: string): Promise<Element> => bill.ask(`<iq type='set' id='1' to='example.net'>${query(content)}</iq>`)
  assert.equal((await set(fields('bill', 'groundlings'))).attr('type'), 'result')
  assert.deepEqual(changed, ['bill@example.net groundlings'])
  assert.equal(condition(await set('<password>groundlings</password>')), 'bad-request')
  assert.equal(condition(await set(fields('bill', ''))), 'bad-request')
  assert.equal(condition(await set(fields('bill', 'short'))), 'not-acceptable')
  assert.equal(condition(await set(fields('juliet', 'groundlings'))), 'not-allowed')
  assert.equal(changed.length, 1)
})

test('XEP-0077 3.2: a removal is answered, then all sessions of the account end', async () => {
  const server = await memoryServer({ features: [registration] })
  const globe = await server.bind('bill@example.net', 'globe')
  const rose = await server.bind('bill@example.net', 'rose')
  const answer = await globe.ask(`<iq type='set' id='unreg1'>${query('<remove/>')}</iq>`)
  assert.equal(answer.attr('type'), 'result')
  assert.deepEqual(globe.sent(), [])
  assert.equal(globe.ending, ACCOUNT_DELETED)
  assert.equal(rose.ending, ACCOUNT_DELETED)
  assert.equal(await server.stores.accounts.exists('bill@example.net'), false)
  assert.deepEqual(server.errors, [])
})

test('XEP-0077 3.2: <remove/> stands alone', async () => {
  const server = await memoryServer({ features: [registration] })
  const bill = await server.bind('bill@example.net', 'globe')
  assert.equal(
    condition(await bill.ask(`<iq type='set' id='1'>${query('<remove/><username>bill</username>')}</iq>`)),
    'bad-request',
  )
  assert.equal(bill.ending, null)
})

test('nobody touches the account of somebody else, or from elsewhere', async () => {
  const server = await memoryServer({ features: [registration], domains: ['example.net', 'example.org'] })
  await server.account('bill@example.net')
  const paris = await server.bind('paris@example.org', 'church')
  const far = server.remote('far.example')
  assert.equal(
    condition(await paris.ask(`<iq type='set' id='1' to='bill@example.net'>${query('<remove/>')}</iq>`)),
    'service-unavailable',
  )
  assert.equal(
    condition(await paris.ask(`<iq type='set' id='1' to='example.net'>${query('<remove/>')}</iq>`)),
    'service-unavailable',
  )
  assert.equal(
    condition(await far.ask(`<iq type='set' id='1' from='bill@far.example/x' to='example.net'>${query('<remove/>')}</iq>`)),
    'service-unavailable',
  )
  assert.equal(await server.stores.accounts.exists('bill@example.net'), true)
})

test('an operator can turn changes off: service-unavailable, and no feature', async () => {
  const server = await memoryServer({ features: [registration], settings: { registration: { changes: false } } })
  const bill = await server.bind('bill@example.net', 'globe')
  assert.equal(condition(await bill.ask(`<iq type='set' id='1'>${query('<remove/>')}</iq>`)), 'service-unavailable')
  assert.deepEqual(server.host.disco.server.features, [])
})
