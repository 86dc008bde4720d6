/** XEP-0114: programs that serve a domain of their own, and what users see of them. */
import assert from 'node:assert/strict'
import type { StreamLink } from '../support/link.ts'
import { asking, says } from '../support/annotations.ts'
import { componentsOf, COMPONENT, SECRET } from '../support/component.ts'
import { arrives, gone, here, push, rosterGet, rosterResult, item } from '../support/stanzas.ts'
import { bareOf, story, type Cast } from '../support/story.ts'
import { until } from '../support/until.ts'
import { refusal } from '../support/xml-pattern.ts'

const GATEWAY = 'gw.a.example'
const TWO = ['a.example', 'b.example']
const ALICE = bareOf('alice')
const ROOMS = 'rooms.a.example'
const ASKED = `subscription='none' ask='subscribe'`

/** The server's own service for rooms, in a list of items. */
const servicesOf = (domain: string): string =>
  `<item jid='conference.${domain}' name='Rooms'/><item jid='pubsub.${domain}' name='Nodes'/><item jid='search.${domain}' name='Search'/>`

/** Of an error, what is in the namespace of the stream. */
const inStream = (error: string): string => error.replace('<error', `<error xmlns='${COMPONENT}'`)

/** One in which time has to pass, or where it matters how much a connection holds. */
const inMemory = (name: string, script: (cast: Cast) => Promise<void>): void => story(name, { on: ['memory'] }, script)

story('T-K01, COMP-2: the handshake is lower-case hexadecimal SHA-1 of stream id and secret', async (cast) => {
  const backstage = await componentsOf(cast, GATEWAY)
  const component = await backstage.wire()
  const header = await component.open()
  assert.equal(header.attr('from'), GATEWAY)
  assert.equal(header.attr('version'), undefined)
  assert.ok(header.attr('id')!.length >= 20)
  const other = await backstage.wire()
  await other.handshake(SECRET)
  await other.expect('<handshake/>')
  assert.ok(backstage.state().connected)
})

story('T-K01, COMP-1 and COMP-2: bad secret, unknown domain, other namespace; each with header, error and end', async (cast) => {
  const backstage = await componentsOf(cast, GATEWAY)
  const stranger = await backstage.wire()
  await stranger.handshake('open sesame')
  await stranger.wire.expectStreamError('not-authorized')
  const lost = await backstage.wire()
  await lost.open('other.a.example')
  await lost.wire.expectStreamError('host-unknown')
  const ours = await backstage.wire()
  await ours.open('a.example')
  await ours.wire.expectStreamError('host-unknown')
  for (const ns of ['jabber:client', 'jabber:server', 'jabber:component:connect']) {
    const misled = await backstage.wire()
    await misled.open(GATEWAY, ns)
    await misled.wire.expectStreamError('invalid-namespace')
  }
})

story('COMP-2: nothing goes before the handshake', async (cast) => {
  const alice = await cast.client('alice', '1')
  const component = await (await componentsOf(cast, GATEWAY)).wire()
  await component.open()
  component.send(`<message from='${GATEWAY}' to='${alice.jid}'><body>?</body></message>`)
  await component.wire.expectStreamError('not-authorized')
})

inMemory('COMP-2: a handshake that does not come in time', async (cast) => {
  const component = await (await componentsOf(cast, GATEWAY)).wire()
  await component.open()
  await cast.advance(60_000)
  await component.wire.expectStreamError('connection-timeout')
})

story('T-K02, COMP-3: a stanza has both addresses, and its sender is at the domain', async (cast) => {
  const alice = await cast.client('alice', '1')
  const backstage = await componentsOf(cast, GATEWAY)
  for (const [stanza, condition] of [
    [`<message from='bob@a.example' to='${alice.jid}'/>`, 'invalid-from'],
    [`<message from='x.${GATEWAY}' to='${alice.jid}'/>`, 'invalid-from'],
    [`<message from='${GATEWAY}'/>`, 'improper-addressing'],
    [`<message to='${alice.jid}'/>`, 'improper-addressing'],
    [`<message xmlns='jabber:server' from='${GATEWAY}' to='${alice.jid}'/>`, 'unsupported-stanza-type'],
  ] as const) {
    const component = await backstage.connected()
    component.send(stanza)
    await component.wire.expectStreamError(condition)
  }
})

