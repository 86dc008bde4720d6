/**
 * What one other server may cost (RFC 6120 13.12, XEP-0205, SEC-14, SEC-15): each limit, its one consequence, and that the
 * others notice nothing.
 */
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { dialbackKey } from '../../src/stream/s2s/dialback/key.ts'
import type { PeerWire } from '../support/peer-wire.ts'
import type { SiteOptions } from '../support/site.ts'
import type { StoryClient } from '../support/story-client.ts'
import { A, B, federation, type Realm } from '../support/two-servers.ts'
import { refusal } from '../support/xml-pattern.ts'

const C = 'c.example'
/** What a certificate says that speaks for every domain below that one. */
const WILDCARD = { dns: ['*.c.example'] }
const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
const message = (from: string, to: string, id: string, body = id): string =>
  `<message from='${from}' to='${to}' id='${id}' type='chat'><body>${body}</body></message>`
const limits = (federation: SiteOptions['federation'] & object): { readonly b: SiteOptions } => ({ b: { federation } })

/** Somebody at a.example and somebody at b.example talk, as if there were nobody else. */
async function unharmed(alice: StoryClient, dave: StoryClient): Promise<void> {
  alice.send(`<message to='${dave.jid}' type='chat' id='unharmed'><body>hello</body></message>`)
  await dave.expect(message(alice.jid, dave.jid, 'unharmed', 'hello'))
}
/** All that another server has sent is done. @param answering its stream on which answers come */
async function done(wire: PeerWire, answering = wire): Promise<void> {
  wire.write(`<iq type='get' id='done' from='${C}' to='${B}'><ping xmlns='urn:xmpp:ping'/></iq>`)
  await answering.expect(`<iq xmlns='jabber:server' type='result' id='done'/>`)
}

federation(
  'SEC-14: a domain that sends too fast waits, and loses nothing',
  limits({ 'stanzas-per-second': 50 }),
  async (realm) => {
    const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    const [wire] = await realm.proved(realm.b, C)
    const sent = Array.from({ length: 260 }, (_, i) => message('mallory@c.example/x', dave.jid, `m${i}`))
    wire.write(sent.join(''))
    await dave.expect(...sent.slice(0, 200)) // what it has saved up in four seconds
    await realm.settle()
    assert.deepEqual(dave.take(), [])
    await unharmed(alice, dave)
    await realm.pass(1200, 200)
    await dave.expect(...sent.slice(200))
  },
)

federation(
  'SEC-15: requests of one domain that are too many are refused',
  limits({ 'subscriptions-per-minute': 3 }),
  async (realm) => {
    const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    const [wire] = await realm.proved(realm.b, C)
    const ask = (n: number): string => `<presence type='subscribe' id='s${n}' from='m${n}@c.example' to='dave@b.example'/>`
    const refused = `<error type='wait'><policy-violation xmlns='${STANZAS}'/>*</error>`
    for (let n = 1; n <= 3; n++) wire.write(ask(n))
    for (let n = 1; n <= 3; n++) await dave.expect(`<presence type='subscribe' from='m${n}@c.example'>*</presence>`)
    wire.write(ask(4))
    await wire.expect(`<presence xmlns='jabber:server' type='error' id='s4' to='m4@c.example'>${refused}</presence>`)
    alice.send(`<presence type='subscribe' to='dave@b.example'/>`)
    await dave.expect(`<presence type='subscribe' from='alice@a.example'>*</presence>`)
    alice.take()
    await realm.pass(20_000, 10_000)
    wire.write(ask(5))
    await dave.expect(`<presence type='subscribe' from='m5@c.example'>*</presence>`)
  },
)

federation(
  'SEC-15: requests of several domains of one party count together',
  limits({ 'subscriptions-per-minute': 3 }),
  async (realm) => {
    const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    for (const n of [1, 2, 3, 4]) {
      const [wire] = await realm.proved(realm.b, `d${n}.c.example`, WILDCARD)
      wire.write(`<presence type='subscribe' id='s${n}' from='m@d${n}.c.example' to='dave@b.example'/>`)
      if (n < 4) await dave.expect(`<presence type='subscribe' from='m@d${n}.c.example'>*</presence>`)
      else await wire.expect(`<presence xmlns='jabber:server' type='error' id='s4' to='m@d4.c.example'>*</presence>`)
    }
    alice.send(`<presence type='subscribe' to='dave@b.example'/>`)
    await dave.expect(`<presence type='subscribe' from='alice@a.example'>*</presence>`)
    alice.take()
  },
)

federation(
  'SEC-14: streams of all domains of one address that are too many are closed',
  limits({ 'connections-per-host': 2 }),
  async (realm) => {
    const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    for (const n of [1, 2]) await realm.proved(realm.b, `d${n}.c.example`, WILDCARD)
    await assert.rejects(realm.proved(realm.b, 'd3.c.example', WILDCARD), /policy-violation/)
    await unharmed(alice, dave)
  },
)

federation(
  'SEC-2: a stanza that is too large ends the stream that it came on',
  limits({ 'stanza-size': 20_000 }),
  async (realm) => {
    const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    const [wire] = await realm.proved(realm.b, C)
    wire.write(message('mallory@c.example/x', dave.jid, 'large', 'x'.repeat(30_000)))
    await wire.expectStreamError('policy-violation')
    await unharmed(alice, dave)
  },
)

