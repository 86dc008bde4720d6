/**
 * Server dialback (XEP-0220) and the rules for addresses between servers (RFC 6120 8.1), against a peer that says what it
 * likes: it claims to be a.example, or another, on the port for servers of b.example.
 */
import assert from 'node:assert/strict'
import { dialbackKey } from '../../src/stream/s2s/dialback/key.ts'
import type { SiteOptions } from '../support/site.ts'
import { A, B, federation, type Realm } from '../support/two-servers.ts'
import type { PeerWire } from '../support/peer-wire.ts'

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
const DIALBACK: SiteOptions = { trusts: false, federation: { trust: 'allow-dialback' } }
const ALLOWED = { a: DIALBACK, b: DIALBACK }

const keyOf = (wire: PeerWire, receiving = B, originating = A): string =>
  dialbackKey(`secret of ${originating}`, { receiving, originating, streamId: wire.streamId })
const result = (key: string, from = A, to = B): string => `<db:result from='${from}' to='${to}'>${key}</db:result>`
const valid = (from = B, to = A): string => `<result xmlns='jabber:server:dialback' type='valid' from='${from}' to='${to}'/>`
const refused = (condition: string, from = B, to = A): string =>
  `<result xmlns='jabber:server:dialback' type='error' from='${from}' to='${to}'><error xmlns='jabber:server' type='*'><${condition} xmlns='${STANZAS}'/></error></result>`

/** A stream that a.example could have opened; inside TLS, and nothing is proved. */
async function opened(realm: Realm, from = A): Promise<PeerWire> {
  const wire = await realm.wire(realm.b)
  await wire.secured(from)
  return wire
}
/** One on which a.example may write. */
async function proved(realm: Realm): Promise<PeerWire> {
  const wire = await opened(realm)
  wire.write(result(keyOf(wire)))
  await wire.expect(valid())
  return wire
}

federation('T-F02: a key that a.example has made is valid, and stanzas get through afterwards', ALLOWED, async (realm) => {
  const [dave] = await realm.clients('dave@b.example/1')
  const wire = await proved(realm)
  wire.write(`<message from='alice@a.example/x' to='dave@b.example' type='chat'><body>hello</body></message>`)
  await dave.expect(`<message from='alice@a.example/x' to='dave@b.example' type='chat'><body>hello</body></message>`)
})

federation('T-F02: no stanza before that', ALLOWED, async (realm) => {
  const wire = await opened(realm)
  wire.write(`<message from='alice@a.example/x' to='dave@b.example'><body>hello</body></message>`)
  await wire.expectStreamError('not-authorized')
})

federation('T-F03: a key that a.example has not made is invalid, and the stream is closed', ALLOWED, async (realm) => {
  const wire = await opened(realm)
  wire.write(result('1e701f120f66824b57303384e83b51feba858024fd2221d39f7acc52dcf767a9'))
  await wire.expect(`<result xmlns='jabber:server:dialback' type='invalid' from='${B}' to='${A}'/>`)
  await wire.expectClosed()
})

federation(
  'DB-5: where another pair is proved, a wrong key may be a mistake',
  { ...ALLOWED, a: { ...DIALBACK, otherDomains: ['c.example'] } },
  async (realm) => {
    const wire = await proved(realm)
    wire.write(result('1e701f120f66824b57303384e83b51feba858024fd2221d39f7acc52dcf767a9', 'c.example'))
    await wire.expect(refused('forbidden', B, 'c.example'))
    wire.write(`<iq type='get' id='1' from='a.example' to='b.example'><ping xmlns='urn:xmpp:ping'/></iq>`)
    await realm.until('an answer on the way', () => realm.b.streams().length > 1)
  },
)

federation('T-F04, DB-6: answers that nobody has asked for count for nothing', ALLOWED, async (realm) => {
  const wire = await opened(realm)
  wire.write(`<db:result type='valid' from='${A}' to='${B}'/>`)
  wire.write(`<db:verify type='valid' id='${wire.streamId}' from='${A}' to='${B}'/>`)
  wire.write(`<message from='alice@a.example/x' to='dave@b.example'><body>hello</body></message>`)
  await wire.expectStreamError('not-authorized')
})

federation(
  'T-F04: not even while the question is open on another stream',
  { ...ALLOWED, b: { ...DIALBACK, federation: { trust: 'allow-dialback' } } },
  async (realm) => {
    realm.zone.services.set('c.example', { port: realm.a.port, directTls: false })
    const wire = await opened(realm, 'c.example')
    wire.write(result('f'.repeat(64), 'c.example'))
    wire.write(`<db:verify type='valid' id='${wire.streamId}' from='c.example' to='${B}'/>`)
    // a.example, where c.example is said to be, does not serve it
    await wire.expect(refused('remote-server-not-found', B, 'c.example'))
  },
)

federation('T-F05, CORE-23: a stanza from a domain that is not proved', ALLOWED, async (realm) => {
  const wire = await proved(realm)
  wire.write(`<message from='eve@c.example/x' to='dave@b.example'><body>hello</body></message>`)
  await wire.expectStreamError('invalid-from')
})

federation('T-F05: nor from one of our own', ALLOWED, async (realm) => {
  const wire = await proved(realm)
  wire.write(`<presence from='dave@b.example/x' to='dave@b.example' type='unavailable'/>`)
  await wire.expectStreamError('invalid-from')
})

for (const [what, addresses] of [
  ['without to', `from='alice@a.example/x'`],
  ['without from', `to='dave@b.example'`],
  ['with a to whose domain is none', `from='alice@a.example/x' to='dave@b..example'`],
] as const)
  federation(`T-F06, CORE-23: a stanza ${what}`, ALLOWED, async (realm) => {
    const wire = await proved(realm)
    wire.write(`<message ${addresses}><body>hello</body></message>`)
    await wire.expectStreamError('improper-addressing')
  })

