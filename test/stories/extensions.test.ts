/** Client state (XEP-0352), carbons (0280), blocking (0191), discovery (0030), capabilities (0115), last activity (0012), small services. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { bareOf, DOMAIN, PASSWORD, story } from '../support/story.ts'
import { arrives, gone, here } from '../support/stanzas.ts'
import type { StoryClient } from '../support/story-client.ts'
import { refusal } from '../support/xml-pattern.ts'
import type { Xml } from '../support/xml-reader.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const NOBODY = bareOf('nobody')
const CSI = 'urn:xmpp:csi:0'
const CARBONS = 'urn:xmpp:carbons:2'
const BLOCKING = 'urn:xmpp:blocking'
const INFO = 'http://jabber.org/protocol/disco#info'
const ITEMS = 'http://jabber.org/protocol/disco#items'

const chat = (to: string, content = '<body>Hark</body>'): string => `<message type='chat' id='m' to='${to}'>${content}</message>`
const get = (to: string, payload: string): string => `<iq type='get' id='g' to='${to}'>${payload}</iq>`
const unavailable = (from: string): string => refusal('iq', `id='g' from='${from}'`, 'cancel', 'service-unavailable')

// XEP-0352

story('T-CSI1: an inactive client is spared what can wait', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(`<inactive xmlns='${CSI}'/>`)
  await cast.settle()
  for (let i = 0; i < 50; i++) bob.send(`<presence><status>${i}</status></presence>`)
  for (let i = 0; i < 50; i++) await bob.expect(here(bob.jid, `<status>${i}</status>`))
  await cast.expectNothing()
  bob.send(chat(ALICE))
  await alice.expect(here(bob.jid, '<status>49</status>'), `<message type='chat' from='${bob.jid}'>*</message>`)
})

story('T-CSI2: what waited is there before the answer to what follows <active/>', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(`<inactive xmlns='${CSI}'/>`)
  await cast.settle()
  bob.send(`<presence><show>away</show></presence>`)
  await bob.expect(here(bob.jid, '<show>away</show>'))
  await cast.expectNothing()
  alice.send(`<active xmlns='${CSI}'/><iq type='get' id='p' to='${DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>`)
  await alice.expect(here(bob.jid, '<show>away</show>'), `<iq type='result' id='p' from='${DOMAIN}'/>`)
})

// XEP-0280

const copy = (direction: 'sent' | 'received', owner: string, original: string): string =>
  `<message type='chat' from='${owner}'><${direction} xmlns='${CARBONS}'><forwarded xmlns='urn:xmpp:forward:0'>${original}</forwarded></${direction}></message>`
const inside = (from: string, to: string): string =>
  `<message xmlns='jabber:client' type='chat' id='m' from='${from}' to='${to}' xml:lang='*'><body>Hark</body></message>`
const enable = (client: StoryClient): Promise<unknown> =>
  client.ask(`<iq type='set' id='c'><enable xmlns='${CARBONS}'/></iq>`, `<iq type='result' id='c'/>`)

story('T-CAR1: what one client sends, the other sees', async (cast) => {
  const [alice1, alice2, bob] = await cast.clients('alice/1', 'alice/2', 'bob/1')
  await enable(alice2)
  alice1.send(chat(BOB))
  await bob.expect(`<message type='chat' from='${alice1.jid}'><body>Hark</body></message>`)
  await alice2.expect(copy('sent', ALICE, inside(alice1.jid, BOB)))
})

story('T-CAR2, T-D01: what one client gets, the other sees', async (cast) => {
  const [alice1, alice2, bob] = await cast.clients('alice/1', 'alice/2', 'bob/1')
  await enable(alice2)
  bob.send(chat(alice1.jid))
  await alice1.expect(`<message type='chat' from='${bob.jid}' to='${alice1.jid}'><body>Hark</body></message>`)
  await alice2.expect(copy('received', ALICE, inside(bob.jid, alice1.jid)))
})

story('T-CAR3: what is not copied', async (cast) => {
  const [alice1, alice2, bob] = await cast.friends('alice/1', 'alice/2', 'bob/1')
  await enable(alice2)
  const secret = `<body>s</body><private xmlns='${CARBONS}'/><no-copy xmlns='urn:xmpp:hints'/>`
  alice1.send(chat(bob.jid, secret))
  await bob.expect(`<message type='chat' from='${alice1.jid}'>${secret}</message>`)
  bob.send(chat(alice1.jid, secret), `<message type='groupchat' to='${alice1.jid}'><body>g</body></message>`)
  await alice1.expect(
    `<message type='chat' from='${bob.jid}'>${secret}</message>`,
    `<message type='groupchat' from='${bob.jid}'><body>g</body></message>`,
  )
  const mark = `<body>pm</body><x xmlns='http://jabber.org/protocol/muc#user'/>`
  await cast.fromElsewhere(`<message type='chat' from='room@rooms.example/nick' to='${alice1.jid}'>${mark}</message>`)
  await alice1.expect(`<message type='chat' from='room@rooms.example/nick'>${mark}</message>`)
})

story('T-CAR4: a copy that somebody has forged', async (cast) => {
  const [alice1, alice2, bob] = await cast.clients('alice/1', 'alice/2', 'bob/1')
  await enable(alice2)
  const forged = `<received xmlns='${CARBONS}'><forwarded xmlns='urn:xmpp:forward:0'>${inside(BOB, ALICE)}</forwarded></received>`
  bob.send(chat(ALICE, forged), chat(alice1.jid, forged))
  await cast.fromElsewhere(`<message from='dave@b.example/x' to='${alice2.jid}'>${forged}</message>`)
})

// XEP-0191

const change = (name: 'block' | 'unblock', ...jids: readonly string[]): string =>
  `<iq type='set' id='b'><${name} xmlns='${BLOCKING}'>${jids.map((jid) => `<item jid='${jid}'/>`).join('')}</${name}></iq>`
const changed = (name: 'block' | 'unblock', ...jids: readonly string[]): string =>
  `<iq type='set' from='${ALICE}'><${name} xmlns='${BLOCKING}'>${jids.map((jid) => `<item jid='${jid}'/>`).join('')}</${name}></iq>`
const RESULT = `<iq type='result' id='b'/>`

story('T-BLK1: a contact who is blocked sees the user go', async (cast) => {
  const [alice1, alice2, bob] = await cast.friends('alice/1', 'alice/2', 'bob/1')
  await alice2.ask(
    `<iq type='get' id='l'><blocklist xmlns='${BLOCKING}'/></iq>`,
    `<iq type='result' id='l'><blocklist xmlns='${BLOCKING}'/></iq>`,
  )
  alice1.send(change('block', BOB))
  await alice1.expect(RESULT)
  await alice2.expect(changed('block', BOB))
  await bob.expectAll(gone(alice1.jid), gone(alice2.jid))
})

story('T-BLK2: what a blocked contact sends', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await alice.ask(change('block', BOB), RESULT)
  await bob.expect(gone(alice.jid))
  bob.send(chat(ALICE))
  await bob.expect(refusal('message', `id='m' from='${ALICE}'`, 'cancel', 'service-unavailable'))
  for (const to of [ALICE, alice.jid]) await bob.ask(get(to, `<query xmlns='jabber:iq:version'/>`), unavailable(to))
  bob.send(
    ...['probe', 'subscribe'].map((type) => `<presence type='${type}' to='${ALICE}'/>`),
    `<presence to='${ALICE}'/>`,
    '<presence><show>away</show></presence>',
  )
  await bob.expect(here(bob.jid, '<show>away</show>'))
})

story('T-BLK3: what is sent to a blocked contact', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await alice.ask(change('block', BOB), RESULT)
  await bob.expect(gone(alice.jid))
  alice.send(chat(BOB))
  await alice.expect(
    refusal('message', `id='m' from='${BOB}'`, 'cancel', 'not-acceptable', `<blocked xmlns='urn:xmpp:blocking:errors'/>`),
  )
  alice.send('<presence><show>away</show></presence>')
  await alice.expect(here(alice.jid, '<show>away</show>'))
})

story('T-BLK4: a contact who is unblocked sees the user again', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await alice.ask(change('block', BOB), RESULT)
  await bob.expect(gone(alice.jid))
  alice.send('<presence><show>dnd</show></presence>')
  await alice.expect(here(alice.jid, '<show>dnd</show>'))
  alice.send(change('unblock', BOB))
  await alice.expectAll(RESULT, here(bob.jid))
  await bob.expect(here(alice.jid, '<show>dnd</show>'))
})

story('T-BLK5: a whole domain', async (cast) => {
  const alice = await cast.client('alice', '1')
  await alice.ask(change('block', 'b.example'), RESULT)
  for (const from of ['dave@b.example/x', 'b.example', 'room@b.example/nick']) {
    await cast.fromElsewhere(`<message type='chat' from='${from}' to='${ALICE}'><body>x</body></message>`)
    await cast.fromElsewhere(`<presence from='${from}' to='${ALICE}'/>`)
  }
  await cast.expectNothing()
  await cast.fromElsewhere(`<message type='chat' from='dave@c.example/x' to='${ALICE}'><body>x</body></message>`)
  await alice.expect(`<message type='chat' from='dave@c.example/x'><body>x</body></message>`)
})

// XEP-0030 and XEP-0115

const features = (query: Xml): readonly string[] => query.elements.filter((e) => e.name === 'feature').map((e) => e.attr('var')!)

story('T-DI01: what the server is', async (cast) => {
  const alice = await cast.client('alice', '1')
  const info = (await alice.ask(get(DOMAIN, `<query xmlns='${INFO}'/>`))).child('query')!
  const identity = info.elements.find((e) => e.name === 'identity')!
  assert.deepEqual([identity.attr('category'), identity.attr('type')], ['server', 'im'])
  const known = features(info)
  const wanted = [
    INFO,
    ITEMS,
    'jabber:iq:last',
    'jabber:iq:version',
    'http://jabber.org/protocol/caps',
    'msgoffline',
    'urn:xmpp:ping',
    'urn:xmpp:time',
    BLOCKING,
    CARBONS,
  ]
  for (const feature of wanted) assert.ok(known.includes(feature), feature)
  assert.equal(new Set(known).size, known.length)
  await alice.ask(
    get(DOMAIN, `<query xmlns='${ITEMS}'/>`),
    `<iq type='result' id='g' from='${DOMAIN}'><query xmlns='${ITEMS}'>*</query></iq>`,
  )
  await alice.ask(get(DOMAIN, `<query xmlns='${INFO}' node='x'/>`), refusal('iq', `id='g'`, 'cancel', 'item-not-found'))
})

story('T-DI02, T-DI03: contacts see the disco#info of an account, and strangers do not', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const dave = await cast.client('dave', '1')
  for (const entitled of [alice, bob]) {
    const info = (await entitled.ask(get(BOB, `<query xmlns='${INFO}'/>`))).child('query')!
    assert.equal(info.elements[0]!.show(INFO), `<identity category='account' type='registered'/>`)
  }
  for (const to of [BOB, NOBODY]) {
    await dave.ask(get(to, `<query xmlns='${INFO}'/>`), unavailable(to))
    await dave.ask(get(to, `<query xmlns='${ITEMS}'/>`), `<iq type='result' id='g' from='${to}'><query xmlns='${ITEMS}'/></iq>`)
  }
})

const FEATURES = ['http://jabber.org/protocol/caps', INFO, ITEMS, 'http://jabber.org/protocol/muc']
  .map((f) => `<feature var='${f}'/>`)
  .join('')
const field = (name: string, ...values: readonly string[]): string =>
  `<field var='${name}'${name === 'FORM_TYPE' ? ` type='hidden'` : ''}>${values.map((v) => `<value>${v}</value>`).join('')}</field>`

/** XEP-0115 5.2: the generation example. */
const EXODUS = {
  node: 'http://code.google.com/p/exodus',
  ver: 'QgayPKawpkPSDYmwT/WM94uAlu0=',
  answer: `<identity category='client' name='Exodus 0.9.1' type='pc'/>${FEATURES}`,
}
/** XEP-0115 5.3: with two languages and a form. */
const PSI = {
  node: 'http://psi-im.org',
  ver: 'q07IKJEyjvHSyhy//CH0CxmKi8w=',
  answer: [
    `<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/><identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>`,
    FEATURES,
    `<x xmlns='jabber:x:data' type='result'>`,
    field('FORM_TYPE', 'urn:xmpp:dataforms:softwareinfo'),
    field('ip_version', 'ipv4', 'ipv6'),
    field('os', 'Mac'),
    field('os_version', '10.5.1'),
    field('software', 'Psi'),
    field('software_version', '0.11'),
    '</x>',
  ].join(''),
}
type Client = typeof EXODUS

