/** Two servers that talk to each other (RFC 6120 4, 10.4; spec section 6.12): how a stream comes about, and whom we believe. */
import assert from 'node:assert/strict'
import type { Names } from '../support/authority.ts'
import type { SiteOptions } from '../support/site.ts'
import { A, B, federation, type Realm } from '../support/two-servers.ts'
import { refusal } from '../support/xml-pattern.ts'

const sides = (realm: Realm, of: 'a' | 'b'): string[] => realm[of].streams().map((s) => s.side)

/** A message from alice to dave gets there, and his answer comes back. */
async function talk(realm: Realm): Promise<void> {
  const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
  alice.send(`<message to='${dave.jid}' type='chat' id='1'><body>hello</body></message>`)
  await dave.expect(`<message from='${alice.jid}' to='${dave.jid}' type='chat' id='1'><body>hello</body></message>`)
  dave.send(`<message to='${alice.jid}' type='chat' id='2'><body>hello</body></message>`)
  await alice.expect(`<message from='${dave.jid}' to='${alice.jid}' type='chat' id='2'><body>hello</body></message>`)
}
/** A message from alice to dave comes back with this error. */
async function fail(realm: Realm, type: string, condition: string): Promise<void> {
  realm.isTogether = false
  const [alice] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
  alice.send(`<message to='dave@b.example' type='chat' id='1'><body>hello</body></message>`)
  await alice.expect(refusal('message', `id='1' from='dave@b.example'`, type, condition))
}

federation('T-F01, T-F11: certificates and one connection for both directions (XEP-0178, XEP-0288)', async (realm) => {
  await talk(realm)
  assert.deepEqual([sides(realm, 'a'), sides(realm, 'b')], [['initiating'], ['receiving']])
  const [stream] = realm.a.streams()
  assert.equal(stream!.bidirectional, true)
  assert.equal(stream!.isCertified(B), true)
})

federation(
  'T-F11: without XEP-0288 on one side, each direction has its connection',
  { a: { federation: { bidirectional: false } } },
  async (realm) => {
    await talk(realm)
    assert.deepEqual(
      [sides(realm, 'a').sort(), sides(realm, 'b').sort()],
      [
        ['initiating', 'receiving'],
        ['initiating', 'receiving'],
      ],
    )
  },
)

for (const bidirectional of [true, false])
  federation(
    `XEP-0288 ${bidirectional ? 'on' : 'off'}: a stanza without a language has none on the other side either, whoever opened the stream`,
    { b: { federation: { bidirectional } } },
    async (realm) => {
      const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
      for (const [asks, answers] of [
        [alice, B],
        [dave, A],
      ] as const) {
        asks.send(`<iq type='get' id='p' to='${answers}'><ping xmlns='urn:xmpp:ping'/></iq>`)
        const answer = await asks.expect(`<iq type='result' id='p' from='${answers}' to='${asks.jid}'/>`)
        assert.equal(answer.attr('xml:lang'), undefined)
      }
    },
  )

federation('XEP-0368: TLS from the first octet', { directTls: true }, talk)

const DIALBACK: SiteOptions = { trusts: false, federation: { trust: 'allow-dialback' } }

federation(
  'T-F02: nobody knows the authorities of the other: dialback, over TLS, if both allow it',
  { a: DIALBACK, b: DIALBACK },
  async (realm) => {
    await talk(realm)
    assert.equal(
      realm.a.streams().every((s) => s.certificate === null && s.carrier.encrypted),
      true,
    )
  },
)

federation(
  'T-F02: dialback without XEP-0288',
  { a: { ...DIALBACK, federation: { trust: 'allow-dialback', bidirectional: false } }, b: DIALBACK },
  talk,
)

federation('T-F02: EXTERNAL one way, dialback the other: only one of the two knows the authorities', { a: DIALBACK }, talk)

federation(
  'T-F01: a certificate that only the called side can show is enough for the side that is called back',
  { a: {}, b: { federation: { bidirectional: false } } },
  talk,
)

