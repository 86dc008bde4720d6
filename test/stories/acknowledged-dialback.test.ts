/**
 * XEP-0198 between servers that prove themselves by dialback over a certificate that holds, and on streams that carry pairs of
 * several domains: docs/decisions/026-acknowledged-after-dialback.md.
 */
import assert from 'node:assert/strict'
import { dialbackKey } from '../../src/stream/s2s/dialback/key.ts'
import { nonza } from '../../src/stream/framing.ts'
import type { RawElement } from '../../src/xml/scanner.ts'
import { wire as wireText } from '../../src/xml/wire.ts'
import { acknowledged, bodies, cut, goDead, local, recover, say, turns } from '../support/lossy.ts'
import type { PeerWire } from '../support/peer-wire.ts'
import { certificatesFor, type Site, type SiteOptions } from '../support/site.ts'
import { A, B, federation, type Realm } from '../support/two-servers.ts'
import { SASL } from '../support/wire-client.ts'
import { refusal } from '../support/xml-pattern.ts'

const C = 'c.example'
const SM = 'urn:xmpp:sm:3'
const MANAGED: SiteOptions = { federation: { 'stream-management': true, 'retry': 1000 } }
const BOTH = { a: MANAGED, b: MANAGED }

/** What becomes of streams that others open to a site. */
type Door = (stream: ReturnType<Site['streams']>[number]) => void

function atDoor(realm: Realm, site: Site, change: Door): void {
  realm.zone.doors.set(site.port, (socket) => {
    site.peers.accept(socket, false)
    change(site.streams().at(-1)!)
  })
}
const notOffered: Door = ({ carrier }) => {
  const features = carrier.features.bind(carrier)
  carrier.features = (offers) => features(offers.filter(({ name }) => name !== 'mechanisms'))
}
/** Elements that `fits` are not for the stream. */
const instead =
  (fits: (raw: RawElement) => boolean, act: Door): Door =>
  (stream) => {
    const element = stream.element.bind(stream)
    stream.element = (raw) => (fits(raw) ? act(stream) : element(raw))
  }
const refused = instead(
  ({ ns, name }) => ns === SASL && name === 'auth',
  (stream) => stream.send(wireText(`<failure xmlns='${SASL}'><not-authorized/></failure>`)),
)

for (const [how, door] of [
  ['not offered', notOffered],
  ['refused', refused],
] as const) {
  const open = (realm: Realm): void => {
    for (const site of [realm.a, realm.b]) atDoor(realm, site, door)
  }
  federation(`XEP-0198 3: SASL EXTERNAL is ${how}, and stanzas are acknowledged after dialback`, BOTH, async (realm) => {
    open(realm)
    await realm.clients('alice@a.example/1', 'dave@b.example/1')
    const [ours, theirs] = [realm.a.streams()[0]!, realm.b.streams()[0]!]
    assert.equal(typeof ours.managed!.id, 'string')
    assert.equal(ours.managed!.id, theirs.managed!.id)
    assert.notEqual(ours.managed!.queue.size, 0)
    await acknowledged(realm)
    assert.deepEqual([ours.managed!.queue.size, theirs.managed!.queue.size], [0, 0])
  })

  federation(`XEP-0198 5: SASL EXTERNAL is ${how}, and what was on its way gets there once, in order`, BOTH, async (realm) => {
    open(realm)
    const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
    const { id } = realm.a.streams()[0]!.managed!
    say(alice, dave.jid, 'a1', 'a2')
    say(dave, alice.jid, 'd1', 'd2')
    await realm.settle() // there, and not acknowledged
    goDead(realm)
    say(alice, dave.jid, 'a3', 'a4')
    say(dave, alice.jid, 'd3', 'd4')
    await Promise.all([local(alice), local(dave)])
    await cut(realm)
    say(alice, dave.jid, 'a5')
    say(dave, alice.jid, 'd5')
    await Promise.all([local(alice), local(dave)])
    await recover(realm)
    assert.deepEqual(bodies(dave.take()), ['a1', 'a2', 'a3', 'a4', 'a5'])
    assert.deepEqual(bodies(alice.take()), ['d1', 'd2', 'd3', 'd4', 'd5'])
    assert(
      realm.a.streams().some(({ managed }) => managed?.id === id),
      'the stream was resumed',
    )
  })
}

