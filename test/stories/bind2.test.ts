/** XEP-0386 and the inline parts of XEP-0198, 0280, 0352: one round from the password to a live session. */
import assert from 'node:assert/strict'
import { BIND2, featuresAfter, identifierOf, logIn, SASL2, toldIn, type Sasl2Options } from '../support/sasl2.ts'
import { gone, here } from '../support/stanzas.ts'
import { bareOf, PASSWORD, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'

/** Nobody is asked to acknowledge what the story does not mention. */
const settings = { 'stream-management': { 'ask-after': '1 hour' } }
const SECURE = { on: ['memory tls', 'direct tls'], settings } as const
/** Also in the framing of RFC 7395. */
const EVERYWHERE = { on: [...SECURE.on, 'websocket with tls'], settings } as const
const IN_MEMORY = { on: ['memory tls'], settings } as const
const SM = 'urn:xmpp:sm:3'
const CARBONS = 'urn:xmpp:carbons:2'
const CSI = 'urn:xmpp:csi:0'
const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
const ALICE = bareOf('alice')
const DEVICE = 'd4565fa7-4d72-4749-b3d3-740edbf87770'
const OTHER = '7e2b1c9a-58b1-4a3e-8f0d-0f5cf7a2be11'

const bind = (content = ''): string => `<bind xmlns='${BIND2}'>${content}</bind>`
const MANAGED = `<enable xmlns='${SM}' resume='true'/>`
const resume = (id: string, h: number): string => `<resume xmlns='${SM}' previd='${id}' h='${h}'/>`

interface Arrived {
  readonly wire: WireClient
  readonly success: Xml
  readonly client: StoryClient
}

/** A session in one round. */
async function arrive(cast: Cast, user: string, options: Sasl2Options): Promise<Arrived> {
  await cast.server.account(user)
  const wire = await cast.secured()
  const success = await logIn(wire, user, PASSWORD, options)
  assert.equal(success.name, 'success', success.show())
  return { wire, success, client: cast.adopt(wire, identifierOf(success)) }
}
async function bound(cast: Cast, user: string, options: Sasl2Options = {}): Promise<Arrived> {
  const arrived = await arrive(cast, user, { ...options, inline: options.inline ?? bind() })
  await featuresAfter(arrived.wire)
  return arrived
}
/** Bob, who is online, and sees Alice as she sees him. */
async function friend(cast: Cast): Promise<StoryClient> {
  await cast.rosters(['alice', 'bob', 'both'], ['bob', 'alice', 'both'])
  const [bob] = await cast.clients('bob/1')
  return bob
}
const boundIn = (success: Xml): Xml => success.child('bound')!
const resourceOf = ({ client }: Arrived): string => client.jid.slice(client.jid.indexOf('/') + 1)

story('T-W04: SASL2, Bind 2, carbons, stream management and client state in one round', EVERYWHERE, async (cast) => {
  const bob = await friend(cast)
  const inline = bind(
    `<tag>Story</tag><enable xmlns='${CARBONS}'/>${MANAGED}<inactive xmlns='${CSI}'/><unknown xmlns='urn:example:unknown'/>`,
  )
  const alice = await arrive(cast, 'alice', { device: DEVICE, inline })
  assert.match(alice.client.jid, /^alice@a\.example\/Story\/[\w-]{12}$/)
  const [metadata, enabled, ...others] = boundIn(alice.success).elements
  assert.deepEqual([metadata!.name, metadata!.ns], ['metadata', 'urn:xmpp:mam:2'])
  assert.deepEqual([enabled!.name, enabled!.ns, enabled!.attr('resume'), others], ['enabled', SM, 'true', []])
  const features = await featuresAfter(alice.wire)
  for (const done of ['bind', 'session', 'sm', 'authentication', 'mechanisms'])
    assert.equal(features.child(done), undefined, `${done} is not to be had any more`)
  assert.ok(features.child('csi') !== undefined)

  // Stream management: the count begins here
  alice.client.send('<presence/>')
  await alice.client.expect(here(alice.client.jid)) // Bob's is held back: client state
  alice.client.send(`<r xmlns='${SM}'/>`)
  await alice.client.expect(`<a xmlns='${SM}' h='1'/>`)
  await bob.expect(here(alice.client.jid))
  // Carbons
  const second = await bound(cast, 'alice', { inline: bind(`<enable xmlns='${CARBONS}'/>`) })
  bob.send(`<message type='chat' id='m' to='${alice.client.jid}'><body>Hark</body></message>`)
  await second.client.expect(`<message type='chat' from='${ALICE}'><received xmlns='${CARBONS}'>*</received></message>`)
  await alice.client.expect(here(bob.jid), `<message type='chat' id='m' from='${bob.jid}'><body>Hark</body></message>`)
})

story('XEP-0386 3.2, XEP-0352: a session that begins as inactive', IN_MEMORY, async (cast) => {
  const bob = await friend(cast)
  const { client: alice } = await bound(cast, 'alice', { inline: bind(`<inactive xmlns='${CSI}'/>`) })
  alice.send('<presence/>')
  await cast.settle()
  alice.take()
  bob.take()
  bob.send('<presence><show>away</show></presence>')
  await bob.expect(here(bob.jid, '<show>away</show>'))
  await cast.settle()
  assert.deepEqual(alice.take(), [])
  alice.send(`<active xmlns='${CSI}'/>`)
  await alice.expect(here(bob.jid, '<show>away</show>'))
})

// Resources

story('XEP-0386 3.2.1: the same installation gets the same resource, another one another', IN_MEMORY, async (cast) => {
  const inline = bind('<tag>Story</tag>')
  const first = await bound(cast, 'alice', { device: DEVICE, inline })
  await first.client.close()
  const again = await bound(cast, 'alice', { device: DEVICE.toUpperCase(), inline })
  assert.equal(resourceOf(again), resourceOf(first))
  assert.ok(!resourceOf(first).includes(DEVICE.slice(0, 8)), 'the id of the installation is not told')
  const other = await bound(cast, 'alice', { device: OTHER, inline })
  const tagged = await bound(cast, 'alice', { device: '00000000-0000-4000-8000-000000000000', inline: bind('<tag>Tale</tag>') })
  const nameless = [await bound(cast, 'alice', { inline }), await bound(cast, 'alice', { inline })]
  const bob = await bound(cast, 'bob', { device: DEVICE, inline })
  const all = [first, other, tagged, ...nameless, bob].map(resourceOf)
  assert.equal(new Set(all).size, all.length)
  assert.equal(resourceOf(tagged).slice(0, 5), 'Tale/')
})

for (const [what, tag] of [
  ['with what no resource may have', '\u200b&#10;'],
  ['that is too long', 'x'.repeat(1020)],
  ['that is empty', ''],
] as const) {
  story(`XEP-0386 3.2.1: a tag ${what} is left out`, IN_MEMORY, async (cast) => {
    const alice = await bound(cast, 'alice', { inline: bind(`<tag>${tag}</tag>`) })
    assert.match(resourceOf(alice), /^[\w-]{12}$/)
  })
}

story('XEP-0386 3.2: an earlier session of the same installation gives way', SECURE, async (cast) => {
  const bob = await friend(cast)
  const first = await bound(cast, 'alice', { device: DEVICE, inline: bind('<tag>One</tag>') })
  first.client.send('<presence/>')
  await bob.expect(here(first.client.jid))
  await cast.settle()
  first.client.take()
  const second = await bound(cast, 'alice', { device: DEVICE, inline: bind('<tag>Two</tag>') })
  await first.wire.expectStreamError('conflict')
  await bob.expect(gone(first.client.jid))
  second.client.send('<presence/>')
  await bob.expect(here(second.client.jid))
  await second.client.expectAll(here(second.client.jid), here(bob.jid))
})

story('XEP-0386 3.2: no room for another session', { ...IN_MEMORY, limits: { resources: 1 } }, async (cast) => {
  const first = await bound(cast, 'alice', { device: DEVICE })
  const wire = await cast.secured()
  const success = await logIn(wire, 'alice', PASSWORD, { device: OTHER, inline: bind() })
  assert.deepEqual([identifierOf(success), toldIn(success)], [ALICE, []], 'authenticated, and not bound')
  assert.ok((await featuresAfter(wire)).child('bind') !== undefined)
  wire.write(`<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`)
  await wire.expect(
    `<iq type='error' id='bind'><error type='wait'><resource-constraint xmlns='${STANZAS}'/>` +
      `<resource-limit-exceeded xmlns='urn:xmpp:errors'/></error></iq>`,
  )
  const again = await bound(cast, 'alice', { device: DEVICE })
  await first.wire.expectStreamError('conflict')
  await again.client.fence()
})

// XEP-0198 9

async function managed(cast: Cast, user: string, device = DEVICE): Promise<Arrived & { readonly id: string }> {
  const arrived = await bound(cast, user, { device, inline: bind(`<tag>Story</tag>${MANAGED}`) })
  const id = boundIn(arrived.success).child('enabled')!.attr('id')!
  arrived.client.send('<presence/>')
  await arrived.client.expect(here(arrived.client.jid))
  return { ...arrived, id }
}

story('XEP-0198 9.2: resumption in one round, with what was missed behind it', EVERYWHERE, async (cast) => {
  const [bob] = await cast.clients('bob/1')
  const alice = await managed(cast, 'alice')
  alice.client.drop()
  await cast.settle()
  bob.send(`<message type='chat' id='m' to='${alice.client.jid}'><body>Hark</body></message>`)
  await cast.settle()
  const back = await arrive(cast, 'alice', { device: DEVICE, inline: `${bind('<tag>Other</tag>')}${resume(alice.id, 1)}` })
  assert.equal(back.client.jid, alice.client.jid)
  assert.deepEqual(toldIn(back.success), [`<resumed xmlns='${SM}' h='1' previd='${alice.id}'/>`], 'and nothing is bound')
  const next = await back.wire.element('the message')
  assert.equal(next.attr('id'), 'm', 'no features stand between')
  back.client.send(`<r xmlns='${SM}'/>`)
  await back.client.expect(`<a xmlns='${SM}' h='1'/>`)
})

story('XEP-0198 9.2: a connection that is still there is closed', SECURE, async (cast) => {
  const alice = await managed(cast, 'alice')
  const back = await arrive(cast, 'alice', { device: DEVICE, inline: resume(alice.id, 1) })
  await alice.wire.expectStreamError('conflict')
  assert.equal(back.client.jid, alice.client.jid)
  await back.client.fence()
})

story('T-W05: a resumption that fails, and the binding goes on', EVERYWHERE, async (cast) => {
  const inline = `${resume('nobody knows', 3)}${bind(MANAGED)}`
  const { success, wire, client } = await arrive(cast, 'alice', { device: DEVICE, inline })
  const [failed, fresh] = success.elements.filter((e) => e.ns !== SASL2)
  assert.equal(failed!.show(), `<failed xmlns='${SM}'><item-not-found xmlns='${STANZAS}'/></failed>`)
  assert.deepEqual([fresh!.name, fresh!.child('enabled')!.attr('resume')], ['bound', 'true'])
  assert.match(client.jid, /^alice@a\.example\/[\w-]{12}$/)
  await featuresAfter(wire)
  await client.fence()
})

story('XEP-0198 9.2.1: a resumption that fails, and nothing else was asked for', IN_MEMORY, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.secured()
  const success = await logIn(wire, 'alice', PASSWORD, { inline: resume('nobody knows', 3) })
  assert.equal(identifierOf(success), ALICE)
  assert.deepEqual(toldIn(success), [`<failed xmlns='${SM}'><item-not-found xmlns='${STANZAS}'/></failed>`])
  assert.ok((await featuresAfter(wire)).child('bind') !== undefined)
  await wire.bind(null)
})

