/** Sessions whose clients were connected when the server died, and what follows when these log in anew. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, settled, type MemoryServer } from '../../../test/support/memory-server.ts'
import { wire } from '../../xml/wire.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { Session } from '../account/session.ts'

const JULIET = 'juliet@example.net'
const MINUTE = 60_000

interface Scene {
  readonly server: MemoryServer
  /** A relic of a client of Juliet's, available. */
  relic(resource: string, device?: string | null): Session
  bind(resource: string | null, device?: string | null, claims?: Session): Promise<Session>
  /** What Romeo was told of Juliet since this was last called: each with its resource. */
  told(): Promise<readonly string[]>
}
async function scene(): Promise<Scene> {
  const server = await memoryServer()
  await server.friends('romeo@example.net', JULIET)
  const romeo = await server.bind('romeo@example.net', '1')
  romeo.send('<presence/>')
  await settled()
  romeo.sent()
  const { sessions, relics, accounts } = server.host
  const account = (await accounts.load(JULIET))!
  return {
    server,
    relic(resource, device = null) {
      const relic = sessions.restore({ account, resource, boundAt: 0, lang: null, device: null })
      relics.mark(relic, device)
      relic.resumableMs = MINUTE
      relic.presence = Packet.of({ kind: 'presence', from: relic.jid, id: wire('before') })
      sessions.waitFor(relic, MINUTE)
      return relic
    },
    async bind(resource, device = null, claims) {
      const connection = (await server.bind('somebody@example.net', 'x')).session.connection!
      if (claims !== undefined) relics.claim(claims, connection)
      return sessions.bind(account, { resource, lang: null, connection, device })
    },
    async told() {
      await settled()
      return romeo
        .sent()
        .filter((e) => e.name === 'presence')
        .map((e) => `${e.attr('from')!.split('/')[1] ?? ''} ${e.attr('type') ?? 'here'}`)
    },
  }
}

test('a new session of the same address has the presence of the relic until it says something', async () => {
  const { server, relic, bind, told } = await scene()
  const old = relic('balcony')
  const session = await bind('balcony')
  const { relics } = server.host
  assert.equal(session.jid.resource, 'balcony')
  assert.deepEqual([old.ended, relics.isRelic(session), relics.owed(session)?.from.full], [true, false, session.jid.full])
  await server.advance(29_999)
  assert.deepEqual(await told(), [])
  await server.advance(1)
  assert.deepEqual(await told(), ['balcony unavailable'])
  assert.equal(relics.owed(session), null)
})

test('a relic with another address goes when the client is there, or ends without a word of its own', async () => {
  const { server, relic, bind, told } = await scene()
  const old = relic('balcony', 'phone')
  const session = await bind('orchard', 'phone')
  assert.equal(old.ended, false)
  server.host.relics.takeBack(session)
  assert.equal(old.ended, true)
  assert.deepEqual(await told(), ['balcony unavailable'])
})

test('XEP-0386 3.2: of several relics of a device one is left, which the new session stands for', async () => {
  const { server, relic, bind } = await scene()
  const [one, other, strange] = [relic('1', 'phone'), relic('2', 'phone'), relic('3', 'tablet')]
  assert.equal(server.host.relics.deviceOf(one), 'phone')
  await bind('4', 'phone')
  assert.deepEqual([one.ended, other.ended, strange.ended], [false, true, false])
})

test('a client that has tried to resume is known by its connection', async () => {
  const { server, relic, bind, told } = await scene()
  const [one, other] = [relic('1'), relic('2')]
  const session = await bind(null, null, other)
  server.host.relics.takeBack(session)
  assert.deepEqual([one.ended, other.ended], [false, true])
  assert.deepEqual(await told(), ['2 unavailable'])
})

test('a session that ends before it has said anything ends the presence that it had of a relic', async () => {
  const { server, relic, bind, told } = await scene()
  relic('balcony')
  const session = await bind('balcony')
  server.host.sessions.end(session, { name: 'test', condition: null, text: null, specific: null, resumable: false })
  assert.deepEqual(await told(), ['balcony unavailable'])
})

test('where there is no relic nothing is owed', async () => {
  const { server, bind, told } = await scene()
  const session = await bind('balcony', 'phone')
  const { relics } = server.host
  assert.deepEqual([relics.isRelic(session), relics.owed(session), relics.deviceOf(session)], [false, null, 'phone'])
  relics.takeBack(session)
  await server.advance(MINUTE)
  assert.deepEqual(await told(), [])
})