const presenceWith = ({ node, ver }: Client): string =>
  `<presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='${node}' ver='${ver}'/></presence>`
const question = ({ node, ver }: Client): string =>
  `<iq type='get' from='${DOMAIN}'><query xmlns='${INFO}' node='${node}#${ver}'/></iq>`

async function appear(client: StoryClient, what: Client, isAsked: boolean): Promise<void> {
  client.send(presenceWith(what))
  const own = `<presence from='${client.jid}'>*</presence>`
  if (!isAsked) return void (await client.expect(own))
  const asked = await client.expect(question(what))
  await client.expect(own)
  client.send(
    `<iq type='result' id='${asked.attr('id')!}' to='${DOMAIN}'><query xmlns='${INFO}' node='${what.node}#${what.ver}'>${what.answer}</query></iq>`,
  )
}

for (const [section, what] of [
  ['5.2', EXODUS],
  ['5.3', PSI],
] as const) {
  story(`T-CP01, T-CP02: a hash is proved once, for everybody (${section})`, async (cast) => {
    const alice = await cast.client('alice', '1', { presence: null })
    const bob = await cast.client('bob', '1', { presence: null })
    await appear(alice, what, true)
    await cast.expectNothing()
    await appear(bob, what, false)
  })
}

story('T-CP03: what does not fit its hash is believed of nobody else', async (cast) => {
  const alice = await cast.client('alice', '1', { presence: null })
  const bob = await cast.client('bob', '1', { presence: null })
  await appear(alice, { ...EXODUS, answer: `${EXODUS.answer}<feature var='urn:example:poison'/>` }, true)
  await cast.expectNothing()
  await appear(bob, EXODUS, true)
  await cast.expectNothing()
  await appear(await cast.client('carol', '1', { presence: null }), EXODUS, false)
})