story('XEP-0388 2.6.2: what was asked for along with a failed authentication is not done', SECURE, async (cast) => {
  const alice = await managed(cast, 'alice')
  const wire = await cast.secured()
  const inline = `${resume(alice.id, 1)}${bind()}`
  assert.equal((await logIn(wire, 'alice', 'wrong', { device: DEVICE, inline })).name, 'failure')
  await cast.server.account('bob')
  const thief = await logIn(wire, 'bob', PASSWORD, { device: DEVICE, inline: resume(alice.id, 1) })
  assert.deepEqual(toldIn(thief), [`<failed xmlns='${SM}'><item-not-found xmlns='${STANZAS}'/></failed>`], 'nor for others')
  await alice.client.fence()
})

story('XEP-0198 6: a resumption with a count of what was never sent', IN_MEMORY, async (cast) => {
  const alice = await managed(cast, 'alice')
  alice.client.drop()
  const wire = await cast.secured()
  const answer = await logIn(wire, 'alice', PASSWORD, { inline: resume(alice.id, 7) })
  assert.equal(answer.show().includes(`<handled-count-too-high xmlns='${SM}'`), true, answer.show())
  await wire.expectClosed()
})

story('XEP-0386 3.2: nothing comes before a client knows that it has a session', SECURE, async (cast) => {
  // Somebody writes to every session as soon as there is one
  cast.server.host.on('session-bound', ({ session }) =>
    queueMicrotask(
      () => void cast.fromElsewhere(`<message from='dave@b.example/x' to='${session.jid.full}'><body>x</body></message>`),
    ),
  )
  const message = `<message from='dave@b.example/x'><body>x</body></message>`
  const { client } = await bound(cast, 'alice')
  await client.expect(message)
  const legacy = await cast.authenticated('alice')
  await cast.adopt(legacy, await legacy.bind('1')).expect(message)
})