story('COMP-3: a component speaks for no other domain, be it a component too', async (cast) => {
  const backstage = await componentsOf(cast, GATEWAY, { components: [{}, { domain: ROOMS }] })
  const rooms = await backstage.connected(ROOMS)
  const forger = await backstage.connected()
  forger.send(`<message from='${ROOMS}' to='${GATEWAY}'><body>?</body></message>`)
  await forger.wire.expectStreamError('invalid-from')
  assert.equal(backstage.state().ending, 'invalid-from')
  const gateway = await backstage.connected()
  gateway.send(`<message from='x@${GATEWAY}' to='y@${ROOMS}'><body>!</body></message>`)
  await rooms.expect(`<message from='x@${GATEWAY}' to='y@${ROOMS}'><body>!</body></message>`)
  gateway.send(`<message from='x@${GATEWAY}' to='z@elsewhere.example' id='1'><body>!</body></message>`)
  await gateway.expect(
    inStream(refusal('message', `from='z@elsewhere.example' to='x@${GATEWAY}' id='1'`, 'cancel', 'remote-server-not-found')),
  )
})

story('RFC 6120 13.12, 11.1: what is no stanza, or too much of one, ends the stream by its name', async (cast) => {
  const backstage = await componentsOf(cast, GATEWAY, {
    streams: { 'stanza-size': 20_000, 'stanza-size-before-login': 10_000, 'depth': 8 },
  })
  for (const [xml, condition] of [
    [`<message from='${GATEWAY}' to='${ALICE}'><body>${'x'.repeat(20_000)}</body></message>`, 'policy-violation'],
    [`<handshake>${'<a>'.repeat(8)}${'</a>'.repeat(8)}</handshake>`, 'unsupported-stanza-type'],
    [`<message from='${GATEWAY}' to='${ALICE}'></iq>`, 'not-well-formed'],
    [`<!-- hello -->`, 'restricted-xml'],
    [`<a xmlns='urn:example:a'/>`, 'unsupported-stanza-type'],
  ] as const) {
    const component = await backstage.connected()
    component.send(xml)
    await component.wire.expectStreamError(condition)
    assert.equal(backstage.state().ending, condition)
  }
  const early = await backstage.wire()
  await early.open()
  early.send(`<handshake>${'0'.repeat(10_000)}</handshake>`)
  await early.wire.expectStreamError('policy-violation')
})

story('COMP-3: any user and resource at the domain may send', async (cast) => {
  const alice = await cast.client('alice', '1')
  const component = await (await componentsOf(cast, GATEWAY)).connected()
  for (const from of [GATEWAY, `${GATEWAY}/x`, `bob@${GATEWAY}`, `bob@${GATEWAY}/Tower`]) {
    component.send(`<message from='${from}' to='${alice.jid}'><body>${from}</body></message>`)
    await alice.expect(`<message from='${from}' to='${alice.jid}'><body>${from}</body></message>`)
  }
})

story('RFC 6120 4.8.3: stanzas change their namespace, and what is of another stays as it is', async (cast) => {
  const alice = await cast.client('alice', '1')
  const component = await (await componentsOf(cast, GATEWAY)).connected()
  const forwarded = `<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>x</body></message></forwarded>`
  component.send(`<message from='${GATEWAY}' to='${alice.jid}'><body xmlns='${COMPONENT}'>1</body>${forwarded}</message>`)
  await alice.expect(`<message from='${GATEWAY}'><body>1</body>${forwarded}</message>`)
  alice.send(`<message to='${GATEWAY}'><body xmlns='jabber:client'>2</body>${forwarded}</message>`)
  await component.expect(`<message from='${alice.jid}' to='${GATEWAY}'><body>2</body>${forwarded}</message>`)
})

