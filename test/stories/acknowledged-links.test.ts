/**
 * XEP-0198 between two servers: what was on its way when a stream broke gets there once and in its order, and what does not
 * get there is answered.
 */
import assert from 'node:assert/strict'
import { acknowledged, bodies, cut, goDead, local, recover, say, turns } from '../support/lossy.ts'
import type { PeerWire } from '../support/peer-wire.ts'
import { openSite, type SiteOptions } from '../support/site.ts'
import { StoryClient } from '../support/story-client.ts'
import { PASSWORD } from '../support/story.ts'
import { B, federation, type Realm } from '../support/two-servers.ts'
import { WireClient } from '../support/wire-client.ts'
import { refusal } from '../support/xml-pattern.ts'

const C = 'c.example'
const SM = 'urn:xmpp:sm:3'
const MANAGED: SiteOptions = { federation: { 'stream-management': true, 'retry': 1000 } }
const BOTH = { a: MANAGED, b: MANAGED }
federation('XEP-0198 3, 4: streams that a certificate has proved are managed, and acknowledged in time', BOTH, async (realm) => {
  await realm.clients('alice@a.example/1', 'dave@b.example/1')
  const [ours, theirs] = [realm.a.streams()[0]!, realm.b.streams()[0]!]
  assert.equal(ours.managed!.id, theirs.managed!.id)
  assert.equal(typeof ours.managed!.id, 'string')
  assert.notEqual(ours.managed!.queue.size, 0)
  await acknowledged(realm)
  assert.deepEqual([ours.managed!.queue.size, theirs.managed!.queue.size], [0, 0])
})

federation('XEP-0198 5: what was on its way gets there once, both ways and in order', BOTH, async (realm) => {
  const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
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
})

federation(
  'XEP-0198 5: a connection that only the other side knows to be dead is given up for the new one',
  BOTH,
  async (realm) => {
    const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
    goDead(realm)
    say(alice, dave.jid, 'a1')
    say(dave, alice.jid, 'd1')
    await Promise.all([local(alice), local(dave)])
    const [dead] = realm.b.streams()
    Object.assign(realm.a.streams()[0]!.carrier, { destroy: () => {} }) // b.example hears nothing of it
    realm.a.streams()[0]!.destroy()
    for (let i = 0; i < 20 && !realm.a.news.some((one) => one.startsWith('link-mended')); i++) {
      realm.clock.advance(500)
      await turns()
    }
    realm.isTogether = true
    await realm.settle()
    assert.equal(dead!.isOver, true)
    assert.deepEqual(bodies(dave.take()), ['a1'])
    assert.deepEqual(bodies(alice.take()), ['d1'])
  },
)

federation('XEP-0198: what waits in vain is answered like all that does not get there', BOTH, async (realm) => {
  const [alice] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
  await acknowledged(realm)
  goDead(realm)
  say(alice, 'dave@b.example/1', 'lost')
  alice.send(`<iq type='get' id='asked' to='dave@b.example/1'><ping xmlns='urn:xmpp:ping'/></iq>`)
  await local(alice)
  realm.zone.isDown = true
  await cut(realm)
  await realm.pass(60_000, 5000)
  const lost = (kind: string, id: string): string =>
    refusal(kind, `id='${id}' from='dave@b.example/1'`, 'wait', 'remote-server-timeout')
  await alice.expectAll(lost('message', 'lost'), lost('iq', 'asked'))
})

federation(
  'XEP-0198: a server that has forgotten the stream gets messages again; requests that may have been carried out are refused',
  BOTH,
  async (realm) => {
    const [alice] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
    await acknowledged(realm)
    goDead(realm)
    say(alice, 'dave@b.example', 'again')
    alice.send(`<iq type='set' id='once' to='dave@b.example/1'><do xmlns='urn:example:do'/></iq>`)
    await local(alice)
    await cut(realm)
    realm.b.peers.federation.stop()
    await realm.b.hangUp()
    const restarted = await openSite(B, MANAGED, { zone: realm.zone, clock: realm.clock, between: 'memory' })
    await restarted.listen()
    realm.zone.services.set(B, { port: restarted.port, directTls: false })
    await restarted.story.contact('dave@b.example', 'alice@a.example', 'both')
    const wire = new WireClient(await restarted.story.connect(), B)
    const dave = new StoryClient(wire, await wire.login('dave', PASSWORD, '1'))
    dave.send('<presence/>')
    const read: string[] = []
    for (let i = 0; i < 40 && read.length === 0; i++) {
      realm.clock.advance(500)
      await turns()
      read.push(...bodies(dave.take()))
    }
    assert.deepEqual(read, ['again'])
    const told = alice.take().find((xml) => xml.attr('id') === 'once')
    assert.equal(told?.attr('type'), 'error')
    assert.equal(told.child('error')?.elements[0]?.name, 'remote-server-timeout')
    await local(alice)
    alice.take()
    dave.drop()
    await restarted.close()
  },
)

