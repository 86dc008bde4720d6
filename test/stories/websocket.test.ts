/** RFC 7395: what is different when a stream goes over a WebSocket. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect as connectTls } from 'node:tls'
import { webSocketLink, type Handshake } from '../support/doors.ts'
import { bareOf, DOMAIN, PASSWORD, storyOn, type Cast } from '../support/story.ts'
import { BIND, SASL, STREAM, type WireClient } from '../support/wire-client.ts'
import { until } from '../support/until.ts'
import type { WebSocketLink } from '../support/websocket-link.ts'

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing'
const OPEN = `<open xmlns='${FRAMING}' to='${DOMAIN}' version='1.0'/>`

const story = storyOn('websocket in memory')
const REAL = { on: ['websocket'] } as const

const linkOf = (wire: WireClient): WebSocketLink => wire.link as WebSocketLink
const connect = (cast: Cast, handshake: Partial<Handshake> = {}): Promise<WebSocketLink> =>
  webSocketLink({ over: cast.server.port!, ...handshake })

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}
const UPGRADE = {
  'connection': 'upgrade',
  'upgrade': 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

/** What a request for the WebSocket's path is answered with. */
function ask(cast: Cast, headers: Readonly<Record<string, string>>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: cast.server.port!, path: '/xmpp-websocket', headers })
    sent.on('response', (response) => {
      response.resume()
      resolve({ status: response.statusCode!, headers: response.headers })
    })
    sent.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: 101, headers: response.headers })
    })
    sent.on('error', reject)
    sent.end()
  })
}

// 3.1: the handshake

story('T-W01: the subprotocol is xmpp, without compression', REAL, async (cast) => {
  const offers = { 'sec-websocket-protocol': 'chat, xmpp', 'sec-websocket-extensions': 'permessage-deflate' }
  const { status, headers } = await ask(cast, { ...UPGRADE, ...offers })
  assert.deepEqual(
    [status, headers['sec-websocket-protocol'], headers['sec-websocket-accept'], headers['sec-websocket-extensions']],
    [101, 'xmpp', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', undefined],
  )
  assert.equal((await ask(cast, { ...UPGRADE, 'sec-websocket-protocol': 'chat' })).status, 400)
  assert.equal((await ask(cast, UPGRADE)).status, 400)
  assert.equal((await ask(cast, { ...UPGRADE, 'sec-websocket-protocol': 'xmpp', 'sec-websocket-key': 'x' })).status, 400)
  assert.equal((await ask(cast, {})).status, 426)
})

story('T-W01: pages of other origins', { ...REAL, web: { origins: ['https://chat.a.example'] } }, async (cast) => {
  const from = async (origin: string): Promise<number> =>
    (await ask(cast, { ...UPGRADE, 'sec-websocket-protocol': 'xmpp', origin })).status
  assert.equal(await from('https://chat.a.example'), 101)
  for (const other of ['https://evil.example', 'http://chat.a.example', 'https://chat.a.example:8443', 'null'])
    assert.equal(await from(other), 403, other)
  const program = await cast.wire()
  await program.open()
  await program.features()
})

// 3.3, 3.4, 3.7: framing

story('T-W01: open, features without STARTTLS, and open again after SASL', async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.wire()
  const first = await wire.open()
  assert.deepEqual([first.attr('from'), first.attr('version')], [DOMAIN, '1.0'])
  assert.deepEqual(
    (await wire.features()).elements.map((e) => e.name).filter((name) => name === 'starttls'),
    [],
  )
  assert.equal((await wire.authenticate('alice', PASSWORD)).name, 'success')
  const second = await wire.open()
  assert.notEqual(first.attr('id'), second.attr('id'))
  assert.ok((await wire.features()).child('bind') !== undefined)
})