story('RFC 6120 8.2.3, 8.3.3.8: what the server answers a component', async (cast) => {
  const component = await (await componentsOf(cast, GATEWAY)).connected()
  const error = (attrs: string, type: string, condition: string) => inStream(refusal('iq', attrs, type, condition))
  component.send(`<iq type='get' from='${GATEWAY}' to='a.example' id='1'><ping xmlns='urn:xmpp:ping'/></iq>`)
  await component.expect(`<iq type='result' from='a.example' to='${GATEWAY}' id='1'/>`)
  component.send(`<iq type='get' from='${GATEWAY}' to='a.example' id='2'/>`)
  await component.expect(error(`from='a.example' id='2'`, 'modify', 'bad-request'))
  component.send(`<iq type='get' from='x@${GATEWAY}' to='@@' id='3'><ping xmlns='urn:xmpp:ping'/></iq>`)
  await component.expect(error(`from='a.example' to='x@${GATEWAY}' id='3'`, 'modify', 'jid-malformed'))
})

story('XEP-0030: each domain lists the components below it, and those that are below none', { domains: TWO }, async (cast) => {
  const backstage = await componentsOf(cast, GATEWAY, { components: [{}, { domain: 'gw.b.example' }, { domain: 'bot.example' }] })
  for (const domain of [GATEWAY, 'gw.b.example', 'bot.example']) await backstage.connected(domain)
  const alice = await cast.client('alice', '1')
  const items = `<query xmlns='http://jabber.org/protocol/disco#items'`
  for (const [domain, own] of [
    ['a.example', GATEWAY],
    ['b.example', 'gw.b.example'],
  ] as const) {
    await alice.ask(
      `<iq type='get' id='${domain}' to='${domain}'>${items}/></iq>`,
      `<iq type='result'>${items}>${servicesOf(domain)}<item jid='${own}'/><item jid='bot.example'/></query></iq>`,
    )
  }
})

story('XEP-0030: the server lists its components', async (cast) => {
  const backstage = await componentsOf(cast, GATEWAY, { components: [{ name: 'Carrier pigeons' }] })
  const alice = await cast.client('alice', '1')
  const items = `<query xmlns='http://jabber.org/protocol/disco#items'`
  const asked = `<iq type='get' id='1' to='a.example'>${items}/></iq>`
  await alice.ask(asked, `<iq type='result'>${items}>${servicesOf('a.example')}</query></iq>`) // one that is not connected is not there
  await backstage.connected()
  await alice.ask(
    asked,
    `<iq type='result'>${items}>${servicesOf('a.example')}<item jid='${GATEWAY}' name='Carrier pigeons'/></query></iq>`,
  )
})

story('T-S17, SUB-32: a user subscribes to a component', async (cast) => {
  const alice = await cast.client('alice', '1')
  const component = await (await componentsOf(cast, GATEWAY)).connected()
  alice.send(`<presence type='subscribe' to='${GATEWAY}' id='s'/>`)
  await component.expect(arrives('subscribe', ALICE, GATEWAY))
  await alice.expect(push(GATEWAY, ASKED))
  component.send(
    `<presence type='subscribed' from='${GATEWAY}' to='${ALICE}'/><presence from='${GATEWAY}' to='${ALICE}'><status>open</status></presence>`,
  )
  await alice.expect(
    arrives('subscribed', GATEWAY, ALICE),
    push(GATEWAY, `subscription='to'`),
    here(GATEWAY, '<status>open</status>', ALICE),
  )
  const again = await cast.client('alice', '2')
  await component.expect(`<presence type='probe' from='${ALICE}' to='${GATEWAY}'/>`)
  component.send(`<presence from='${GATEWAY}' to='${ALICE}'/>`)
  for (const client of [alice, again]) await client.expect(here(GATEWAY, '', ALICE))
})