federation('CORE-23: a stanza for a domain that is not ours is not passed on', ALLOWED, async (realm) => {
  const wire = await proved(realm)
  wire.write(`<message from='alice@a.example/x' to='somebody@c.example'><body>hello</body></message>`)
  await wire.expectStreamError('host-unknown')
})

federation(
  'T-F07: our other domains use the stream that one of them has',
  { a: { ...DIALBACK, otherDomains: ['c.example'] }, b: DIALBACK },
  async (realm) => {
    const [alice, carol, dave] = await realm.clients('alice@a.example/1', 'carol@c.example/1', 'dave@b.example/1')
    for (const who of [alice, carol]) {
      who.send(`<message to='${dave.jid}' type='chat'><body>hello</body></message>`)
      await dave.expect(`<message from='${who.jid}' to='${dave.jid}' type='chat'><body>hello</body></message>`)
    }
    assert.equal(realm.a.streams().filter((s) => s.side === 'initiating').length, 1)
  },
)

federation(
  'T-F07: two domains of the same machine share a stream',
  {
    a: { ...DIALBACK, federation: { trust: 'allow-dialback', bidirectional: false } },
    b: { ...DIALBACK, otherDomains: ['c.example'] },
  },
  async (realm) => {
    const [alice] = await realm.clients('alice@a.example/1')
    for (const domain of [B, 'c.example'])
      await alice.ask(
        `<iq type='get' id='${domain}' to='${domain}'><ping xmlns='urn:xmpp:ping'/></iq>`,
        `<iq type='result' from='${domain}'/>`,
      )
    assert(realm.a.streams().some(({ pairs }) => pairs.granted.size === 2))
  },
)

federation('T-F08, DB-4: a key for a domain that is not ours; the stream stays', ALLOWED, async (realm) => {
  const wire = await opened(realm)
  wire.write(result(keyOf(wire), A, 'nowhere.example'))
  await wire.expect(refused('item-not-found', 'nowhere.example'))
  wire.write(result(keyOf(wire)))
  await wire.expect(valid())
})

federation('DB-9: no dialback without TLS', ALLOWED, async (realm) => {
  const wire = await realm.wire(realm.b)
  await wire.open({ from: A })
  await wire.features()
  wire.write(result('f'.repeat(64)))
  await wire.expect(refused('policy-violation'))
})

federation(
  'DB-7: where a certificate is required and there is none, the domain is asked, and must show one',
  { a: { shows: "somebody else's" } },
  async (realm) => {
    const wire = await opened(realm)
    wire.write(result(keyOf(wire)))
    await wire.expect(refused('not-authorized'))
  },
)

federation('DB-7: the server of the domain cannot be found', ALLOWED, async (realm) => {
  const wire = await opened(realm, 'c.example')
  wire.write(result('f'.repeat(64), 'c.example'))
  await wire.expect(refused('remote-server-not-found', B, 'c.example'))
})

federation('DB-7: the server of the domain cannot be reached', ALLOWED, async (realm) => {
  realm.zone.services.set('c.example', { port: 1, directTls: false })
  const wire = await opened(realm, 'c.example')
  wire.write(result('f'.repeat(64), 'c.example'))
  await wire.expect(refused('remote-server-timeout', B, 'c.example'))
})

federation('a domain of ours cannot be claimed', ALLOWED, async (realm) => {
  const wire = await realm.wire(realm.b)
  await wire.open({ from: B })
  await wire.expectStreamError('invalid-from')
})

federation('a stream to a domain that is not ours', ALLOWED, async (realm) => {
  const wire = await realm.wire(realm.b)
  await wire.open({ from: A, to: 'nowhere.example' })
  await wire.expectStreamError('host-unknown')
})

federation('nobody gets in without TLS', ALLOWED, async (realm) => {
  const wire = await realm.wire(realm.b)
  await wire.open({ from: A })
  await wire.expect(
    `<features xmlns='http://etherx.jabber.org/streams'><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></features>`,
  )
  wire.write(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>YS5leGFtcGxl</auth>`)
  await wire.expectStreamError('policy-violation')
})

federation('EXTERNAL is not to be had without a certificate', ALLOWED, async (realm) => {
  const wire = await opened(realm)
  wire.write(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>YS5leGFtcGxl</auth>`)
  await wire.expect(`<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>`)
})

federation('somebody who proves nothing is closed after a while', ALLOWED, async (realm) => {
  const wire = await opened(realm)
  realm.clock.advance(30_000)
  await wire.expectStreamError('connection-timeout', '<text xmlns="urn:ietf:params:xml:ns:xmpp-streams" xml:lang="en">*</text>')
})

federation('TIME-4, XEP-0203 5, XEP-0359 6: another server cannot say what we have done to a stanza', ALLOWED, async (realm) => {
  const [dave] = await realm.clients('dave@b.example/1')
  const wire = await proved(realm)
  const delayedBy = (by: string): string => `<delay xmlns='urn:xmpp:delay' from='${by}' stamp='2026-01-01T00:00:00Z'/>`
  const idBy = (by: string): string => `<stanza-id xmlns='urn:xmpp:sid:0' by='${by}' id='1'/>`
  const honest = `<body>hello</body>${delayedBy('room@a.example')}${idBy('room@a.example')}`
  const forged = [B, 'dave@b.example', 'B.Example/x'].map((by) => delayedBy(by) + idBy(by)).join('')
  wire.write(`<message from='alice@a.example/x' to='dave@b.example' type='chat'>${forged}${honest}</message>`)
  await dave.expect(`<message from='alice@a.example/x' to='dave@b.example' type='chat'>${honest}</message>`)
})