const WRONG: readonly (readonly [what: string, message: string, condition: string])[] = [
  ['white space', ' ', 'bad-format'],
  ['nothing', '', 'bad-format'],
  ['a text', 'hello', 'bad-format'],
  ['two elements', `<presence xmlns='jabber:client'/><presence xmlns='jabber:client'/>`, 'bad-format'],
  ['white space before an element', ` <presence xmlns='jabber:client'/>`, 'bad-format'],
  ['half an element', `<message xmlns='jabber:client'><body>`, 'not-well-formed'],
  ['the footer of another framing', `</stream:stream>`, 'not-well-formed'],
  ['a header amid the stream', OPEN, 'bad-format'],
  ['a footer without its namespace', '<close/>', 'invalid-namespace'],
  ['a footer in another namespace', `<close xmlns='${STREAM}'/>`, 'invalid-namespace'],
]
for (const [what, message, condition] of WRONG) {
  story(`RFC 7395 3.3: a message of ${what}`, async (cast) => {
    const alice = await cast.client('alice', '1')
    linkOf(alice.wire).message(message)
    await alice.wire.expectStreamError(condition)
    assert.equal(linkOf(alice.wire).closeCode, condition === 'invalid-namespace' ? 1000 : 1007)
  })
}

const NO_HEADERS: readonly (readonly [what: string, message: string])[] = [
  ['an element', `<auth xmlns='${SASL}' mechanism='PLAIN'>AGEAYg==</auth>`],
  ['a header without its namespace', `<open to='${DOMAIN}' version='1.0'/>`],
  ['a header in the namespace of streams', `<open xmlns='${STREAM}' to='${DOMAIN}' version='1.0'/>`],
]
for (const [what, message] of NO_HEADERS) {
  story(`RFC 7395 3.3.2, 3.5: a stream that begins with ${what}`, async (cast) => {
    const wire = await cast.wire()
    linkOf(wire).message(message)
    assert.equal((await wire.next('the header of the server')).kind, 'header')
    await wire.expectStreamError('invalid-namespace')
  })
}

story('RFC 7395 3.2: a message that is no text', async (cast) => {
  const alice = await cast.client('alice', '1')
  linkOf(alice.wire).message(Buffer.from(`<presence xmlns='jabber:client'/>`), { binary: true })
  await alice.wire.expectStreamError('bad-format')
  assert.equal(linkOf(alice.wire).closeCode, 1003)
})

story('RFC 6455 8.1: octets that are no UTF-8', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  linkOf(alice.wire).message(Buffer.from([0x3c, 0xc3, 0x28]))
  assert.equal((await alice.wire.next('the end')).kind, 'closed')
  assert.equal(linkOf(alice.wire).closeCode, 1007)
  await bob.expect(`<presence type='unavailable' from='${alice.jid}'/>`)
})

story('RFC 7395 3.3.3: stanzas may come with an XML declaration, and without a namespace', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  linkOf(alice.wire).message(`<?xml version='1.0'?><message xmlns='jabber:client' to='${bob.jid}'><body>1</body></message>`)
  linkOf(alice.wire).message(`<message to='${bob.jid}'><body>2</body></message>`)
  await bob.expect(
    `<message from='${alice.jid}'><body>1</body></message>`,
    `<message from='${alice.jid}'><body>2</body></message>`,
  )
})

// 3.6: how it ends

story('T-W01: a client closes its stream, then its WebSocket', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send('</stream:stream>')
  assert.equal((await alice.wire.next('the footer')).kind, 'footer')
  await bob.expect(`<presence type='unavailable' from='${alice.jid}'/>`)
  assert.equal(linkOf(alice.wire).closeCode, null, 'that is for whoever has closed first')
  linkOf(alice.wire).end()
  assert.equal((await alice.wire.next('the end')).kind, 'closed')
})

story('RFC 7395 3.6: a client that is told to go and does not', async (cast) => {
  const wire = await cast.wire()
  await wire.open({ to: 'elsewhere.example' })
  await wire.expect(`<error xmlns='${STREAM}'><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error>`)
  assert.equal((await wire.next('the footer')).kind, 'footer')
  cast.pass(5000)
  assert.equal((await wire.next('the end')).kind, 'closed')
})

story('RFC 7395 3.6.1: sent elsewhere', { ...REAL, web: { 'see-other-uri': 'wss://b.example/ws?a=1&b=2' } }, async (cast) => {
  const link = await connect(cast)
  const messages: string[] = []
  const closed = new Promise<void>((resolve) => {
    link.onMessage = (text) => messages.push(text)
    link.listener = (text) => void (text === null && resolve())
  })
  link.message(OPEN)
  await closed
  assert.deepEqual(messages, [`<close xmlns='${FRAMING}' see-other-uri='wss://b.example/ws?a=1&amp;b=2'/>`])
  assert.equal(link.closeCode, 1000)
})

