/**
 * XEP-0388, 0386, 0484 and 0198 9 with an unmodified @xmpp/client: how few words it takes from an open stream to a live
 * session, with the password, with a token, and back into a session that was interrupted.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { client, xml, type Client, type Credentials, type Element } from '@xmpp/client'
import { DOMAIN, startServer, type ServerProcess } from '../support/server-process.ts'
import { within } from '../support/within.ts'
import { PATIENCE_MS } from './person.ts'
import { request } from './xmpp-js/managed.ts'

const SASL2 = 'urn:xmpp:sasl:2'
const PASSWORD = 'pass word of romeo'

/**
 * The full JID. The library may miss the answer to its stream header when that comes at once: then it waits for it in
 * vain, and goes on all the same.
 */
async function online(entity: Client): Promise<string> {
  const there = once(entity, 'online')
  entity.start().catch(() => {})
  await within(PATIENCE_MS, 'the client to be online', there)
  return entity.jid!.toString()
}
const ping = (entity: Client): Promise<unknown> => request(entity, 'get', xml('ping', 'urn:xmpp:ping'), DOMAIN)

const as = (username: string): Credentials => ({ username, password: PASSWORD })

/** What a client says and hears, by name: '>' is what it says. */
class Talk {
  readonly #words: string[] = []
  #mechanism = ''

  constructor(entity: Client) {
    entity.on('send', (element) => this.#note('>', element))
    entity.on('nonza', (element) => this.#note('<', element))
  }
  /** Since this was last called. */
  words(): readonly string[] {
    return this.#words.splice(0)
  }
  /** Of the last authentication. */
  get mechanism(): string {
    return this.#mechanism
  }

  #note(direction: string, element: Element): void {
    if (element.is('authenticate', SASL2)) this.#mechanism = element.attrs['mechanism']!
    const inside = element.children.filter((c) => typeof c !== 'string' && c.attrs['xmlns'] !== undefined)
    const names = element.is('authenticate', SASL2) || element.is('success', SASL2) ? inside.map((c) => (c as Element).name) : []
    this.#words.push([direction, element.name.replace('stream:', ''), ...names].join(' '))
  }
}

/** The server's certificate is its own: this process is told to trust it. */
async function theatre(t: TestContext, settings = {}): Promise<ServerProcess> {
  const server = await startServer(t, settings)
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, readFileSync(server.certificateFile, 'utf8')])
  t.after(() => setDefaultCACertificates(before))
  return server
}

function clientOf(t: TestContext, server: ServerProcess, credentials: Credentials): Client {
  const service = `xmpps://localhost:${server.directTlsPort}`
  const entity = client({ service, domain: DOMAIN, credentials, resource: 'Interop' })
  entity.reconnect.stop() // when the test says so, and not before
  entity.on('error', () => {}) // a connection that the test cuts
  t.after(() => entity.stop().catch(() => {}))
  return entity
}

test('@xmpp/client: a session in one exchange with the password, in one round with a token', async (t) => {
  const server = await theatre(t)
  await server.addUser(`romeo@${DOMAIN}`, PASSWORD)
  const romeo = clientOf(t, server, as('romeo'))
  const talk = new Talk(romeo)

  const first = await online(romeo)
  await ping(romeo)
  assert.equal(talk.mechanism, 'SCRAM-SHA-1')
  assert.deepEqual(talk.words(), [
    '< features',
    '> authenticate bind request-token',
    '< challenge',
    '> response',
    '< success token bound',
    '< features',
    '> iq',
  ])
  assert.match(first, new RegExp(`^romeo@${DOMAIN}/Interop/[\\w-]{12}$`))
  await romeo.stop()
  talk.words()

  const again = await online(romeo)
  await ping(romeo)
  assert.equal(talk.mechanism, 'HT-SHA-256-NONE')
  assert.deepEqual(talk.words(), ['< features', '> authenticate bind fast', '< success bound', '< features', '> iq'])
  assert.equal(again, first, 'the same resource')
})

test('@xmpp/client: an interrupted session goes on in one round', async (t) => {
  const server = await theatre(t)
  for (const user of ['romeo', 'juliet']) await server.addUser(`${user}@${DOMAIN}`, PASSWORD)
  const [romeo, juliet] = [clientOf(t, server, as('romeo')), clientOf(t, server, as('juliet'))]
  const talk = new Talk(romeo)
  const address = await online(romeo)
  await romeo.send(xml('presence'))
  await online(juliet)
  await ping(romeo)
  const disconnected = once(romeo, 'disconnect')
  romeo.socket!.socket.destroy()
  await disconnected
  await juliet.send(xml('message', { type: 'chat', to: address }, xml('body', {}, 'Art thou there?')))
  await ping(juliet)
  talk.words()

  const arrived = new Promise<string | null>((resolve) =>
    romeo.on('stanza', (stanza) => stanza.is('message') && resolve(stanza.getChildText('body'))),
  )
  const resumed = once(romeo.streamManagement, 'resumed')
  romeo.reconnect.reconnect().catch(() => {})
  await within(PATIENCE_MS, 'the resumption', resumed)
  assert.equal(await within(PATIENCE_MS, 'the message', arrived), 'Art thou there?')
  assert.equal(talk.mechanism, 'HT-SHA-256-NONE')
  assert.deepEqual(talk.words().slice(0, 3), ['< features', '> authenticate resume bind fast', '< success resumed'])
  assert.equal(romeo.jid!.toString(), address)
})

test('@xmpp/client: when the password was changed the token is void, and the client falls back on the new one', async (t) => {
  const server = await theatre(t)
  await server.addUser(`romeo@${DOMAIN}`, PASSWORD)
  const credentials = { username: 'romeo', password: PASSWORD }
  const romeo = clientOf(t, server, credentials)
  const talk = new Talk(romeo)
  await online(romeo)
  await romeo.stop()
  credentials.password = 'another password'
  const { code } = await server.command(['user', 'passwd', `romeo@${DOMAIN}`], `${credentials.password}\n`)
  assert.equal(code, 0)
  talk.words()
  await online(romeo)
  await ping(romeo)
  assert.deepEqual(talk.words(), [
    '< features',
    '> authenticate bind fast',
    '< failure',
    '> authenticate bind request-token',
    '< challenge',
    '> response',
    '< success token bound',
    '< features',
    '> iq',
  ])
})
