import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '../../xml/element.ts'
import { LOGOUT } from '../../server/account/endings.ts'
import { memoryServer } from '../../../test/support/memory-server.ts'
import { lastActivity } from './index.ts'

const last = (to: string): string => `<iq type='get' id='1' to='${to}'><query xmlns='jabber:iq:last'/></iq>`
const query = (iq: Element): Element => iq.child('query', 'jabber:iq:last')!
const condition = (iq: Element): string => iq.child('error')!.elements[0]!.name

async function capulets() {
  const server = await memoryServer({ features: [lastActivity] })
  await server.contact('juliet@example.net', 'romeo@example.net', 'from')
  const romeo = await server.bind('romeo@example.net', 'orchard')
  return { server, romeo }
}

test('LAST-1: the seconds since the last session ended, with the status that it left', async () => {
  const { server, romeo } = await capulets()
  const juliet = await server.bind('juliet@example.net', 'balcony')
  await juliet.send('<presence/>')
  await juliet.send("<presence type='unavailable'><status>Heading Home</status></presence>")
  server.host.sessions.end(juliet.session, LOGOUT)
  await server.advance(903_999)
  const answer = query(await romeo.ask(last('juliet@example.net')))
  assert.equal(answer.attr('seconds'), '903')
  assert.equal(answer.text, 'Heading Home')
})

test('LAST-1: 0 and nothing else as long as a resource is connected, available or not; never asked itself', async () => {
  const { server, romeo } = await capulets()
  const juliet = await server.bind('juliet@example.net', 'balcony')
  await server.advance(60_000)
  const answer = query(await romeo.ask(last('juliet@example.net')))
  assert.equal(answer.attr('seconds'), '0')
  assert.deepEqual(answer.children, [])
  assert.deepEqual(juliet.sent(), [])
})

test('LAST-1: an account that was never seen to go has no such time', async () => {
  const { romeo } = await capulets()
  assert.equal(condition(await romeo.ask(last('juliet@example.net'))), 'service-unavailable')
})

test('LAST-2: a stranger is forbidden, and an account is like none: for bare and full JIDs', async () => {
  const { server } = await capulets()
  const paris = await server.bind('paris@example.net', 'church')
  const juliet = await server.bind('juliet@example.net', 'balcony')
  await juliet.send('<presence/>')
  juliet.sent()
  for (const resource of ['', '/balcony', '/elsewhere']) {
    const here = await paris.ask(last(`juliet@example.net${resource}`))
    const nowhere = await paris.ask(last(`nobody@example.net${resource}`))
    assert.equal(condition(here), 'forbidden')
    assert.equal(here.child('error')!.attr('type'), 'auth')
    assert.deepEqual(here.elements, nowhere.elements)
  }
  assert.deepEqual(juliet.sent(), [])
})

test('LAST-3: who may ask reaches the client at a full JID, or is told that it is not there', async () => {
  const { server, romeo } = await capulets()
  const juliet = await server.bind('juliet@example.net', 'balcony')
  await romeo.send(last('juliet@example.net/balcony'))
  assert.equal(juliet.sent().length, 1)
  assert.equal(condition(await romeo.ask(last('juliet@example.net/elsewhere'))), 'service-unavailable')
})

test('LAST-4: the domain tells how long it has been up, without text', async () => {
  const { server, romeo } = await capulets()
  await server.advance(123_456_789)
  const answer = query(await romeo.ask(last('example.net')))
  assert.equal(answer.attr('seconds'), '123456')
  assert.deepEqual(answer.children, [])
})