federation('XEP-0198 3: a server that never answers <enable/> is given up, and senders are told', BOTH, async (realm) => {
  atDoor(realm, realm.b, (stream) => {
    notOffered(stream)
    instead(
      ({ ns }) => ns === SM,
      () => {},
    )(stream)
  })
  realm.isTogether = false
  const alice = await realm.client('alice@a.example/1')
  say(alice, 'dave@b.example', 'waits')
  await realm.until('there is a stream', () => realm.a.streams().some(({ isReady }) => isReady))
  await local(alice)
  await realm.pass(31_000)
  await alice.expect(refusal('message', `id='waits' from='dave@b.example'`, 'wait', 'remote-server-timeout'))
  assert(realm.a.streams().every(({ isClosing }) => isClosing))
})

// A server that says what it likes, and has a certificate

const ENABLE = `<enable xmlns='${SM}' resume='true'/>`
const ENABLED = `<enabled xmlns='${SM}' id='*' resume='true' max='30'/>`
const UNEXPECTED = `<failed xmlns='${SM}'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`
const BIDI = nonza('bidi', 'urn:xmpp:bidi')
const a = (h: number): string => `<a xmlns='${SM}' h='${h}'/>`
const resume = (previd: string, h: number): string => `<resume xmlns='${SM}' previd='${previd}' h='${h}'/>`
const resumed = (previd: string, h: number): string => `<resumed xmlns='${SM}' previd='${previd}' h='${h}'/>`
const TO_DAVE = `<message from='mallory@c.example/x' to='dave@b.example/1' type='chat'><body>x</body></message>`
const toMallory = (id: string): string => `<message xmlns='jabber:server' type='chat' id='${id}'>*</message>`

/** Up to the features. */
async function shown(realm: Realm, dns: readonly string[] = [C], from = C): Promise<PeerWire> {
  const { chainFile, keyFile } = (await certificatesFor([C], { dns })).source
  const wire = await realm.wire(realm.b)
  const features = await wire.shown(from, { certificateFile: chainFile, keyFile })
  assert.notEqual(features.child('sm'), undefined)
  wire.write(BIDI)
  return wire
}
async function proves(wire: PeerWire, from = C): Promise<void> {
  const key = dialbackKey('secret', { receiving: B, originating: from, streamId: wire.streamId })
  wire.write(`<db:result from='${from}' to='${B}'>${key}</db:result>`)
  await wire.expect(`<result xmlns='jabber:server:dialback' type='valid' from='${B}' to='${from}'/>`)
}
async function enabled(realm: Realm, dns?: readonly string[]): Promise<readonly [wire: PeerWire, id: string]> {
  const wire = await shown(realm, dns)
  await proves(wire)
  wire.write(ENABLE)
  return [wire, (await wire.expect(ENABLED)).attr('id')!]
}
const lost = async (realm: Realm, wire: PeerWire): Promise<void> => {
  wire.link.drop()
  await realm.until('the loss is noticed', () => realm.b.streams().every(({ remote }) => remote !== C))
}

federation('XEP-0198 3: before dialback nothing is enabled, and the stream goes on', BOTH, async (realm) => {
  const wire = await shown(realm)
  for (const early of [ENABLE, resume('whatever', 0)]) {
    wire.write(early)
    await wire.expect(UNEXPECTED)
  }
  await proves(wire)
  wire.write(ENABLE)
  await wire.expect(ENABLED)
})

federation('XEP-0198 3: nor when it has proved another domain than that of its header', BOTH, async (realm) => {
  const wire = await shown(realm, [C, 'other.example'])
  await proves(wire, 'other.example')
  wire.write(ENABLE)
  await wire.expect(UNEXPECTED)
})

federation('XEP-0198 5: after dialback it is said what got through before anything else is written', BOTH, async (realm) => {
  const [dave] = await realm.clients('dave@b.example/1')
  const [first, id] = await enabled(realm)
  first.write(TO_DAVE)
  await dave.expect(TO_DAVE)
  say(dave, 'mallory@c.example/x', 'm1', 'm2')
  for (const one of ['m1', 'm2']) await first.expect(toMallory(one))
  await lost(realm, first)
  say(dave, 'mallory@c.example/x', 'm3')
  await local(dave)
  const second = await shown(realm)
  await proves(second)
  await turns()
  second.write(resume(id, 1))
  await second.expect(resumed(id, 1)) // and not m1 before it
  for (const one of ['m2', 'm3']) await second.expect(toMallory(one))
  second.write(`${TO_DAVE}<r xmlns='${SM}'/>`)
  await second.expect(a(2))
  await dave.expect(TO_DAVE)
})

