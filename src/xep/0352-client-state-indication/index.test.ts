import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, settled, STREAM, type Client, type MemoryServer } from '../../../test/support/memory-server.ts'
import { invisibility } from '../0186-invisibility/index.ts'
import { blocking } from '../0191-blocking/index.ts'
import { clientStateIndication } from './index.ts'

const ALICE = 'alice@a.example'
const BOB = 'bob@a.example'
const ACTIVE = "<active xmlns='urn:xmpp:csi:0'/>"
const INACTIVE = "<inactive xmlns='urn:xmpp:csi:0'/>"
const away = (status: string): string => `<presence><show>away</show><status>${status}</status></presence>`

async function friends(): Promise<{ server: MemoryServer; phone: Client; bob: Client }> {
  const server = await memoryServer({ features: [clientStateIndication, blocking, invisibility], domains: ['a.example'] })
  await server.friends(ALICE, BOB)
  const phone = await server.bind(ALICE, 'phone')
  const bob = await server.bind(BOB, 'x')
  await phone.send('<presence/>')
  await bob.send('<presence/>')
  phone.sent()
  bob.sent()
  return { server, phone, bob }
}
const seen = (client: Client): readonly string[] =>
  client.sent().map((e) => `${e.name} ${e.child('status')?.text ?? e.attr('type') ?? ''}`.trim())

test('XEP-0352 3.1: it is offered after authentication', async () => {
  const { server } = await friends()
  const offers = server.server.streamFeatures.afterAuth.map((offer) => offer(STREAM))
  assert.deepEqual(
    offers.map((e) => `${e?.name} ${e?.ns}`),
    ['csi urn:xmpp:csi:0'],
  )
})

test('T-CSI1: fifty updates and then a chat: the chat comes at once, after the last update', async () => {
  const { phone, bob } = await friends()
  await phone.send(INACTIVE)
  for (let i = 0; i < 50; i++) await bob.send(away(`${i}`))
  assert.deepEqual(phone.sent(), [])
  await bob.send(`<message type='chat' to='${ALICE}'><body>x</body></message>`)
  assert.deepEqual(seen(phone), ['presence 49', 'message chat'])
  await phone.send(ACTIVE)
  assert.deepEqual(phone.sent(), [])
})

test('T-CSI2: what was held back comes before the answer to what follows the announcement', async () => {
  const { phone, bob } = await friends()
  await phone.send(INACTIVE)
  await bob.send(away('here'))
  void phone.send(ACTIVE)
  void phone.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>")
  await settled()
  assert.deepEqual(seen(phone), ['presence here', 'iq result'])
  await bob.send(away('now'))
  assert.deepEqual(seen(phone), ['presence now'])
})

test('T-CSI2: also when the announcement has to wait for what the client sent before it', async () => {
  const { phone, bob } = await friends()
  await phone.send(INACTIVE)
  await bob.send(away('here'))
  void phone.send("<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='carol@a.example'/></query></iq>")
  void phone.send(ACTIVE)
  void phone.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>")
  await settled()
  assert.deepEqual(seen(phone), ['iq result', 'presence here', 'iq result'])
})

test('XEP-0352 4.2, T-CSI3: a resumed session is active', async () => {
  const { server, phone, bob } = await friends()
  await phone.send(INACTIVE)
  await bob.send(away('meanwhile'))
  server.host.tell('session-resumed', { session: phone.session, after: 'stream-lost' })
  assert.deepEqual(seen(phone), ['presence meanwhile'])
  await bob.send(away('now'))
  assert.deepEqual(seen(phone), ['presence now'])
})

test("XEP-0352 5: nobody else learns of it, and the client's own presence is echoed", async () => {
  const { phone, bob } = await friends()
  await phone.send(INACTIVE)
  assert.deepEqual(bob.sent(), [])
  await phone.send(away('asleep'))
  assert.deepEqual(seen(bob), ['presence asleep'])
  assert.deepEqual(seen(phone), ['presence asleep'])
})

test('Two clients of one user: only the inactive one is spared', async () => {
  const { server, phone, bob } = await friends()
  const desk = await server.bind(ALICE, 'desk')
  await desk.send('<presence/>')
  desk.sent()
  phone.sent()
  bob.sent()
  await phone.send(INACTIVE)
  await bob.send(away('out'))
  assert.deepEqual(seen(desk), ['presence out'])
  assert.deepEqual(seen(phone), [])
})

test('Metrics: what waits is counted while it waits, and delivered presence once', async () => {
  const { server, phone, bob } = await friends()
  const held = server.host.metrics.gauges.find((gauge) => gauge.name === 'porchlight_csi_held_stanzas')!
  const delivered = server.host.metrics.counters.find((counter) => counter.name === 'porchlight_presences_delivered_total')!
  await phone.send(INACTIVE)
  const before = delivered.value
  await bob.send(away('1'))
  await bob.send(away('2'))
  assert.equal(held.read(), 1)
  await phone.send(ACTIVE)
  assert.equal(held.read(), 0)
  assert.equal(delivered.value - before, 3, 'one to the phone and two echoes to the sender')
})

const order = (name: string, ns: string, rest: string): string => `<iq type='set' id='o'><${name} xmlns='${ns}' ${rest}/></iq>`
const BLOCKING = 'urn:xmpp:blocking'
const block = (name: string): string => `<iq type='set' id='o'><${name} xmlns='${BLOCKING}'><item jid='${BOB}'/></${name}></iq>`
const ANEW: Readonly<Record<string, readonly string[]>> = {
  'blocks a contact and unblocks them': [block('block'), block('unblock')],
  'becomes unavailable and available': ["<presence type='unavailable'/>", '<presence/>'],
  'becomes invisible and looks around': [order('invisible', 'urn:xmpp:invisible:1', "probe='true'")],
}
for (const [does, stanzas] of Object.entries(ANEW))
  test(`A client that ${does} while it is inactive did not get again what it had seen`, async () => {
    const { phone, bob } = await friends()
    await phone.send(INACTIVE)
    await phone.send(ACTIVE)
    await bob.send(away('here'))
    await phone.send(INACTIVE)
    for (const stanza of stanzas) await phone.send(stanza)
    await settled()
    phone.sent()
    await phone.send(ACTIVE)
    assert.deepEqual(seen(phone), ['presence here'])
  })