story('RFC 7395 3.6: a WebSocket that breaks without a footer', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.drop()
  await bob.expect(`<presence type='unavailable' from='${alice.jid}'/>`)
})

story('RFC 7395 3.6, 3.10: a session that can be resumed outlives its WebSocket', async (cast) => {
  const SM = 'urn:xmpp:sm:3'
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(`<enable xmlns='${SM}' resume='true'/>`)
  const id = (await alice.expect(`<enabled xmlns='${SM}' id='*' resume='*' max='*'/>`)).attr('id')!
  linkOf(alice.wire).breakFrame()
  alice.drop()
  bob.send(`<message to='${alice.jid}'><body>Are you there?</body></message>`)
  await bob.fence()
  const again = await cast.authenticated('alice')
  again.write(`<resume xmlns='${SM}' previd='${id}' h='0'/>`)
  await again.expect(`<resumed xmlns='${SM}' previd='${id}' h='*'/>`)
  await again.expect(`<message from='${bob.jid}'><body>Are you there?</body>*</message>`)
  assert.deepEqual(bob.take(), [], 'nobody was told that she went')
})

// 3.8: who is there

story('RFC 7395 3.8: a ping of the WebSocket is answered, and shows that somebody is there', async (cast) => {
  const alice = await cast.client('alice', '1')
  const { connection } = [...cast.server.host.sessions.all()][0]!
  const before = connection!.heardAt
  cast.pass(1000)
  const answered = linkOf(alice.wire).pong()
  linkOf(alice.wire).ping()
  await answered
  assert.equal(connection!.heardAt, before + 1000)
})

// 3.9: TLS

story('RFC 7395 3.9: SCRAM bound to the TLS below', { on: ['websocket with tls'] }, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.wire()
  await wire.open()
  const offered = (await wire.features()).child('mechanisms')!.elements.map((m) => m.text)
  assert.ok(offered.includes('SCRAM-SHA-256-PLUS'))
  const bindingData = Buffer.from(wire.link.tls!.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)))
  const outcome = await wire.authenticate('alice', PASSWORD, { plus: true, header: 'p=tls-exporter,,', bindingData })
  assert.equal(outcome.name, 'success')
  await wire.open()
  await wire.features()
  await wire.bind('1')
})

story('RFC 6455 4.1: a page in a browser cannot bind, and is not offered it', { on: ['websocket with tls'] }, async (cast) => {
  await cast.server.account('alice')
  const page = async (): Promise<WireClient> => {
    const over = connectTls({
      port: cast.server.port!,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    })
    return cast.wireOn(await connect(cast, { over, headers: { origin: 'https://chat.a.example' } }))
  }
  const wire = await page()
  await wire.open()
  const features = await wire.features()
  const offered = features.child('mechanisms')!.elements.map((m) => m.text)
  assert.deepEqual(offered, ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1'])
  assert.equal(features.child('sasl-channel-binding'), undefined)
  assert.equal((await wire.authenticate('alice', PASSWORD)).name, 'success')

  const deceived = await page()
  await deceived.open()
  await deceived.features()
  const outcome = await deceived.authenticate('alice', PASSWORD, { header: 'y,,' })
  assert.equal(outcome.name, 'failure', 'it could have bound, and somebody has kept that from it')
})

const WITH_TLS = { ...REAL, streams: { 'require-tls': true }, sasl: { plain: true } } as const

story('RFC 7395 3.9: without TLS where TLS is required', WITH_TLS, async (cast) => {
  const wire = await cast.wire()
  await wire.open()
  await wire.expectStreamError('policy-violation')
  assert.equal(linkOf(wire).closeCode, 1008)
})

const FORWARDED = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' } as const

story('RFC 7395 6: behind a proxy that has TLS', WITH_TLS, async (cast) => {
  const wire = cast.wireOn(await connect(cast, { headers: FORWARDED }))
  await wire.open()
  const offered = (await wire.features()).child('mechanisms')!.elements.map((m) => m.text)
  assert.ok(offered.includes('PLAIN') && offered.includes('SCRAM-SHA-256'))
  assert.ok(!offered.includes('SCRAM-SHA-256-PLUS'), 'the channel is not ours to bind to')
  await cast.server.account('alice')
  assert.equal((await wire.authenticate('alice', PASSWORD)).name, 'success')
  await wire.open()
  await wire.features()
  await wire.bind('1')
  const [session] = cast.server.host.sessions.all()
  assert.deepEqual([session!.connection!.info.remote, session!.connection!.info.encryption], ['203.0.113.7:0', 'TLS'])

  const plain = cast.wireOn(await connect(cast, { headers: { ...FORWARDED, 'x-forwarded-proto': 'http' } }))
  await plain.open()
  await plain.expectStreamError('policy-violation')
})

story('RFC 7395 6: nobody else is believed', { ...WITH_TLS, web: { 'trusted-proxies': ['192.0.2.0/24'] } }, async (cast) => {
  const wire = cast.wireOn(await connect(cast, { headers: FORWARDED }))
  await wire.open()
  await wire.expectStreamError('policy-violation')
})

// Limits

story('limits: a message that is too large to be read', { streams: { 'stanza-size': 20_000 } }, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  linkOf(alice.wire).message(`<message xmlns='jabber:client'><body>${'x'.repeat(40_000)}</body></message>`)
  assert.equal((await alice.wire.next('the end')).kind, 'closed')
  assert.equal(linkOf(alice.wire).closeCode, 1009)
  await bob.expect(`<presence type='unavailable' from='${alice.jid}'/>`)
})