story('CAPS: the hash in the stream features is that of what the server says', async (cast) => {
  const alice = await cast.client('alice', '1')
  await cast.server.account('bob')
  const wire = await cast.secured()
  await wire.authenticate('bob', PASSWORD)
  await wire.open()
  const c = (await wire.features()).child('c')!
  const info = (await alice.ask(get(DOMAIN, `<query xmlns='${INFO}' node='${c.attr('node')}#${c.attr('ver')}'/>`))).child(
    'query',
  )!
  const identities = info.elements
    .filter((e) => e.name === 'identity')
    .map((e) => `${e.attr('category')}/${e.attr('type')}/${e.attr('xml:lang') ?? ''}/${e.attr('name') ?? ''}`)
  const s = [...identities.toSorted(), ...features(info).toSorted()].map((part) => `${part}<`).join('')
  if (info.elements.every((e) => e.name !== 'x')) assert.equal(createHash('sha1').update(s).digest('base64'), c.attr('ver'))
})

// XEP-0012, XEP-0092, XEP-0199, XEP-0202

const LAST = `<query xmlns='jabber:iq:last'/>`

story('T-L01: when somebody was last here', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const dave = await cast.client('dave', '1')
  await alice.ask(get(BOB, LAST), `<iq type='result' id='g' from='${BOB}'><query xmlns='jabber:iq:last' seconds='0'/></iq>`)
  bob.send(`<presence type='unavailable'><status>Heading home</status></presence>`)
  for (const client of [alice, bob]) await client.expect(gone(bob.jid, '<status>Heading home</status>'))
  await bob.close()
  if (cast.transport === 'memory') await cast.advance(903_000)
  const seconds = cast.transport === 'memory' ? '903' : '*'
  await alice.ask(
    get(BOB, LAST),
    `<iq type='result' id='g' from='${BOB}'><query xmlns='jabber:iq:last' seconds='${seconds}'>Heading home</query></iq>`,
  )
  const refusals = []
  for (const to of [BOB, NOBODY])
    refusals.push(
      (await dave.ask(get(to, LAST), refusal('iq', `id='g' from='${to}'`, 'auth', 'forbidden'))).show().replaceAll(to, 'X'),
    )
  assert.equal(refusals[0], refusals[1])
  await dave.ask(
    get(DOMAIN, LAST),
    `<iq type='result' id='g' from='${DOMAIN}'><query xmlns='jabber:iq:last' seconds='${seconds}'/></iq>`,
  )
})