story('SUB-32: a component keeps its resource in the roster, a user at it does not', async (cast) => {
  const alice = await cast.client('alice', '1')
  const component = await (await componentsOf(cast, GATEWAY)).connected()
  for (const [to, contact] of [
    [`${GATEWAY}/registered`, `${GATEWAY}/registered`],
    [`bob@${GATEWAY}/x`, `bob@${GATEWAY}`],
  ] as const) {
    alice.send(`<presence type='subscribe' to='${to}'/>`)
    await component.expect(arrives('subscribe', ALICE, contact))
    await alice.expect(push(contact, ASKED))
  }
})

story('T-K03: a component subscribes to a user, as a remote user would', async (cast) => {
  const alice = await cast.client('alice', '1')
  const component = await (await componentsOf(cast, GATEWAY)).connected()
  const bot = `bot@${GATEWAY}`
  component.send(`<presence type='subscribe' from='${bot}' to='${ALICE}' id='7'/>`)
  await alice.expect(arrives('subscribe', bot, ALICE))
  alice.send(`<presence type='subscribed' to='${bot}'/>`)
  await component.expect(arrives('subscribed', ALICE, bot), here(alice.jid, '', bot))
  await alice.expect(push(bot, `subscription='from'`))
  component.send(`<presence type='probe' from='${bot}' to='${ALICE}'/>`)
  await component.expect(here(alice.jid, '', bot))
  alice.send('<presence><show>away</show></presence>')
  await component.expect(here(alice.jid, `<show xmlns='${COMPONENT}'>away</show>`, bot))
  await alice.expect(here(alice.jid, '<show>away</show>'))
  alice.drop()
  await component.expect(gone(alice.jid, '', bot))
  component.send(`<presence type='unsubscribe' from='${bot}' to='${ALICE}' id='8'/>`)
  await component.expect(`<presence type='unsubscribed' from='${ALICE}' to='${bot}' id='8'/>`)
  const later = await cast.client('alice', '2')
  await later.ask(rosterGet('r'), rosterResult('r', item(bot, `subscription='none'`)))
})

story('PRES-1, 4.5: whom a component sees, it sees come and go', async (cast) => {
  const bot = `bot@${GATEWAY}`
  await cast.rosters(['alice', bot, 'both'])
  const component = await (await componentsOf(cast, GATEWAY)).connected()
  const alice = await cast.client('alice', '1')
  await component.expect(here(alice.jid, '', bot), `<presence type='probe' from='${ALICE}' to='${bot}'/>`)
  component.send(`<presence from='${bot}/x' to='${ALICE}'><status>hi</status></presence>`)
  await alice.expect(here(`${bot}/x`, '<status>hi</status>', ALICE))
  alice.send(`<presence type='unavailable'/>`)
  await component.expect(gone(alice.jid, '', bot))
  await alice.expect(gone(alice.jid))
})

story('RFC 6121 4.6.3: presence sent directly to a component is taken back when its sender goes', async (cast) => {
  const component = await (await componentsOf(cast, GATEWAY)).connected()
  const alice = await cast.client('alice', '1')
  alice.send(`<presence to='room@${GATEWAY}/Alice'/>`)
  await component.expect(here(alice.jid, '', `room@${GATEWAY}/Alice`))
  component.send(`<presence from='room@${GATEWAY}/Alice' to='${alice.jid}'/>`)
  await alice.expect(here(`room@${GATEWAY}/Alice`, '', alice.jid))
  alice.drop()
  await component.expect(gone(alice.jid, '', `room@${GATEWAY}/Alice`))
})