story('limits: a message in pieces', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const link = linkOf(alice.wire)
  link.pieces([`<message xmlns='jabber:client' to='`, bob.jid, `'><body>in three</body></message>`])
  await bob.expect(`<message from='${alice.jid}'><body>in three</body></message>`)
  link.pieces(Array.from({ length: 300 }, () => '<'))
  assert.equal((await alice.wire.next('the end')).kind, 'closed')
  assert.equal(link.closeCode, 1008)
  await bob.expect(`<presence type='unavailable' from='${alice.jid}'/>`)
})

story('limits: a client that does not read', { ...REAL, streams: { 'output-queue': 100_000 } }, async (cast) => {
  await cast.rosters(['alice', 'bob', 'none'])
  const bob = await cast.client('bob', '1')
  const alice = await cast.authenticated('alice')
  const jid = await alice.bind('1')
  alice.write('<presence/>')
  const endings: string[] = []
  cast.server.host.on('session-ended', ({ ending }) => void endings.push(ending.name))
  linkOf(alice).pause()
  await until(
    'the session ends',
    () => endings.length > 0,
    () => {
      bob.send(`<message to='${jid}' type='headline'><body>${'x'.repeat(50_000)}</body></message>`)
      return bob.fence()
    },
  )
  assert.deepEqual(endings, ['slow-reader'])
})

story(
  'limits: connections of one address behind a proxy',
  { ...REAL, admission: { perAddress: 2, perMinute: 0 } },
  async (cast) => {
    const proxied = (address: string): Promise<WebSocketLink> => connect(cast, { headers: { 'x-forwarded-for': address } })
    const first = await proxied('203.0.113.7')
    const second = await proxied('203.0.113.7')
    await assert.rejects(proxied('203.0.113.7'), /429/)
    const other = await proxied('203.0.113.8')
    const gone = new Promise<void>((resolve) => (first.listener = (text) => void (text === null && resolve())))
    first.drop()
    await gone
    const links = [second, other]
    const comes = (): Promise<unknown> =>
      proxied('203.0.113.7').then(
        (again) => links.push(again),
        () => {},
      )
    await until('the server has heard of it', () => links.length === 3, comes)
    for (const link of links) link.drop()
  },
)

story('T-C21: the server stops', REAL, async (cast) => {
  const alice = await cast.client('alice', '1')
  const { SHUTDOWN } = await import('../../src/server/account/endings.ts')
  for (const session of [...cast.server.host.sessions.all()]) cast.server.host.sessions.end(session, SHUTDOWN)
  await alice.wire.expectStreamError('system-shutdown')
  assert.equal(linkOf(alice.wire).closeCode, 1001)
})

story('RFC 6120 7: a stream binds one resource, whatever carries it', async (cast) => {
  const wire = await cast.authenticated('alice')
  assert.equal(await wire.bind('1'), `${bareOf('alice')}/1`)
  wire.write(`<iq type='set' id='bind'><bind xmlns='${BIND}'><resource>2</resource></bind></iq>`)
  assert.equal((await wire.element('an answer')).attr('type'), 'error')
})