federation('XEP-0198 5, XEP-0220: on the stream that goes on, other domains have to be proved again', BOTH, async (realm) => {
  const [dave] = await realm.clients('dave@b.example/1')
  const other = TO_DAVE.replace(C, 'other.example')
  const names = [C, 'other.example']
  const [first, id] = await enabled(realm, names)
  await proves(first, 'other.example')
  first.write(`${TO_DAVE}${other}`)
  await dave.expect(TO_DAVE, other)
  await lost(realm, first)
  const second = await shown(realm, names)
  await proves(second)
  second.write(resume(id, 0))
  await second.expect(resumed(id, 2)) // counted, of whatever domain
  await proves(second, 'other.example')
  second.write(`${other}<r xmlns='${SM}'/>`)
  await second.expect(a(3))
  await dave.expect(other)
  await lost(realm, second)
  const third = await shown(realm, names)
  await proves(third)
  third.write(resume(id, 0))
  await third.expect(resumed(id, 3))
  third.write(other)
  await third.expect(a(3))
  await third.expectStreamError('invalid-from')
})

federation(
  'XEP-0198 5: what another domain has got over the stream that was lost is not written to it again',
  BOTH,
  async (realm) => {
    const [dave] = await realm.clients('dave@b.example/1')
    const names = [C, 'other.example']
    const [first, id] = await enabled(realm, names)
    await proves(first, 'other.example')
    say(dave, 'eve@other.example/x', 'm1', 'm2')
    for (const one of ['m1', 'm2']) await first.expect(toMallory(one))
    await lost(realm, first)
    const ofOther = await shown(realm, names, 'other.example')
    await proves(ofOther, 'other.example')
    say(dave, 'eve@other.example/x', 'm3')
    await local(dave)
    const second = await shown(realm, names)
    await proves(second)
    second.write(resume(id, 1))
    await second.expect(resumed(id, 0))
    for (const one of ['m2', 'm3']) await ofOther.expect(toMallory(one)) // at once, and m1 not again
  },
)

// Without a certificate that holds

const UNPROVED: SiteOptions = { trusts: false, federation: { 'stream-management': true, 'trust': 'allow-dialback' } }
federation('XEP-0198: without a certificate that holds it is not offered', { a: UNPROVED, b: UNPROVED }, async (realm) => {
  await realm.clients('alice@a.example/1', 'dave@b.example/1')
  assert(realm.a.streams().every(({ managed }) => managed === null))
  const { chainFile, keyFile } = (await certificatesFor([C], 'its own')).source
  const wire = await realm.wire(realm.b)
  assert.equal((await wire.shown(C, { certificateFile: chainFile, keyFile })).child('sm'), undefined)
  wire.write(ENABLE)
  await wire.expectStreamError('unsupported-stanza-type')
})

federation("XEP-0198: nor with somebody else's", BOTH, async (realm) => {
  const { chainFile, keyFile } = (await certificatesFor([C], "somebody else's")).source
  const wire = await realm.wire(realm.b)
  assert.equal((await wire.shown(C, { certificateFile: chainFile, keyFile })).child('sm'), undefined)
})

// One stream for several domains

const TWO: SiteOptions = { ...MANAGED, otherDomains: [C], shows: { dns: [A, C] } }
for (const [how, door] of [
  ['SASL EXTERNAL', (): void => {}],
  ['dialback', notOffered],
] as const)
  federation(
    `XEP-0198 5: a stream that two domains share by ${how} is lost; nothing is missing or doubled`,
    { a: TWO, b: MANAGED },
    async (realm) => {
      atDoor(realm, realm.b, door)
      const names = ['alice@a.example/1', 'carol@c.example/1', 'dave@b.example/1'] as const
      const [alice, carol, dave] = await realm.friends(...names)
      assert(realm.a.streams().some(({ pairs }) => pairs.granted.size === 2))
      for (const who of [alice, carol]) {
        say(who, dave.jid, `1 of ${who.jid}`)
        say(dave, who.jid, `1 for ${who.jid}`)
      }
      await realm.settle() // there, and not acknowledged
      goDead(realm)
      for (const who of [alice, carol]) {
        say(who, dave.jid, `2 of ${who.jid}`)
        say(dave, who.jid, `2 for ${who.jid}`)
      }
      await Promise.all([alice, carol, dave].map(local))
      await cut(realm)
      for (const who of [alice, carol]) {
        say(who, dave.jid, `3 of ${who.jid}`)
        say(dave, who.jid, `3 for ${who.jid}`)
      }
      await Promise.all([alice, carol, dave].map(local))
      await recover(realm)
      const read = bodies(dave.take())
      for (const who of [alice, carol]) {
        assert.deepEqual(
          read.filter((text) => text.endsWith(who.jid)),
          [1, 2, 3].map((n) => `${n} of ${who.jid}`),
        )
        assert.deepEqual(
          bodies(who.take()),
          [1, 2, 3].map((n) => `${n} for ${who.jid}`),
        )
      }
    },
  )