federation('PSA-20: a server that does not acknowledge and says nothing is given up', BOTH, async (realm) => {
  const [alice] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
  await acknowledged(realm)
  goDead(realm)
  say(alice, 'dave@b.example/1', 'lost')
  await local(alice)
  realm.zone.isDown = true
  realm.clock.advance(1000)
  assert.equal(realm.a.stateOf(B), 'up')
  for (let i = 0; i < 3; i++) {
    realm.clock.advance(30_000)
    await turns()
  }
  assert.notEqual(realm.a.stateOf(B), 'up')
  await local(alice)
  alice.take()
})

// Against a server that says what it likes, and has a certificate of c.example

const a = (h: number | string): string => `<a xmlns='${SM}' h='${h}'/>`
const ENABLE = `<enable xmlns='${SM}' resume='true'/>`
const resume = (previd: string, h: number): string => `<resume xmlns='${SM}' previd='${previd}' h='${h}'/>`
const failed = (condition: string): string =>
  `<failed xmlns='${SM}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`
const TO_DAVE = `<message from='mallory@c.example/x' to='dave@b.example/1' type='chat'><body>x</body></message>`

async function proved(realm: Realm): Promise<PeerWire> {
  const [wire, features] = await realm.proved(realm.b, C)
  assert.notEqual(features.child('sm'), undefined)
  return wire
}
async function enabled(realm: Realm): Promise<readonly [wire: PeerWire, id: string]> {
  const wire = await proved(realm)
  wire.write(ENABLE)
  const id = (await wire.expect(`<enabled xmlns='${SM}' id='*' resume='true' max='30'/>`)).attr('id')!
  return [wire, id]
}
const got = `<message from='mallory@c.example/x' to='dave@b.example/1' type='chat'><body>x</body></message>`

federation('XEP-0198 4: what is asked for is answered behind what came before it', BOTH, async (realm) => {
  const [dave] = await realm.clients('dave@b.example/1')
  const [wire] = await enabled(realm)
  wire.write(`<r xmlns='${SM}'/>${TO_DAVE}${TO_DAVE}<r xmlns='${SM}'/>`)
  await wire.expect(a(0))
  await wire.expect(a(2))
  await dave.expect(got, got)
  wire.write('</stream:stream>')
  await wire.expect(a(2))
  await wire.expectClosed()
})

federation(
  'XEP-0198 4: what came before it was enabled does not count, though it be done later',
  { b: { federation: { 'stream-management': true, 'stanzas-per-second': 1 } } },
  async (realm) => {
    realm.isTogether = false
    const dave = await realm.client('dave@b.example/1')
    const wire = await proved(realm)
    wire.write(`${TO_DAVE.repeat(5)}${ENABLE}`) // the fifth has to wait
    await wire.expect(`<enabled xmlns='${SM}' id='*' resume='true' max='30'/>`)
    wire.write(`${TO_DAVE}<r xmlns='${SM}'/>`)
    await dave.expect(got, got, got, got)
    await realm.pass(3000, 500)
    await dave.expect(got, got)
    await wire.expect(a(1))
  },
)

federation('XEP-0198 5: who comes back is told how much was done, and the old stream is over', BOTH, async (realm) => {
  const [dave] = await realm.clients('dave@b.example/1')
  const [first, id] = await enabled(realm)
  first.write(`${TO_DAVE}`)
  await dave.expect(got)
  const second = await proved(realm)
  second.write(resume(id, 0))
  await first.expect(a(1))
  await first.expectStreamError('conflict')
  await second.expect(`<resumed xmlns='${SM}' previd='${id}' h='1'/>`)
  second.write(`${TO_DAVE}<r xmlns='${SM}'/>`)
  await second.expect(a(2))
  await dave.expect(got)
})

