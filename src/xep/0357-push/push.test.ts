import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, settled, type Client, type MemoryServer, type Remote } from '../../../test/support/memory-server.ts'
import { CONNECTION_LOST, LOGOUT } from '../../server/account/endings.ts'
import { jid } from '../../xmpp/jid.ts'
import { serviceDiscovery } from '../0030-service-discovery/index.ts'
import { offlineMessages } from '../0160-offline-messages/index.ts'
import { streamManagement } from '../0198-stream-management/index.ts'
import { clientStateIndication } from '../0352-client-state-indication/index.ts'
import { selfPing } from '../0410-self-ping/index.ts'
import { push } from './index.ts'

const PUSH = 'urn:xmpp:push:0'
const ROMEO = 'romeo@example.net'
const OPTIONS = `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='secret'><value>s3cret</value></field></x>`
const enable = (node = 'n1', inside = ''): string =>
  `<iq type='set' id='e'><enable xmlns='${PUSH}' jid='push.example' node='${node}'>${inside}</enable></iq>`

async function opened(settings: object = {}) {
  const features = [serviceDiscovery, offlineMessages, streamManagement, clientStateIndication, selfPing, push]
  const server = await memoryServer({ features, settings: { push: settings } })
  await server.friends(ROMEO, 'juliet@example.net')
  const service = server.remote('push.example')
  const juliet = await server.bind('juliet@example.net', 'balcony')
  const phone = await server.bind(ROMEO, 'phone')
  await phone.send('<presence/>')
  return { server, service, juliet, phone }
}
/** What the push service was sent: its node, the number of messages, and the secret. It answers each. */
async function pushes(service: Remote, error = ''): Promise<readonly string[]> {
  const told: string[] = []
  for (const iq of service.sent()) {
    const pubsub = iq.child('pubsub', 'http://jabber.org/protocol/pubsub')!
    const publish = pubsub.child('publish')!
    const form = publish.child('item')!.child('notification', PUSH)!.child('x', 'jabber:x:data')!
    const counts = form.elements.slice(1).map((field) => `${field.attr('var')}=${field.elements[0]!.text}`)
    const secret = pubsub.child('publish-options')?.elements[0]!.elements[1]!.elements[0]!.text
    assert.equal(iq.attr('from'), 'example.net')
    told.push([publish.attr('node'), ...counts, ...(secret === undefined ? [] : [secret])].join(' '))
    const type = error === '' ? 'result' : 'error'
    await service.send(`<iq type='${type}' id='${iq.attr('id')}' from='push.example' to='example.net'>${error}</iq>`)
  }
  return told
}
const refusal = (condition: string, type: string): string =>
  `<error type='${type}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`
const write = (juliet: Client, to = ROMEO): Promise<void> =>
  juliet.send(`<message to='${to}' type='chat'><body>But soft</body></message>`)
async function leave(server: MemoryServer, client: Client, ending = LOGOUT): Promise<void> {
  server.host.sessions.leave(client.session, ending)
  await settled()
}

test('T-W08, PUSH-1: a device that is away is notified, with a count and the options of its client, and nothing of the content', async () => {
  const { server, service, juliet, phone } = await opened()
  const info = await phone.ask(`<iq type='get' id='i' to='${ROMEO}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`)
  assert(info.elements[0]!.elements.some((e) => e.attr('var') === PUSH))
  assert.equal((await phone.ask(enable('n1', OPTIONS))).attr('type'), 'result')
  await write(juliet)
  await server.advance(60_000)
  assert.deepEqual(await pushes(service), [], 'it is here')
  await leave(server, phone)
  await write(juliet)
  await server.advance(200)
  assert.deepEqual(await pushes(service), ['n1 message-count=1 s3cret'])
  await write(juliet)
  await write(juliet)
  await server.advance(59_000)
  assert.deepEqual(await pushes(service), [], 'once a minute')
  await server.advance(1000)
  assert.deepEqual(await pushes(service), ['n1 message-count=3 s3cret'])
  const again = await server.bind(ROMEO, 'phone')
  await leave(server, again)
  await write(juliet)
  await server.advance(200)
  assert.deepEqual(await pushes(service), ['n1 message-count=1 s3cret'], 'it was back')
  await server.remote('strange.example').send(`<presence type='subscribe' from='nurse@strange.example' to='${ROMEO}'/>`)
  await server.advance(60_000)
  assert.equal((await pushes(service))[0], 'n1 message-count=1 pending-subscription-count=1 s3cret')
})