story('FED-2: a component that knows nothing of a subscription says so, and the roster follows', async (cast) => {
  await cast.rosters(['alice', GATEWAY, 'both'])
  const component = await (await componentsOf(cast, GATEWAY)).connected()
  const alice = await cast.client('alice', '1')
  await component.expect(here(alice.jid, '', GATEWAY), `<presence type='probe' from='${ALICE}' to='${GATEWAY}'/>`)
  component.send(`<presence type='unsubscribed' from='${GATEWAY}' to='${ALICE}'/>`)
  await alice.expect(arrives('unsubscribed', GATEWAY, ALICE), push(GATEWAY, `subscription='from'`))
  component.send(`<presence type='unsubscribe' from='${GATEWAY}' to='${ALICE}' id='u'/>`)
  await component.expect(gone(alice.jid, '', GATEWAY), `<presence type='unsubscribed' from='${ALICE}' to='${GATEWAY}' id='u'/>`)
  await alice.expect(arrives('unsubscribe', GATEWAY, ALICE), push(GATEWAY, `subscription='none'`))
})

story('T-S18, CORE-31: what is for a component that is not there', async (cast) => {
  const alice = await cast.client('alice', '1')
  const backstage = await componentsOf(cast, GATEWAY)
  const to = `bob@${GATEWAY}`
  alice.send(`<presence type='subscribe' to='${to}'/>`)
  await alice.expectAll(push(to, ASKED), refusal('presence', `from='${to}'`, 'wait', 'remote-server-timeout'))
  for (const [kind, stanza] of [
    ['message', `<message to='${to}'><body>?</body></message>`],
    ['iq', `<iq type='get' id='1' to='${to}'><ping xmlns='urn:xmpp:ping'/></iq>`],
  ] as const) {
    alice.send(stanza)
    await alice.expect(refusal(kind, `from='${to}'`, 'wait', 'remote-server-timeout'))
  }
  const component = await backstage.connected()
  await component.close()
  assert.equal(backstage.state().ending, 'logout')
  alice.send(`<message to='${GATEWAY}'><body>?</body></message>`)
  await alice.expect(refusal('message', `from='${GATEWAY}'`, 'wait', 'remote-server-timeout'))
})

for (const how of ['reads nothing', 'loses its connection'] as const)
  inMemory(`a component that ${how}: what it was not given is refused to its senders`, async (cast) => {
    const backstage = await componentsOf(cast, GATEWAY, { streams: { 'component-output-queue': 100_000 } })
    const component = await backstage.connected()
    const alice = await cast.client('alice', '1')
    const link = component.wire.link as StreamLink
    link.pause()
    const ids = Array.from({ length: how === 'reads nothing' ? 40 : 6 }, (_, i) => `m${i}`)
    for (const id of ids) {
      alice.send(`<message to='bob@${GATEWAY}' id='${id}'><body>${'x'.repeat(30_000)}</body></message>`)
      await alice.fence()
    }
    if (how === 'loses its connection') link.drop()
    await until('the component is gone', () => !backstage.state().connected)
    await alice.fence()
    assert.equal(backstage.state().ending, how === 'reads nothing' ? 'slow-reader' : 'connection-lost')
    const refused = new Set<string>()
    for (const answer of alice.take()) {
      assert.equal(answer.child('error')!.elements[0]!.name, 'remote-server-timeout')
      refused.add(answer.attr('id')!)
    }
    link.resume()
    if (how === 'reads nothing') await until('the component has read the rest', () => component.wire.isClosed)
    const read = component.wire.arrived.flatMap((one) => (one.kind === 'element' ? [one.xml.attr('id')] : []))
    // What the system has taken is beyond us when a connection breaks: 64 KiB at the most are given to it at once
    const lost = ids.filter((id) => !refused.has(id) && !read.includes(id))
    assert.deepEqual(lost, how === 'reads nothing' ? [] : ids.slice(0, 2))
    assert.ok(refused.size >= ids.length / 2, `${refused.size} of ${ids.length}`)
  })

