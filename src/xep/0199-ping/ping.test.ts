import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '../../xml/element.ts'
import { UNRESPONSIVE } from '../../server/account/endings.ts'
import { memoryServer } from '../../../test/support/memory-server.ts'
import { clientStateIndication } from '../0352-client-state-indication/index.ts'
import { ping } from './index.ts'

const pingTo = (to: string): string => `<iq type='get' id='1' ${to && `to='${to}'`}><ping xmlns='urn:xmpp:ping'/></iq>`
const isPing = (e: Element): boolean =>
  e.name === 'iq' && e.attr('type') === 'get' && e.child('ping', 'urn:xmpp:ping') !== undefined
const MINUTE = 60_000
const INACTIVE = "<inactive xmlns='urn:xmpp:csi:0'/>"

async function capulets(settings: object = {}) {
  const server = await memoryServer({ features: [clientStateIndication, ping], settings: { ping: settings } })
  await server.contact('juliet@example.net', 'romeo@example.net', 'from')
  const romeo = await server.bind('romeo@example.net', 'orchard')
  return { server, romeo }
}

test('PING-1: the domain, the own bare JID and no address answer with an empty result', async () => {
  const { romeo } = await capulets()
  for (const to of ['example.net', 'romeo@example.net', '']) {
    const answer = await romeo.ask(pingTo(to))
    assert.equal(answer.attr('type'), 'result')
    assert.deepEqual(answer.children, [])
    assert.equal(answer.attr('from'), to === '' ? 'romeo@example.net' : to)
  }
})

test('PING-3: a full JID without a session is service-unavailable, from that JID', async () => {
  const { romeo } = await capulets()
  const answer = await romeo.ask(pingTo('juliet@example.net/balcony'))
  assert.equal(answer.attr('from'), 'juliet@example.net/balcony')
  assert.equal(answer.child('error')!.elements[0]!.name, 'service-unavailable')
})

test('PING-4: a session that does not show its presence is like none', async () => {
  const { server, romeo } = await capulets()
  const paris = await server.bind('paris@example.net', 'church')
  const answer = await romeo.ask(pingTo('paris@example.net/church'))
  assert.deepEqual(answer.elements, (await romeo.ask(pingTo('paris@example.net/elsewhere'))).elements)
  assert.deepEqual(paris.sent(), [])
})

test('PING-5: another server pings this one', async () => {
  const { server } = await capulets()
  const far = server.remote('far.example')
  const answer = await far.ask(pingTo('example.net').replace('<iq', "<iq from='far.example'"))
  assert.equal(answer.attr('type'), 'result')
})

test("PING-6: somebody else's bare JID answers who sees his presence; to others it is like none", async () => {
  const { server, romeo } = await capulets()
  const paris = await server.bind('paris@example.net', 'church')
  assert.equal((await romeo.ask(pingTo('juliet@example.net'))).attr('type'), 'result')
  const here = await paris.ask(pingTo('juliet@example.net'))
  assert.equal(here.child('error')!.elements[0]!.name, 'service-unavailable')
  assert.deepEqual(here.elements, (await paris.ask(pingTo('nobody@example.net'))).elements)
})

test('PING-2: a silent session is pinged once, by the server, at its full JID', async () => {
  const { server, romeo } = await capulets()
  await server.advance(MINUTE - 1)
  assert.deepEqual(romeo.sent(), [])
  await server.advance(10_000)
  const [iq, ...more] = romeo.sent()
  assert(isPing(iq!))
  assert.deepEqual(more, [])
  assert.equal(iq!.attr('from'), 'example.net')
  assert.equal(iq!.attr('to'), 'romeo@example.net/orchard')
})

test('PING-2: who says nothing at all upon a ping is ended as unresponsive, and not before its time', async () => {
  const { server, romeo } = await capulets()
  await server.advance(MINUTE)
  assert(romeo.sent().some(isPing))
  await server.advance(40_000 - 1)
  assert.equal(romeo.ending, null)
  await server.advance(10_000)
  assert.equal(romeo.ending, UNRESPONSIVE)
  assert.equal(server.host.sessions.size, 0)
})

test('PING-2: an answer, an error and any other stanza prove that the client is there', async () => {
  for (const reply of [
    "<iq type='result' id='ID' to='example.net'/>",
    "<iq type='error' id='ID' to='example.net'><error type='cancel'/></iq>",
    '<presence/>',
  ]) {
    const { server, romeo } = await capulets()
    await server.advance(MINUTE)
    const id = romeo.sent().find(isPing)!.attr('id')!
    await romeo.send(reply.replace('ID', id))
    romeo.sent()
    await server.advance(MINUTE - 1)
    assert.equal(romeo.ending, null, reply)
    assert.deepEqual(romeo.sent(), [], 'and nothing is sent back')
    await server.advance(10_000)
    assert(romeo.sent().some(isPing), 'silent again, it is pinged again')
  }
})

test('PING-2: a silent client is known to be away within two minutes', async () => {
  const { server, romeo } = await capulets()
  await server.advance(13_000) // whenever it falls silent
  await romeo.send("<message to='romeo@example.net' type='error'/>")
  await server.advance(2 * MINUTE - 3000) // less what it takes until others are told
  assert.equal(romeo.ending, UNRESPONSIVE)
})

test('0352: an inactive client is not woken more often than every five minutes', async () => {
  const { server, romeo } = await capulets()
  await romeo.send(INACTIVE)
  await server.advance(5 * MINUTE - 1)
  assert.deepEqual(romeo.sent(), [])
  await server.advance(10_000)
  assert(romeo.sent().some(isPing))
  assert.equal(server.host.streamFeatures.idle, 5 * MINUTE) // nor does it wake itself because we tell it to (XEP-0478)
})

test('PING-2: a session that talks is never pinged', async () => {
  const { server, romeo } = await capulets({ idle: '1 minute', timeout: '10 seconds' })
  for (let i = 0; i < 20; i++) {
    await server.advance(50_000)
    await romeo.send("<message to='romeo@example.net' type='error'/>")
  }
  assert.deepEqual(romeo.sent(), [])
})

test('PING-2: a session that can be resumed pauses; while it does, nobody pings it', async () => {
  const { server, romeo } = await capulets()
  romeo.session.resumableMs = 60 * MINUTE
  await server.advance(7 * MINUTE)
  assert.equal(romeo.ending, UNRESPONSIVE)
  assert.notEqual(romeo.session.pause, null)
  romeo.sent()
  await server.advance(50 * MINUTE)
  assert.equal(romeo.session.ended, false)
  assert.deepEqual(romeo.sent(), [])
})

test('PING-2: "0 s" turns it off', async () => {
  const { server, romeo } = await capulets({ idle: '0 s' })
  await server.advance(600 * MINUTE)
  assert.deepEqual(romeo.sent(), [])
  assert.equal(romeo.ending, null)
})