federation(
  'XEP-0478: what the other server does not take is refused here, and the stream stays',
  limits({ 'stanza-size': 20_000 }),
  async (realm) => {
    const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    const [stream] = realm.a.streams()
    alice.send(`<message to='${dave.jid}' type='chat' id='large'><body>${'x'.repeat(30_000)}</body></message>`)
    await alice.expect(refusal('message', `id='large' from='${dave.jid}'`, 'modify', 'policy-violation'))
    await unharmed(alice, dave)
    assert.deepEqual(realm.a.streams(), [stream])
  },
)

federation(
  'a server that does not read is given up; what it was not sent goes over the next stream, and others get what is for them',
  limits({ 'output-queue': 100_000 }),
  async (realm) => {
    const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    const [wire] = await realm.proved(realm.b, C)
    const slow = realm.b.streams().find(({ remote }) => remote === A)!
    for (const { carrier } of realm.a.streams()) carrier.hold()
    realm.isTogether = false
    for (let i = 0; i < 80; i++) {
      dave.send(`<message to='${alice.jid}' type='chat' id='f${i}'><body>${'x'.repeat(8000)}</body></message>`)
      if (i % 20 === 19) await turn()
    }
    dave.send(message(dave.jid, 'mallory@c.example/x', 'quick').replace(` from='${dave.jid}'`, ''))
    await wire.expect(`<message xmlns='jabber:server' type='chat' id='quick' from='${dave.jid}'><body>quick</body></message>`)
    assert.equal(slow.isOver, false)
    await done(wire)
    await realm.pass(30_000, 500)
    assert.equal(slow.isOver, true)
    const got = alice.take().map((e) => e.attr('id')!)
    assert.ok(got.length > 60, `${got.length}`)
    assert.deepEqual(got, Array.from({ length: 80 }, (_, i) => `f${i}`).slice(-got.length), 'in their order, to the last one')
    assert.deepEqual(
      dave.take().filter(({ name }) => name === 'message'),
      [],
      'nothing was refused',
    )
  },
)

federation(
  'SEC-14: streams of one domain that are too many are closed',
  limits({ 'connections-per-domain': 2 }),
  async (realm) => {
    const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    const [one] = await realm.proved(realm.b, C)
    const [two] = await realm.proved(realm.b, C)
    await assert.rejects(realm.proved(realm.b, C), /policy-violation/)
    await done(one)
    await done(two, one)
    await unharmed(alice, dave)
  },
)

const DIALBACK = { trusts: false, federation: { trust: 'allow-dialback' } } as const

federation(
  'SEC-14: pairs of domains on one stream that are too many are refused; those that are there stay',
  { a: DIALBACK, b: { ...DIALBACK, federation: { 'trust': 'allow-dialback', 'domains-per-stream': 1 } } },
  async (realm) => {
    const [dave] = await realm.clients('dave@b.example/1')
    const wire = await realm.wire(realm.b)
    await wire.secured(A)
    const key = dialbackKey(`secret of ${A}`, { receiving: B, originating: A, streamId: wire.streamId })
    wire.write(`<db:result from='${A}' to='${B}'>${key}</db:result>`)
    await wire.expect(`<result xmlns='jabber:server:dialback' type='valid' from='${B}' to='${A}'/>`)
    wire.write(`<db:result from='${C}' to='${B}'>whatever</db:result>`)
    await wire.expect(
      `<result xmlns='jabber:server:dialback' type='error' from='${B}' to='${C}'><error xmlns='jabber:server' type='*'><resource-constraint xmlns='${STANZAS}'/></error></result>`,
    )
    wire.write(message('alice@a.example/x', dave.jid, 'still'))
    await dave.expect(message('alice@a.example/x', dave.jid, 'still'))
  },
)

/** After this the stream is over, and so is nothing else. */
const LIES: readonly (readonly [what: string, stanza: string, condition: string])[] = [
  ['from a domain that it has not proved', message('alice@a.example/x', 'dave@b.example', '1'), 'invalid-from'],
  ['from one of ours', message('dave@b.example/1', 'dave@b.example', '1'), 'invalid-from'],
  ['from a domain below its own', message('mallory@sub.c.example/x', 'dave@b.example', '1'), 'invalid-from'],
  ['without a sender', `<message to='dave@b.example'/>`, 'improper-addressing'],
  ['without a recipient', `<message from='mallory@c.example/x'/>`, 'improper-addressing'],
  ['for a domain that is not ours', message('mallory@c.example/x', 'erin@other.example', '1'), 'host-unknown'],
  ['for a domain below ours', message('mallory@c.example/x', 'dave@sub.b.example', '1'), 'host-unknown'],
]
for (const [what, stanza, condition] of LIES) {
  federation(`CORE-23, T-F05: a stanza ${what}, of a server that a certificate has proved`, async (realm: Realm) => {
    const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    const [wire] = await realm.proved(realm.b, C)
    await done(wire)
    wire.write(stanza)
    await wire.expectStreamError(condition)
    await unharmed(alice, dave)
  })
}