inMemory('COMP-5, PSA-20: a component that never came is a link that is down, as soon as somebody wants it', async (cast) => {
  await cast.rosters(['alice', GATEWAY, 'to'])
  const { host } = cast.server
  const facts: string[] = []
  host.on('link-down', ({ local, remote }) => facts.push(`down ${local} ${remote}`))
  host.on('link-up', ({ local, remote }) => facts.push(`up ${local} ${remote}`))
  const backstage = await componentsOf(cast, GATEWAY)
  await cast.client('alice', '1')
  assert.deepEqual(backstage.state(), { domain: GATEWAY, connected: false, since: null, remote: null, ending: null })
  await cast.advance(60_000)
  assert.deepEqual(facts, [`down a.example ${GATEWAY}`])
  await backstage.connected()
  assert.deepEqual(facts.at(-1), `up a.example ${GATEWAY}`)
})

inMemory('COMP-5: the loss of a component is the loss of a link, and its return takes that back', async (cast) => {
  await cast.rosters(['alice', GATEWAY, 'to'])
  const { host } = cast.server
  const facts: string[] = []
  host.on('link-down', ({ local, remote }) => facts.push(`down ${local} ${remote}`))
  host.on('link-up', ({ local, remote }) => facts.push(`up ${local} ${remote}`))
  const backstage = await componentsOf(cast, GATEWAY)
  const component = await backstage.connected()
  await cast.client('alice', '1')
  component.wire.link.drop()
  await cast.advance(120_000)
  assert.deepEqual(facts, [`down a.example ${GATEWAY}`])
  assert.equal(host.links.get('a.example', GATEWAY)?.state, 'down')
  await backstage.connected()
  assert.deepEqual(facts.at(-1), `up a.example ${GATEWAY}`)
})

story('COMP-1: a domain that a living component serves is not taken from it', async (cast) => {
  const backstage = await componentsOf(cast, GATEWAY)
  const first = await backstage.connected()
  const second = await backstage.wire()
  await second.handshake(SECRET)
  const ping = await first.wire.expect(
    `<iq xmlns='${COMPONENT}' type='get' from='a.example' to='${GATEWAY}'><ping xmlns='urn:xmpp:ping'/></iq>`,
  )
  first.send(`<iq type='result' from='${GATEWAY}' to='a.example' id='${ping.attr('id')!}'/>`)
  await second.wire.expectStreamError('conflict')
  assert.ok(backstage.state().connected)
})

inMemory(
  'T-PSA26: who is behind a component that is lost is in doubt until it is back, and gone if it does not say so',
  async (cast) => {
    const bot = `bot@${GATEWAY}/x`
    const lost = says('a.example', 'server-unavailable')
    await cast.rosters(['alice', `bot@${GATEWAY}`, 'to'])
    const backstage = await componentsOf(cast, GATEWAY)
    const component = await backstage.connected()
    const alice = await asking(cast, 'alice/1')
    component.send(`<presence from='${bot}' to='${ALICE}'/>`)
    await alice.expect(here(bot))
    component.wire.link.drop()
    await cast.advance(45_000)
    await alice.expect(here(bot, lost))
    const again = await backstage.connected()
    await cast.advance(2000)
    await again.expect(`<presence type='probe' from='${ALICE}' to='bot@${GATEWAY}'/>`)
    await cast.advance(100_000) // it answers no pings, so nobody knows how far it is
    await cast.expectNothing()
    await cast.advance(30_000)
    await alice.expect(gone(bot))
  },
)

inMemory('COMP-1: a dead connection gives way to a new one', async (cast) => {
  const alice = await cast.client('alice', '1')
  const backstage = await componentsOf(cast, GATEWAY)
  const first = await backstage.connected()
  const second = await backstage.wire()
  await second.handshake(SECRET)
  const third = await backstage.wire()
  await third.handshake(SECRET)
  await third.wire.expectStreamError('conflict')
  await cast.advance(10_000)
  await second.expect('<handshake/>')
  await first.wire.element('the ping')
  await first.wire.expectStreamError('conflict')
  alice.send(`<message to='${GATEWAY}'><body>1</body></message>`)
  await second.expect(`<message from='${alice.jid}'><body xmlns='${COMPONENT}'>1</body></message>`)
})

