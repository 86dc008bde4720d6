/** XEP-0124 and XEP-0206: what is different when a stream goes over BOSH. What the window does alone is in its own tests. */
import assert from 'node:assert/strict'
import { SHUTDOWN } from '../../src/server/account/endings.ts'
import { asking, says } from '../support/annotations.ts'
import type { BoshAnswer, BoshLink, BoshPoster } from '../support/bosh-link.ts'
import { gone, here } from '../support/stanzas.ts'
import { DOMAIN, packetOf, PASSWORD, storyOn, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { a, enable, R, resume, resumed, UNASKED } from '../support/stream-management.ts'
import { until } from '../support/until.ts'
import { STREAM, type WireClient } from '../support/wire-client.ts'

const HTTPBIND = 'http://jabber.org/protocol/httpbind'
const XBOSH = `xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'`
const FIRST = 5000
const SECOND = 1000

const story = storyOn('bosh in memory')
const linkOf = ({ link }: WireClient): BoshLink => link as BoshLink
const body = (attributes: string, content = ''): string => `<body xmlns='${HTTPBIND}' ${attributes}>${content}</body>`
const creation = (more = `ver='1.11' wait='60' hold='1'`): string => body(`rid='${FIRST}' to='${DOMAIN}' ${XBOSH} ${more}`)

/** Somebody who makes his requests himself. */
async function poster(cast: Cast): Promise<BoshPoster> {
  return linkOf(await cast.wire()).poster
}
/** One who has created a session. @param more attributes of its creation */
async function begin(
  cast: Cast,
  more?: string,
): Promise<{ readonly post: Post; readonly created: BoshAnswer; readonly by: BoshPoster }> {
  const by = await poster(cast)
  const created = await by.post(creation(more))
  const sid = created.attrs['sid']!
  return {
    by,
    created,
    post: (rid, attributes = '', content = '') => by.post(body(`rid='${rid}' sid='${sid}' ${attributes}`, content)),
  }
}
type Post = (rid: number, attributes?: string, content?: string) => Promise<BoshAnswer>
const conditionOf = ({ attrs }: BoshAnswer): string | undefined =>
  attrs['type'] === 'terminate' ? attrs['condition'] : undefined
const header = (head: string, name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]

// XEP-0124 7, XEP-0206 3 and 4: a session is created

story('BOSH 7.2: what is agreed on, and the features of the stream', async (cast) => {
  const { created } = await begin(cast, `ver='1.6' wait='3600' hold='5'`)
  const { sid, authid, ...rest } = created.attrs
  assert.ok(sid!.length >= 22 && authid!.length >= 22, '128 random bits')
  assert.deepEqual(rest, {
    'xmlns': HTTPBIND,
    'xmlns:stream': STREAM,
    'xmlns:xmpp': 'urn:xmpp:xbosh',
    'wait': '60',
    'requests': '2',
    'hold': '1',
    'polling': '2',
    'inactivity': '30',
    'maxpause': '120',
    'ver': '1.6',
    'ack': String(FIRST),
    'from': DOMAIN,
    'xml:lang': 'en',
    'xmpp:version': '1.0',
    'xmpp:restartlogic': 'true',
  })
  assert.match(created.content, /^<stream:features><mechanisms .*<\/stream:features>$/)
  assert.ok(!created.content.includes('starttls'))
})

story('BOSH 7.2, 12: a client that cannot be kept waiting', async (cast) => {
  for (const more of [`ver='2.0' wait='0'`, `ver='1.20' hold='0' wait='10'`]) {
    const { created } = await begin(cast, more)
    const { hold, requests, inactivity, ver } = created.attrs
    assert.deepEqual({ hold, requests, inactivity, ver }, { hold: '0', requests: '1', inactivity: '34', ver: '1.11' })
  }
})

story('T-C01: a domain that is not served', async (cast) => {
  const by = await poster(cast)
  const answer = await by.post(body(`rid='1' to='elsewhere.example' ver='1.11' ${XBOSH}`))
  assert.deepEqual([conditionOf(answer), answer.content], ['host-unknown', ''])
})

story('BOSH 17.2: no domain, where there are several', { domains: [DOMAIN, 'b.example'] }, async (cast) => {
  const by = await poster(cast)
  assert.equal(conditionOf(await by.post(body(`rid='1' ver='1.11' ${XBOSH}`))), 'improper-addressing')
})

story('RFC 7590: no encryption where it is required', { streams: { 'require-tls': true } }, async (cast) => {
  const { created } = await begin(cast)
  assert.equal(conditionOf(created), 'remote-stream-error')
  assert.match(created.content, /<policy-violation /)
})

// 5, 17: HTTP

const BAD_REQUESTS: readonly (readonly [what: string, xml: string])[] = [
  ['nothing', ''],
  ['no XML', 'hello'],
  ['another element', `<presence xmlns='jabber:client'/>`],
  ['another namespace', `<body rid='1'/>`],
  ['no rid', body('')],
  ['a rid that is no number', body(`rid='x'`)],
  ['a rid that is negative', body(`rid='-1'`)],
  ['a rid that is too large', body(`rid='9007199254740992'`)],
  ['a wait that is no number', body(`rid='1' wait='x'`)],
  ['a body without end', `<body rid='1' to='${DOMAIN}' xmlns='http://jabber.org/protocol/httpbind'>`],
  ['a body that is not well-formed', body(`rid='1' to='${DOMAIN}'`, '<a></b>')],
  ['a body with something behind it', `${body(`rid='1' to='${DOMAIN}'`)}<body/>`],
  ['a body with an entity that nobody knows', body(`rid='1' to='${DOMAIN}'`, '<a>&x;</a>')],
]
for (const [what, xml] of BAD_REQUESTS) {
  story(`BOSH 17.2: a request of ${what}`, async (cast) => {
    const by = await poster(cast)
    assert.equal(conditionOf(await by.post(xml)), 'bad-request')
  })
}

story('BOSH 17.2: a session that is not there', async (cast) => {
  const by = await poster(cast)
  assert.equal(conditionOf(await by.post(body(`rid='1' sid='guess'`))), 'item-not-found')
})

story('BOSH 17.1: a client that knows no versions gets HTTP errors', async (cast) => {
  const { by, created } = await begin(cast, `wait='60' hold='1'`)
  assert.equal(created.attrs['ver'], undefined)
  const { status } = await by.request('POST', body(`rid='${FIRST + 9}' sid='${created.attrs['sid']}'`))
  assert.equal(status, 404)
})

story('BOSH 5: other methods, compression, too much', { streams: { 'stanza-size': 20_000 } }, async (cast) => {
  const by = await poster(cast)
  assert.equal((await by.request('GET', '')).status, 405)
  assert.equal((await by.request('POST', 'x'.repeat(40_001))).status, 413)
  assert.equal((await by.with('\ncontent-encoding: gzip').request('POST', creation())).status, 415)
})

story('BOSH: what a browser is told: pages of any origin may read it, and nothing in it runs', async (cast) => {
  const by = (await poster(cast)).with('\norigin: https://chat.example')
  const preflight = await by.request('OPTIONS', '')
  assert.equal(preflight.status, 204)
  assert.equal(header(preflight.head, 'access-control-allow-origin'), '*')
  assert.match(header(preflight.head, 'access-control-allow-methods')!, /POST/)
  assert.match(header(preflight.head, 'access-control-allow-headers')!, /content-type/)
  const { head } = await by.request('POST', creation(`content='text/html'`))
  assert.deepEqual(
    ['content-type', 'access-control-allow-origin', 'content-security-policy', 'x-content-type-options', 'cache-control'].map(
      (name) => header(head, name),
    ),
    ['text/html', '*', "default-src 'none'; sandbox", 'nosniff', 'no-store'],
  )
  const forged = await by.request('POST', creation(`content='text/html&#13;&#10;x: y'`))
  assert.equal(header(forged.head, 'content-type'), 'text/xml; charset=utf-8')
})

story('BOSH: pages of other origins', { web: { origins: ['https://chat.example'] } }, async (cast) => {
  const by = await poster(cast)
  const from = (origin: string) => by.with(`\norigin: ${origin}`).request('POST', creation())
  assert.equal((await from('https://evil.example')).status, 403)
  const { status, head } = await from('https://chat.example')
  assert.deepEqual(
    [status, header(head, 'access-control-allow-origin'), header(head, 'vary')],
    [200, 'https://chat.example', 'origin'],
  )
})

story('BOSH 19.1: not in the clear what was not begun so', { on: ['bosh'] }, async (cast) => {
  const encrypted = '\nx-forwarded-for: 203.0.113.7\nx-forwarded-proto: https'
  const plain = await poster(cast)
  const safe = plain.with(encrypted)
  const sid = (await safe.post(creation())).attrs['sid']!
  await assert.rejects(plain.post(body(`rid='${FIRST + 1}' sid='${sid}'`, `<presence/>`)), /closed/)
  assert.equal((await safe.post(body(`rid='${FIRST + 1}' sid='${sid}' type='terminate'`))).attrs['type'], 'terminate')
})

// XEP-0206 5: the stream is restarted

story('XEP-0206 5: features after SASL come with the restart, and not before', async (cast) => {
  const alice = await cast.authenticated('alice')
  await alice.bind('1')
  const wire = await cast.secured()
  assert.equal((await wire.authenticate('alice', PASSWORD)).name, 'success')
  wire.write(`<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`)
  await wire.expectStreamError('bad-format')
})

// 10, 14: who is there

story('BOSH 10: a client that makes no more requests is gone after a while, to all who saw it', async (cast) => {
  const [alice, bob] = await watched(cast)
  alice.drop()
  await settled()
  cast.pass(29_999)
  await bob.fence()
  assert.deepEqual(bob.take(), [])
  cast.pass(1)
  await bob.expect(gone(alice.jid))
})

/** Somebody for whom time may pass without requests. */
const BY_SOCKET = { by: 'memory' } as const

/** Alice, and Bob who sees her. */
async function watched(cast: Cast): Promise<readonly [alice: StoryClient, bob: StoryClient]> {
  await cast.befriend('alice', 'bob')
  const bob = await cast.client('bob', '1', BY_SOCKET)
  const alice = await cast.client('alice', '1')
  bob.take()
  return [alice, bob]
}

/** What the network does has come to the server. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

story('BOSH 10, XEP-0198: a session that can be resumed outlives its BOSH session', UNASKED, async (cast) => {
  const [alice, bob] = await watched(cast)
  const id = await enable(alice)
  alice.drop()
  await settled()
  cast.pass(30 * SECOND)
  bob.send(`<message to='${alice.jid}'><body>Are you there?</body></message>`)
  await bob.fence()
  const wire = await cast.authenticated('alice')
  wire.write(resume(id, 0))
  await wire.expect(resumed(id, 0))
  await wire.expect(`<message from='${bob.jid}'><body>Are you there?</body>*</message>`)
  cast.adopt(wire, alice.jid)
  assert.deepEqual(bob.take(), [], 'nobody was told that she went')
})

story('BOSH 10, T-PSA25: a pause is shown to who asks, and its end; pings wait', async (cast) => {
  await cast.befriend('alice', 'romeo')
  const alice = await cast.client('alice', '1')
  const romeo = await asking(cast, 'romeo/1', BY_SOCKET)
  const facts = factsOf(cast, alice)
  linkOf(alice.wire).pause(120)
  await settled()
  assert.deepEqual(facts.splice(0), ['session-paused bosh-pause'])
  cast.pass(3 * SECOND)
  await romeo.expect(here(alice.jid, says(DOMAIN, 'connection-paused')))
  cast.pass(110 * SECOND)
  romeo.send(`<message to='${alice.jid}'><body>Later</body></message>`)
  await romeo.fence()
  linkOf(alice.wire).wake()
  await alice.expect(`<message from='${romeo.jid}'><body>Later</body></message>`)
  await romeo.expect(here(alice.jid, says(DOMAIN, '')))
  assert.deepEqual(facts, ['session-resumed bosh-pause'])
})

story('BOSH 10, PSA-29: a pause of the usual length only empties the line', async (cast) => {
  const alice = await cast.client('alice', '1')
  const facts = factsOf(cast, alice)
  linkOf(alice.wire).pause(30)
  await settled()
  linkOf(alice.wire).wake()
  await alice.fence()
  assert.deepEqual(facts, [])
})

story('BOSH 10: nobody comes back from a pause', async (cast) => {
  const [alice, bob] = await watched(cast)
  const facts = factsOf(cast, alice)
  linkOf(alice.wire).pause(120)
  await settled()
  cast.pass(120 * SECOND)
  await bob.expect(gone(alice.jid))
  assert.deepEqual(facts, ['session-paused bosh-pause', 'session-ended connection-lost'])
  alice.drop()
})

story('BOSH 10, XEP-0198: a pause from which nobody comes back may still be resumed', UNASKED, async (cast) => {
  const [alice, bob] = await watched(cast)
  const facts = factsOf(cast, alice)
  const id = await enable(alice)
  linkOf(alice.wire).pause(120)
  await settled()
  cast.pass(120 * SECOND)
  alice.drop()
  const wire = await cast.authenticated('alice')
  wire.write(resume(id, 0))
  await wire.expect(resumed(id, 0))
  cast.adopt(wire, alice.jid)
  assert.deepEqual(facts, ['session-paused bosh-pause', 'session-paused stream-lost', 'session-resumed stream-lost'])
  assert.deepEqual(bob.take(), [])
})

story('BOSH 10, XEP-0198: who has announced his silence is not given up for it', async (cast) => {
  const [alice, bob] = await watched(cast)
  await enable(alice)
  const facts = factsOf(cast, alice)
  bob.send(`<message to='${alice.jid}'><body>Are you there?</body></message>`)
  await alice.expect(`<message from='${bob.jid}'><body>Are you there?</body></message>`)
  linkOf(alice.wire).pause(120)
  await settled()
  for (const span of [1, 59, 59]) cast.pass(span * SECOND)
  linkOf(alice.wire).wake()
  await alice.expect(R)
  alice.send(a(1))
  assert.deepEqual(facts, ['session-paused bosh-pause', 'session-resumed bosh-pause'])
})

function factsOf(cast: Cast, { jid }: StoryClient): string[] {
  const facts: string[] = []
  const { host } = cast.server
  host.on('session-paused', ({ session, why }) => void (session.jid.full === jid && facts.push(`session-paused ${why}`)))
  host.on('session-resumed', ({ session, after }) => void (session.jid.full === jid && facts.push(`session-resumed ${after}`)))
  host.on('session-ended', ({ session, ending }) => void (session.jid.full === jid && facts.push(`session-ended ${ending.name}`)))
  return facts
}

story('BOSH 14.3: a connection that breaks: requests are repeated, answers too, and nothing comes twice', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  const link = linkOf(alice.wire)
  for (let i = 0; i < 5; i++) {
    alice.send(`<message to='${bob.jid}'><body>${i}</body></message>`)
    link.breakUp()
    bob.send(`<message to='${alice.jid}'><body>${i}</body></message>`)
    await settled()
    link.breakUp()
    await bob.expect(`<message from='${alice.jid}'><body>${i}</body></message>`)
    await alice.expect(`<message from='${bob.jid}'><body>${i}</body></message>`)
  }
})

story('BOSH 14.2: a request from beyond the window ends the session, and who waits is told', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const link = linkOf(alice.wire)
  const answer = await link.poster.post(body(`rid='${link.rid + 5}' sid='${link.sid}'`))
  assert.equal(conditionOf(answer), 'item-not-found')
  await alice.wire.expectStreamError('other-request')
  await bob.expect(gone(alice.jid))
})

story('BOSH 15: a thief of the session’s name without its keys', async (cast) => {
  const { post } = await begin(cast, `ver='1.11' wait='60' hold='1' newkey='ca393b51b682f61f98e7877d61146407f3d0a770'`)
  const stolen = await post(FIRST + 1, `key='bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7e'`, '<presence/>')
  assert.equal(conditionOf(stolen), 'item-not-found')
  assert.equal(conditionOf(await post(FIRST + 1)), 'item-not-found', 'there is no session any more')
})

story('BOSH 15: the keys of the specification', async (cast) => {
  const { post } = await begin(cast, `ver='1.11' wait='0' newkey='ca393b51b682f61f98e7877d61146407f3d0a770'`)
  assert.equal((await post(FIRST + 1, `key='bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7d'`)).attrs['type'], undefined)
})

// 13, 17: how it ends

story('BOSH 13: a client terminates: what it sends along arrives, and nothing more is told', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(`<message to='${bob.jid}'><body>bye</body></message><iq type='get' id='last'><q xmlns='x'/></iq></stream:stream>`)
  await alice.wire.expectClosed()
  await bob.expect(`<message from='${alice.jid}'><body>bye</body></message>`, gone(alice.jid))
})

story('XEP-0206 6: a stream error comes with what was to be sent before', async (cast) => {
  const alice = await cast.client('alice', '1')
  const answers: BoshAnswer[] = []
  linkOf(alice.wire).onAnswer = (answer) => void answers.push(answer)
  const { router, sessions } = cast.server.host
  const from = 'x@y.example'
  void router.route(packetOf(`<message from='${from}' to='${alice.jid}' type='headline'><body>2</body></message>`))
  for (const session of [...sessions.all()]) sessions.end(session, SHUTDOWN)
  await alice.expect(`<message from='${from}' type='headline'><body>2</body></message>`)
  await alice.wire.expectStreamError('system-shutdown')
  assert.equal(conditionOf(answers.at(-1)!), 'remote-stream-error')
  assert.match(answers.at(-1)!.content, /^<message .*<\/message><stream:error><system-shutdown /)
})

// Limits

story(
  'limits: a client that makes no requests, and to whom much is sent',
  { streams: { 'output-queue': 100_000 } },
  async (cast) => {
    await cast.rosters(['alice', 'bob', 'none'])
    const bob = await cast.client('bob', '1')
    const alice = await cast.authenticated('alice')
    const jid = await alice.bind('1')
    alice.write('<presence/>')
    await settled()
    const endings: string[] = []
    cast.server.host.on('session-ended', ({ ending }) => void endings.push(ending.name))
    linkOf(alice).pause(120)
    await until(
      'the session ends',
      () => endings.length > 0,
      () => {
        bob.send(`<message to='${jid}' type='headline'><body>${'x'.repeat(9000)}</body></message>`)
        return bob.fence()
      },
    )
    assert.deepEqual(endings, ['slow-reader'])
  },
)

story('limits: sessions of one address', { bosh: { 'sessions-per-address': 2 } }, async (cast) => {
  const first = await begin(cast)
  await begin(cast)
  const { created } = await begin(cast)
  assert.equal(conditionOf(created), 'policy-violation')
  assert.equal((await first.post(FIRST + 1, `type='terminate'`)).attrs['type'], 'terminate')
  assert.ok((await begin(cast)).created.attrs['sid'] !== undefined)
})

story('limits: time to log in', async (cast) => {
  const { post } = await begin(cast)
  const waiting = post(FIRST + 1)
  await settled()
  cast.pass(60 * SECOND)
  const answer = await waiting
  assert.equal(conditionOf(answer), 'remote-stream-error')
  assert.match(answer.content, /<connection-timeout /)
})

story('limits: what a stranger may send', async (cast) => {
  const { post } = await begin(cast)
  const answer = await post(FIRST + 1, '', `<message xmlns='jabber:client'><body>${'x'.repeat(10_000)}</body></message>`)
  assert.match(answer.content, /<policy-violation /)
})

// Over real sockets

story('T-C20: everything arrives in the order in which it was sent', { on: ['bosh'] }, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const bodies = Array.from({ length: 200 }, (_, i) => `${i}`)
  for (const text of bodies) alice.send(`<message to='${bob.jid}'><body>${text}</body></message>`)
  await bob.expect(...bodies.map((text) => `<message from='${alice.jid}'><body>${text}</body></message>`))
})