federation(
  'XEP-0198 4: who closes as he should, and says that he has not got all, gets the rest another time',
  BOTH,
  async (realm) => {
    const [dave] = await realm.clients('dave@b.example/1')
    const [wire] = await enabled(realm)
    say(dave, 'mallory@c.example/x', 'm1', 'm2')
    for (const id of ['m1', 'm2']) await wire.expect(`<message xmlns='jabber:server' type='chat' id='${id}'>*</message>`)
    wire.write(`${a(1)}</stream:stream>`)
    await wire.expect(a(0))
    await wire.expectClosed()
    // Nobody finds c.example in DNS
    await dave.expect(refusal('message', `id='m2' from='mallory@c.example/x'`, 'cancel', 'remote-server-not-found'))
  },
)

federation(
  'XEP-0198 5: a server that begins anew after a loss is not waited for: what it missed goes out at once',
  BOTH,
  async (realm) => {
    const [dave] = await realm.clients('dave@b.example/1')
    const [first] = await enabled(realm)
    say(dave, 'mallory@c.example/x', 'm1')
    await first.expect(`<message xmlns='jabber:server' type='chat' id='m1'>*</message>`)
    first.link.drop()
    await realm.until('the loss is noticed', () => realm.b.streams().every(({ remote }) => remote !== C))
    say(dave, 'mallory@c.example/x', 'm2')
    await local(dave)
    const [second] = await enabled(realm)
    for (const id of ['m1', 'm2']) await second.expect(`<message xmlns='jabber:server' type='chat' id='${id}'>*</message>`)
  },
)

federation(
  'a server that comes back calls those to whom it had streams, and nobody waits for another attempt',
  BOTH,
  async (realm) => {
    const [alice] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
    const { linkedPeers } = realm.b.story.stores
    assert.deepEqual(await linkedPeers.all(), [{ local: 'b.example', remote: 'a.example' }])
    realm.zone.isDown = true
    await cut(realm)
    say(alice, 'dave@b.example/1', 'waits')
    realm.isTogether = false
    await local(alice)
    realm.zone.isDown = false
    await realm.b.peers.federation.reunite()
    await realm.until('there is a stream', () => realm.b.streams().length > 0)
    realm.isTogether = true
    await realm.settle()
    assert.deepEqual(bodies(realm.known('dave@b.example/1').take()), ['waits'])
    alice.take()
  },
)

federation('a stop: what a server that counts no stanzas wrote before it heard of the end is done', async (realm) => {
  const [dave] = await realm.clients('dave@b.example/1')
  const [wire] = await realm.proved(realm.b, C)
  realm.b.peers.federation.stop()
  wire.write(TO_DAVE)
  await wire.expect(`<error xmlns='http://etherx.jabber.org/streams'>*</error>`)
  await dave.expect(got)
  wire.write('</stream:stream>')
  assert.equal((await wire.next('the footer')).kind, 'footer')
})

federation('XEP-0198 5: a name that is not known; the stream goes on without', BOTH, async (realm) => {
  const wire = await proved(realm)
  wire.write(resume('never heard of it', 0))
  await wire.expect(failed('item-not-found'))
  wire.write(ENABLE)
  await wire.expect(`<enabled xmlns='${SM}' id='*' resume='true' max='30'/>`)
})

federation('XEP-0198 3, 6: who counts wrong, or enables it twice, cannot be trusted to count', BOTH, async (realm) => {
  const [one] = await enabled(realm)
  one.write(a(7))
  await one.expect(a(0))
  await one.expectStreamError('undefined-condition', `<handled-count-too-high xmlns='${SM}' h='7' send-count='0'/>`)
  const [two] = await enabled(realm)
  two.write(`<a xmlns='${SM}'/>`)
  await two.expect(a(0))
  await two.expectStreamError('bad-format')
  const [three] = await enabled(realm)
  three.write(ENABLE)
  await three.expect(a(0))
  await three.expectStreamError('policy-violation')
  const [four, id] = await enabled(realm)
  const five = await proved(realm)
  five.write(resume(id, 9))
  await four.expect(a(0))
  await four.expectStreamError('conflict')
  await five.expectStreamError('undefined-condition', `<handled-count-too-high xmlns='${SM}' h='9' send-count='0'/>`)
  const early = await realm.wire(realm.b)
  await early.secured(C)
  early.write(ENABLE)
  await early.expectStreamError('unsupported-stanza-type')
})