inMemory('RFC 6120 4.6.1: a component that has fallen silent is pinged, and given up when it stays silent', async (cast) => {
  const backstage = await componentsOf(cast, GATEWAY, { components: [{ idle: 120_000 }] })
  const component = await backstage.connected()
  await cast.advance(120_000)
  await component.wire.element('a ping')
  component.send(' ')
  await cast.advance(120_000)
  await component.wire.element('another ping')
  await cast.advance(60_000)
  await component.wire.expectStreamError('connection-timeout')
  assert.equal(backstage.state().ending, 'unresponsive')
})

inMemory('a component that does not read what it is sent loses its connection, and the others go on', async (cast) => {
  const alice = await cast.client('alice', '1')
  const backstage = await componentsOf(cast, GATEWAY, { streams: { 'component-output-queue': 20_000 } })
  const component = await backstage.connected()
  ;(component.wire.link as StreamLink).pause()
  for (let i = 0; i < 300; i++) {
    alice.send(`<message to='${GATEWAY}' id='${i}'><body>${'x'.repeat(1000)}</body></message>`)
    if (i % 20 === 19) await cast.settle()
  }
  await cast.settle()
  assert.equal(backstage.state().connected, false)
  assert.ok(component.wire.arrived.length < 300)
  assert.equal(backstage.state().ending, 'slow-reader')
  const answers = alice.take()
  assert.ok(answers.length > 0 && answers.every((a) => a.attr('type') === 'error'))
})

story('stanzas of a component are processed in their order, and no more is read while too many wait', async (cast) => {
  const alice = await cast.client('alice', '1')
  const component = await (await componentsOf(cast, GATEWAY, { queuedStanzas: 3 })).connected()
  // The first three wait for the database, because those accounts are not in memory.
  const bodies = Array.from({ length: 20 }, (_, i) => String(i))
  for (const body of bodies) {
    component.send(`<message from='${GATEWAY}' to='nobody${body}@a.example'><body>${body}</body></message>`)
    component.send(`<message from='${GATEWAY}' to='${alice.jid}'><body>${body}</body></message>`)
  }
  for (const body of bodies) await alice.expect(`<message from='${GATEWAY}'><body>${body}</body></message>`)
})

story('RFC 6120 4.9.3.19: components are told when the server stops', async (cast) => {
  const backstage = await componentsOf(cast, GATEWAY)
  const component = await backstage.connected()
  backstage.service.close()
  await component.wire.expectStreamError('system-shutdown')
})

story('TIME-4, XEP-0203 5: a component speaks of what it has delayed itself, and not for the server', async (cast) => {
  const component = await (await componentsOf(cast, GATEWAY)).connected()
  const alice = await cast.client('alice', '1')
  const delayedBy = (by: string): string => `<delay xmlns='urn:xmpp:delay' from='${by}' stamp='2026-01-01T00:00:00Z'/>`
  const message = (content: string): string => `<message from='${GATEWAY}' to='${alice.jid}'>${content}</message>`
  component.send(message(delayedBy('a.example') + delayedBy(GATEWAY)))
  await alice.expect(message(delayedBy(GATEWAY)))
})

for (const [idle, pings] of [
  [10_000, 30],
  [120_000, 2],
  [600_000, 0],
] as const) {
  inMemory(`a component that answers is pinged as often as its idle time says: ${idle / 1000} s`, async (cast) => {
    const backstage = await componentsOf(cast, GATEWAY, { components: [{ idle }] })
    const component = await backstage.connected()
    let asked = 0
    for (let second = 0; second < 300; second++) {
      cast.pass(1000)
      await new Promise((next) => setImmediate(next))
      for (; component.wire.arrived[0]?.kind === 'element'; component.wire.arrived.shift()) {
        asked += 1
        component.send(' ')
      }
    }
    assert.equal(asked, pings)
    assert.equal(backstage.state().connected, true)
  })
}