story('T-TV1: time, version, ping', async (cast) => {
  const alice = await cast.client('alice', '1')
  const utc = cast.transport === 'memory' ? '2026-01-01T00:00:00Z' : null
  const time = (await alice.ask(get(DOMAIN, `<time xmlns='urn:xmpp:time'/>`))).child('time')!
  assert.equal(time.child('tzo')!.text, '+00:00')
  if (utc !== null) assert.equal(time.child('utc')!.text, utc)
  else assert.ok(Math.abs(Date.parse(time.child('utc')!.text) - Date.now()) < 60_000)
  await alice.ask(
    get(DOMAIN, `<query xmlns='jabber:iq:version'/>`),
    `<iq type='result' id='g'><query xmlns='jabber:iq:version'><name>Porchlight</name><version>1.2.3</version></query></iq>`,
  )
  for (const to of [DOMAIN, ALICE])
    await alice.ask(get(to, `<ping xmlns='urn:xmpp:ping'/>`), `<iq type='result' id='g' from='${to}'/>`)
})

story('BLK-6: a blocked stranger asks to see the user, and is not heard', async (cast) => {
  const [alice, dave] = await cast.clients('alice/1', 'dave/1')
  await alice.ask(change('block', dave.bare), RESULT)
  dave.send(`<presence type='subscribe' to='${ALICE}'/>`)
  await dave.expect(`<iq type='set'>*</iq>`)
  await cast.expectNothing()
  await alice.ask(change('unblock', dave.bare), RESULT)
  dave.send(`<presence type='subscribe' to='${ALICE}'/>`)
  await alice.expect(arrives('subscribe', dave.bare))
})
