import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCESS_REVOKED, CONNECTION_LOST } from '../../server/account/endings.ts'
import type { Element } from '../../xml/element.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import { memoryServer } from '../../../test/support/memory-server.ts'
import { clientAccess } from './index.ts'

const CAM = 'urn:xmpp:cam:0'
const ROMEO = 'romeo@example.net'
const PHONE = 'd4565fa7-4d72-4749-b3d3-740edbf87770'
const LIST = `<iq type='get' id='1'><list xmlns='${CAM}'/></iq>`
const revoke = (id: string): string => `<iq type='set' id='2'><revoke xmlns='${CAM}' id='${id}'/></iq>`

async function world() {
  const server = await memoryServer({ features: [clientAccess] })
  const globe = await server.bind(ROMEO, 'globe')
  const rose = await server.bind(ROMEO, 'rose')
  const now = server.clock.now()
  const token = { owner: ROMEO, device: PHONE, kind: 'fast', slot: 'current', mechanism: 'HT-SHA-256-NONE', key: 'k' } as const
  await server.stores.devices.issue({ ...token, name: 'Pocket', issuedAt: now, expiresAt: now + 1000, usedAt: now, count: -1 }, 5)
  const clients = async (): Promise<readonly Element[]> => (await globe.ask(LIST)).elements[0]!.elements
  return { server, globe, rose, clients }
}

test('EXT-3: the list has devices with tokens and clients with sessions only', async () => {
  const { server, clients } = await world()
  server.clock.advance(500)
  const [phone, globe, ...others] = await clients()
  assert.equal(others.length, 1)
  assert.deepEqual(phone!.attrs, { id: PHONE, connected: 'false', type: 'session' })
  const seen = (e: Element): (string | undefined)[] => [e.child('first-seen')?.text, e.child('last-seen')?.text]
  assert.deepEqual(
    phone!.child('auth')!.elements.map(({ name }) => name),
    ['password', 'fast'],
  )
  assert.equal(phone!.child('user-agent')!.child('device')!.text, 'Pocket')
  assert.equal(phone!.child('permission')!.attr('status'), 'unrestricted')
  assert.deepEqual(globe!.attrs, { id: 'session:globe', connected: 'true', type: 'session' })
  assert.equal(seen(phone!)[0], seen(phone!)[1], 'the phone was seen once')
  assert.notEqual(seen(globe!)[0], seen(globe!)[1], 'a connected client was seen now')
})

test('EXT-3: a device that is revoked has no tokens, and others keep theirs', async () => {
  const { server, globe, clients } = await world()
  assert.equal((await globe.ask(revoke('nothing'))).child('error')!.elements[0]!.name, 'item-not-found')
  assert.equal((await globe.ask(revoke(PHONE))).attr('type'), 'result')
  assert.deepEqual(await server.stores.devices.list(ROMEO), [])
  assert.deepEqual(
    (await clients()).map((client) => client.attr('id')),
    ['session:globe', 'session:rose'],
  )
})

test('EXT-3: the session of a client without tokens ends, and the user is told that only another password keeps it out', async () => {
  const { globe, rose } = await world()
  const error = (await globe.ask(revoke('session:rose'))).child('error')!
  assert.deepEqual(
    error.elements.map(({ name }) => name),
    ['service-unavailable', 'password-reset-required'],
  )
  assert.equal(rose.ending, ACCESS_REVOKED)
  assert.equal(globe.ending, null)
  assert.equal((await globe.ask(revoke('session:globe'))).child('error')!.elements[0]!.name, 'service-unavailable')
  assert.equal(globe.ending, ACCESS_REVOKED, 'it was answered first')
})

test('EXT-3: nobody sees or revokes the clients of another user', async () => {
  const { server, globe } = await world()
  const paris = await server.bind('paris@example.net', 'church')
  for (const iq of [LIST, revoke('session:globe')]) {
    const answer = await paris.ask(iq.replace("id='", `to='${ROMEO}' id='`))
    assert.equal(answer.child('error')!.elements[0]!.name, 'service-unavailable')
  }
  assert.equal(globe.ending, null)
})

test('EXT-3: a client whose connection is lost is not connected, and was last seen when it was last heard', async () => {
  const { server, rose, clients } = await world()
  const state = async (): Promise<readonly (string | undefined)[]> => {
    const client = (await clients()).find((one) => one.attr('id') === 'session:rose')!
    return [client.attr('connected'), client.child('last-seen')?.text]
  }
  const { session } = rose
  session.resumableMs = 60_000
  const heardAt = formatDateTime(session.heardAt)
  server.host.sessions.leave(session, CONNECTION_LOST)
  server.clock.advance(30_000)
  assert.deepEqual(await state(), ['false', heardAt])
})
