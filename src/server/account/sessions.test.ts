/** RFC 6120 section 7: how sessions begin and end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, type Client, type MemoryServer } from '../../../test/support/memory-server.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Connection } from './connection.ts'
import { CONNECTION_LOST, LOGOUT, REPLACED, type Ending } from './endings.ts'
import type { Session } from './session.ts'

const JULIET = 'juliet@example.net'
const RESUMABLE_MS = 60_000

/** The names by which sessions have ended, in order. */
function endings({ host }: MemoryServer): string[] {
  const names: string[] = []
  host.on('session-ended', ({ session, ending }) => void names.push(`${session.jid.resource} ${ending.name}`))
  return names
}
/** Its client may come back for it. */
async function resumable(server: MemoryServer, resource: string): Promise<Client> {
  const client = await server.bind(JULIET, resource)
  client.session.resumableMs = RESUMABLE_MS
  return client
}
const bind = (server: MemoryServer, resource: string | null, connection: Connection, device: string | null = null): Session =>
  server.host.sessions.bind(server.host.accounts.get(JULIET)!, { resource, lang: null, connection, device })
/** A connection of another client. */
const another = async (server: MemoryServer): Promise<Connection> =>
  (await server.bind('romeo@example.net', 'x')).session.connection!

test('7.7.2.2: a resource that is in use stays with its session; the new one gets another', async () => {
  const server = await memoryServer()
  const { session } = await server.bind(JULIET, 'balcony')
  const second = bind(server, 'balcony', await another(server))
  assert.notEqual(second.jid.resource, 'balcony')
  assert.equal(session.ended, false)
  assert.notEqual(bind(server, null, await another(server)).jid.resource, '', '7.6: the server makes one')
})

test('7.6.2.1: an account has no more resources than it may; one that waits for its client gives way', async () => {
  const server = await memoryServer({ limits: { resources: 2 } })
  const names = endings(server)
  const first = await resumable(server, '1')
  await server.bind(JULIET, '2')
  const connection = await another(server)
  assert.throws(
    () => bind(server, '3', connection),
    (error) => error instanceof StanzaError && error.condition === 'resource-constraint',
  )
  server.host.sessions.leave(first.session, CONNECTION_LOST)
  assert.equal(bind(server, '3', connection).jid.resource, '3')
  assert.deepEqual(names, ['1 replaced'])
})

test('7.6.2.2: nobody binds a resource of an account that is disabled', async () => {
  const server = await memoryServer()
  const { session } = await server.bind(JULIET, 'balcony')
  session.account.disabled = { at: 0, reason: '' }
  const connection = await another(server)
  assert.throws(
    () => bind(server, '2', connection),
    (error) => error instanceof StanzaError && error.condition === 'not-allowed',
  )
})

test('A session that waits for its client gives its resource to a new one', async () => {
  const server = await memoryServer()
  const { session } = await resumable(server, 'balcony')
  server.host.sessions.leave(session, CONNECTION_LOST)
  assert.equal(bind(server, 'balcony', await another(server)).jid.resource, 'balcony')
  assert(session.ended)
})

test('XEP-0386 3.2: an installation of a client has one session', async () => {
  const server = await memoryServer()
  const names = endings(server)
  await server.bind(JULIET, 'other')
  const first = bind(server, 'a', await another(server), 'phone')
  bind(server, 'b', await another(server), 'phone')
  assert(first.ended)
  assert.deepEqual(names, ['a replaced'])
})

test('A connection that breaks ends the session, or lets it wait as long as it may', async () => {
  const server = await memoryServer()
  const names = endings(server)
  const [first, second] = [await server.bind(JULIET, '1'), await resumable(server, '2')]
  for (const { session } of [first, second]) server.host.sessions.leave(session, CONNECTION_LOST)
  server.host.sessions.leave(second.session, CONNECTION_LOST) // again: it waits already
  assert.deepEqual(names, ['1 connection-lost'])
  await server.advance(RESUMABLE_MS - 1)
  assert.equal(second.session.ended, false)
  await server.advance(1)
  assert.deepEqual(names, ['1 connection-lost', '2 not-resumed'])
})

test('A session that its client has left ends at once, though it could wait', async () => {
  const server = await memoryServer()
  const { session } = await resumable(server, '1')
  server.host.sessions.leave(session, LOGOUT)
  assert(session.ended)
})

test('A client that comes back has its session, on the new connection, and the wait is over', async () => {
  const server = await memoryServer()
  const { session } = await resumable(server, '1')
  server.host.sessions.leave(session, CONNECTION_LOST)
  const connection = await another(server)
  server.host.sessions.resume(session, connection, null)
  assert.equal(session.connection, connection)
  await server.advance(2 * RESUMABLE_MS)
  assert.equal(session.ended, false)
})

test('A session ends once, and its contacts are told once', async () => {
  const server = await memoryServer()
  await server.friends(JULIET, 'romeo@example.net')
  const romeo = await server.bind('romeo@example.net', 'orchard')
  const juliet = await server.bind(JULIET, 'balcony')
  for (const client of [romeo, juliet]) await client.send('<presence/>')
  romeo.sent()
  const names = endings(server)
  for (const ending of [REPLACED, LOGOUT] satisfies Ending[]) server.host.sessions.end(juliet.session, ending)
  assert.deepEqual(names, ['balcony replaced'])
  assert.deepEqual(
    romeo.sent().map((e) => `${e.attr('type')} ${e.attr('from')}`),
    [`unavailable ${JULIET}/balcony`],
  )
})

test('A session that is handed over is gone from here, and nobody is told', async () => {
  const server = await memoryServer()
  await server.friends(JULIET, 'romeo@example.net')
  const romeo = await server.bind('romeo@example.net', 'orchard')
  const juliet = await server.bind(JULIET, 'balcony')
  for (const client of [romeo, juliet]) await client.send('<presence/>')
  romeo.sent()
  const names = endings(server)
  server.host.sessions.handOver(juliet.session)
  assert.deepEqual([names, romeo.sent(), juliet.session.account.sessions], [[], [], []])
  assert.equal(server.host.sessions.size, 1)
})