test('PUSH-2: a paused session, and what it has not acknowledged; another device that is here changes nothing', async () => {
  const { server, service, juliet, phone } = await opened()
  await phone.send(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`)
  await phone.ask(enable())
  const desk = await server.bind(ROMEO, 'desk')
  await desk.send('<presence/>')
  await leave(server, phone, CONNECTION_LOST)
  await server.advance(1000)
  assert.deepEqual(await pushes(service), [], 'only presence is unacknowledged')
  await write(juliet)
  await server.advance(200)
  assert.deepEqual(await pushes(service), ['n1 message-count=1'])
})

test('PUSH-2: what had not reached the client when its connection broke is announced', async () => {
  const { server, service, juliet, phone } = await opened()
  await phone.send(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`)
  await phone.ask(enable())
  await write(juliet)
  await leave(server, phone, CONNECTION_LOST)
  await server.advance(200)
  assert.deepEqual(await pushes(service), ['n1 message-count=1'])
  server.host.sessions.end(phone.session, LOGOUT)
  await settled()
  await server.advance(60_000)
  assert.deepEqual(await pushes(service), [], 'what its end gives back was announced')
})

test('PUSH-2: an inactive client is notified of what it has not acknowledged in time', async () => {
  const { server, service, juliet, phone } = await opened()
  phone.sent()
  await phone.send(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`)
  await phone.send(enable())
  await phone.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
  let seen = 0
  const acknowledge = async (): Promise<void> => {
    seen += phone.sent().filter(({ name }) => ['iq', 'message', 'presence'].includes(name)).length
    await phone.send(`<a xmlns='urn:xmpp:sm:3' h='${seen}'/>`)
  }
  await acknowledge()
  await write(juliet)
  await acknowledge()
  await server.advance(30_000)
  assert.deepEqual(await pushes(service), [])
  await write(juliet)
  await server.advance(30_000)
  assert.equal((await pushes(service)).length, 1)
})

test('PUSH-4: a service that refuses is forgotten; one that fails is left alone for an hour', async () => {
  const { server, service, juliet, phone } = await opened()
  await phone.ask(enable())
  await leave(server, phone)
  const after = async (span: number, error: string): Promise<number> => {
    await write(juliet)
    await server.advance(span)
    return (await pushes(service, error)).length
  }
  for (let i = 0; i < 5; i++) assert.equal(await after(60_000, refusal('resource-constraint', 'wait')), 1)
  assert.equal(await after(60_000, ''), 0, 'left alone')
  await server.advance(3_600_000)
  assert.equal(await after(60_000, ''), 1)
  assert.equal(await after(60_000, refusal('item-not-found', 'cancel')), 1)
  assert.equal(await after(60_000, ''), 0)
  assert.deepEqual(await server.stores.devices.pushes(ROMEO), [])
})

test('PUSH-1: disabled by service or node, limited, and gone with the device and the account', async () => {
  const { server, service, juliet, phone } = await opened({ services: 2 })
  const nodes = async () => (await server.stores.devices.pushes(ROMEO)).map(({ node }) => node)
  for (const node of ['n1', 'n2', 'n3']) {
    await phone.ask(enable(node))
    await server.advance(1)
  }
  assert.deepEqual(await nodes(), ['n2', 'n3'])
  const disable = (node: string): string => `<iq type='set' id='d'><disable xmlns='${PUSH}' jid='push.example'${node}/></iq>`
  await phone.ask(disable(` node='n2'`))
  assert.deepEqual(await nodes(), ['n3'])
  await phone.ask(disable(''))
  assert.deepEqual(await nodes(), [])
  for (const wrong of [
    `<enable xmlns='${PUSH}'/>`,
    `<enable xmlns='${PUSH}' jid='@'/>`,
    `<enable xmlns='${PUSH}' jid='p.example'><x xmlns='jabber:x:data' type='submit'/></enable>`,
  ]) {
    const answer = await phone.ask(`<iq type='set' id='w'>${wrong}</iq>`)
    assert.equal(answer.child('error')?.elements[0]!.name, 'bad-request')
  }
  assert.equal(
    (await juliet.ask(`<iq type='set' id='w' to='${ROMEO}'><enable xmlns='${PUSH}' jid='p.example'/></iq>`)).attr('type'),
    'error',
  )
  await phone.ask(enable())
  await leave(server, phone)
  await server.stores.devices.revokeAll(ROMEO)
  await write(juliet)
  await server.advance(60_000)
  assert.deepEqual(await pushes(service), [], 'signed out')
  await server.host.registrar.delete(jid(ROMEO))
  assert.deepEqual(await nodes(), [])
})
