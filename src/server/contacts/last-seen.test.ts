import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, type MemoryServer } from '../../../test/support/memory-server.ts'
import { decode } from '../../xml/wire.ts'
import { LOGOUT } from '../account/endings.ts'
import { keepLastSeen } from './last-seen.ts'

const ROMEO = 'romeo@example.net'

async function keeping(): Promise<MemoryServer> {
  const server = await memoryServer()
  keepLastSeen(server.host)
  return server
}
const stored = async (server: MemoryServer): Promise<string | null> => {
  const last = await server.stores.lastPresence.load(ROMEO)
  return last === null ? null : `${last.at - server.clock.now()} ${decode(last.payload.text)}`
}

test('RFC 6121 4.3.2: what the last resource said when it went is stored, with its moment', async () => {
  const server = await keeping()
  const one = await server.bind(ROMEO, 'orchard')
  const other = await server.bind(ROMEO, 'garden')
  await one.send('<presence/>')
  await other.send('<presence/>')
  await one.send("<presence type='unavailable'><status>first</status></presence>")
  assert.equal(await stored(server), null, 'one resource is still there')
  await other.send("<presence type='unavailable'><status>good night</status></presence>")
  await server.advance(5000)
  assert.equal(await stored(server), '-5000 <status>good night</status>')
})

test('an account that is back is not last seen at any time', async () => {
  const server = await keeping()
  const one = await server.bind(ROMEO, 'orchard')
  await one.send('<presence/>')
  await one.send("<presence type='unavailable'/>")
  await one.send('<presence/>')
  assert.equal(await stored(server), null)
})

test('a session that ends without a word counts', async () => {
  const server = await keeping()
  const one = await server.bind(ROMEO, 'orchard')
  await one.send('<presence/>')
  server.host.sessions.end(one.session, LOGOUT)
  assert.equal(await stored(server), '0 ')
})

test('available already: a change of presence writes nothing', async () => {
  const server = await keeping()
  const marks: string[] = []
  const { lastPresence } = server.stores
  const available = lastPresence.available.bind(lastPresence)
  lastPresence.available = (bare, now) => {
    marks.push(bare)
    available(bare, now)
  }
  const one = await server.bind(ROMEO, 'orchard')
  const other = await server.bind(ROMEO, 'garden')
  await one.send('<presence/>')
  await one.send('<presence><show>away</show></presence>')
  await other.send('<presence/>')
  assert.deepEqual(marks, [ROMEO])
})