for (const shows of ["somebody else's", 'an expired one'] as const) {
  federation(`T-F01: ${shows} is no certificate: not when we call`, { b: { shows } }, (realm) =>
    fail(realm, 'wait', 'remote-server-timeout'),
  )
  federation(`T-F01: ${shows} is no certificate: not when we are called`, { a: { shows } }, (realm) =>
    fail(realm, 'wait', 'remote-server-timeout'),
  )
  federation(`T-F01: ${shows} does where dialback is allowed`, { a: { shows, ...DIALBACK }, b: { shows, ...DIALBACK } }, talk)
  federation(
    `T-F01: ${shows} does not where dialback is allowed for others only`,
    {
      a: { shows, federation: { trust: 'allow-dialback' } },
      b: { shows, federation: { trust: 'allow-dialback' }, peers: [{ domain: '*.example', trust: 'require-certificate' }] },
    },
    (realm) => fail(realm, 'wait', 'remote-server-timeout'),
  )
}

/** RFC 6120 13.7.1.2, RFC 6125 6.4, RFC 4985, RFC 9525 2: of a server of that domain. The subject's common name is right in all. */
const NAMES: readonly (readonly [what: string, names: (domain: string) => Names, isBelieved: boolean])[] = [
  ['its domain', (domain) => ({ dns: [domain] }), true],
  ['its domain, in capitals', (domain) => ({ dns: [domain.toUpperCase()] }), true],
  ['its domain, among others', (domain) => ({ dns: ['other.example', domain] }), true],
  ['a wildcard for it', () => ({ dns: ['*.example'] }), true],
  ['a wildcard for what is below it', (domain) => ({ dns: [`*.${domain}`] }), false],
  ['half a wildcard', (domain) => ({ dns: [`*${domain}`] }), false],
  ['the domain above it', () => ({ dns: ['example'] }), false],
  ['its domain as an XMPP server', (domain) => ({ srv: [`_xmpp-server.${domain}`] }), true],
  ['its domain for clients', (domain) => ({ srv: [`_xmpp-client.${domain}`] }), false],
  ['its domain as an XMPP address', (domain) => ({ xmpp: [domain] }), true],
  ['a user of it', (domain) => ({ xmpp: [`romeo@${domain}`] }), false],
  ['nothing', () => ({}), false],
]
for (const [what, names, isBelieved] of NAMES) {
  const outcome = isBelieved ? talk : (realm: Realm): Promise<void> => fail(realm, 'wait', 'remote-server-timeout')
  const verdict = isBelieved ? 'is believed' : 'is not believed'
  federation(`T-F01, SEC-5: a certificate with ${what} ${verdict}: of who is called`, { b: { shows: names(B) } }, outcome)
  federation(`T-F01, SEC-5: a certificate with ${what} ${verdict}: of who calls`, { a: { shows: names(A) } }, outcome)
}

federation(
  'RFC 6120 13.7: a certificate for servers only, as public authorities issue them, is enough for who calls (EXTERNAL)',
  { a: { shows: { dns: [A], serversOnly: true } } },
  async (realm) => {
    await talk(realm)
    const called = realm.b.streams().filter((s) => s.side === 'receiving')
    assert.deepEqual(
      called.map((s) => s.certificate?.names.dnsNames),
      [[A]],
    )
  },
)
federation(
  'RFC 6120 13.7: a certificate for servers only from an authority that is not trusted is none',
  { a: { shows: { dns: [A], serversOnly: true } }, b: { trusts: false } },
  (realm) => fail(realm, 'wait', 'remote-server-timeout'),
)

federation('who is denied is not called', { a: { peers: [{ domain: B, trust: 'deny' }] } }, async (realm) => {
  await fail(realm, 'cancel', 'not-allowed')
  assert.deepEqual(realm.a.streams(), [])
})
federation('who is denied is not let in', { b: { peers: [{ domain: '*.example', trust: 'deny' }] } }, (realm) =>
  fail(realm, 'wait', 'remote-server-timeout'),
)

federation('T-F09: a domain that DNS does not know', async (realm) => {
  realm.zone.services.delete(B)
  await fail(realm, 'cancel', 'remote-server-not-found')
})
federation('T-F09: a port that nobody listens on', async (realm) => {
  await realm.b.hangUp()
  await fail(realm, 'wait', 'remote-server-timeout')
})
federation('a route stands in for DNS', { a: { peers: [{ domain: B, route: '127.0.0.1:1' }] } }, (realm) =>
  fail(realm, 'wait', 'remote-server-timeout'),
)
