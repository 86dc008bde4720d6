/**
 * One stanza is not the link: what is wrong with a single stanza is answered, and the stream that it came on stays. An
 * address may be one that RFC 6122 allows and RFC 7622 does not; a stanza may go past a limit that the stream has not told.
 */
import assert from 'node:assert/strict'
import { componentsOf, COMPONENT } from '../support/component.ts'
import { push, rosterSet } from '../support/stanzas.ts'
import { UNASKED } from '../support/stream-management.ts'
import { bareOf, story } from '../support/story.ts'
import { federation } from '../support/two-servers.ts'
import { refusal } from '../support/xml-pattern.ts'

const C = 'c.example'
const GATEWAY = 'gw.a.example'
const SERVER = 'jabber:server'
const BOB = bareOf('bob')
/** Addresses of others; RFC 7622 knows none of them. */
const OTHERS = [
  'u@c.example/Eva · work',
  'u@c.example/\u2764\ufe0f',
  '\u2603@c.example',
  '\u2603@c.example/👩\u200d💻',
  'c.example/·',
]
const chat = (from: string, to: string, id: string): string =>
  `<message from='${from}' to='${to}' id='${id}' type='chat'><body>${id}</body></message>`
const inNamespace = (ns: string, error: string): string => error.replace('<error', `<error xmlns='${ns}'`)
const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth)
/** What each stanza brings beyond a limit, into its start tag and inside of it. */
const TOO_MUCH: readonly (readonly [what: string, attributes: string, inside: string])[] = [
  ['a tag of 17,000 octets', ` x='${'x'.repeat(17_000)}'`, '<body>x</body>'],
  ['a tag of 17,000 octets inside', '', `<body x='${'x'.repeat(17_000)}'>x</body>`],
  ['70 elements inside one another', '', nested(70)],
  ['100 attributes', Array.from({ length: 100 }, (_, i) => ` a${i}=''`).join(''), ''],
]

federation('a peer may call its users as RFC 6122 lets it: addresses go through as they are, both ways', async (realm) => {
  const [dave] = await realm.clients('dave@b.example/1')
  const [wire] = await realm.proved(realm.b, C)
  for (const [i, other] of OTHERS.entries()) {
    wire.write(chat(other, dave.jid, `in${i}`))
    await dave.expect(chat(other, dave.jid, `in${i}`))
    dave.send(`<message to='${other}' id='out${i}' type='chat'><body>out${i}</body></message>`)
    await wire.expect(chat(dave.jid, other, `out${i}`).replace('<message', `<message xmlns='${SERVER}'`))
  }
})

federation('a contact and a blocked address may be such', async (realm) => {
  const [dave] = await realm.clients('dave@b.example/1')
  const [wire] = await realm.proved(realm.b, C)
  const [friend, foe] = ['\u2603@c.example', 'u@c.example/Eva · work']
  dave.send(rosterSet('r', `<item jid='${friend}' name='Snow'/>`))
  await dave.expect(push(friend, `name='Snow' subscription='none'`), `<iq type='result' id='r'/>`)
  dave.send(`<presence type='subscribe' to='${friend}'/>`)
  await dave.expect(push(friend, `name='Snow' subscription='none' ask='subscribe'`))
  await wire.expect(`<presence xmlns='${SERVER}' type='subscribe' from='dave@b.example' to='${friend}'/>`)
  wire.write(`<presence type='subscribed' from='${friend}' to='dave@b.example'/>`)
  await dave.expectAll(
    push(friend, `name='Snow' subscription='to'`),
    `<presence type='subscribed' from='${friend}' to='dave@b.example'/>`,
  )
  wire.write(`<presence from='${friend}/☃' to='dave@b.example'/>`)
  await dave.expect(`<presence from='${friend}/☃'/>`)
  dave.send(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${foe}'/></block></iq>`)
  await dave.expect(`<iq type='result' id='b'/>`)
  wire.write(chat(foe, dave.jid, 'blocked') + chat('u@c.example/other', dave.jid, 'heard'))
  await dave.expect(chat('u@c.example/other', dave.jid, 'heard'))
  await wire.expect(
    inNamespace(SERVER, refusal('message', `id='blocked' to='${foe}'`, 'cancel', 'service-unavailable')).replace(
      '<message',
      `<message xmlns='${SERVER}'`,
    ),
  )
})

federation('an address that nobody can have is answered; the stream between the servers stays', async (realm) => {
  const [dave] = await realm.clients('dave@b.example/1')
  const [wire] = await realm.proved(realm.b, C)
  const long = 'x'.repeat(1024)
  for (const [from, to, answersFrom, answersTo] of [
    ['u@c.example/x', `dave@b.example/${long}`, 'b.example', 'u@c.example/x'],
    ['u@c.example/x', '\u2603@b.example', 'b.example', 'u@c.example/x'],
    ['u@c.example/x', 'dave@b.example/Eva · work', 'b.example', 'u@c.example/x'],
    [`u@c.example/${long}`, dave.jid, dave.jid, 'c.example'],
    ['u@c.example/', dave.jid, dave.jid, 'c.example'],
    ['a b@c.example', dave.jid, dave.jid, 'c.example'],
    ['u@c.example/&#9;', dave.jid, dave.jid, 'c.example'],
  ] as const) {
    wire.write(chat(from, to, 'bad'))
    await wire.expect(
      inNamespace(
        SERVER,
        refusal('message', `id='bad' from='${answersFrom}' to='${answersTo}'`, 'modify', 'jid-malformed'),
      ).replace('<message', `<message xmlns='${SERVER}'`),
    )
  }
  wire.write(chat('u@c.example/x', dave.jid, 'still'))
  await dave.expect(chat('u@c.example/x', dave.jid, 'still'))
})

for (const [what, attributes, inside] of TOO_MUCH)
  federation(`from a peer: ${what} cost one stanza, not the stream`, async (realm) => {
    const [dave] = await realm.clients('dave@b.example/1')
    const [wire] = await realm.proved(realm.b, C)
    wire.write(`<message from='u@c.example/x' to='${dave.jid}' id='1'${attributes}>${inside}</message>`)
    wire.write(chat('u@c.example/x', dave.jid, 'still'))
    await dave.expect(chat('u@c.example/x', dave.jid, 'still'))
    await wire.expect(
      inNamespace(
        SERVER,
        refusal('message', `id='1' from='${dave.jid}' to='u@c.example/x'`, 'modify', 'policy-violation'),
      ).replace('<message', `<message xmlns='${SERVER}'`),
    )
  })

for (const [what, attributes, inside] of TOO_MUCH)
  story(`from a client: ${what} cost one stanza, not the stream`, async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    alice.send(`<message to='${bob.jid}' id='1'${attributes}>${inside}</message>`)
    alice.send(`<presence id='2'${attributes}>${inside}</presence>`, `<iq type='result' id='3'${attributes}>${inside}</iq>`)
    alice.send(`<message to='${bob.jid}' id='4'><body>still</body></message>`)
    await bob.expect(`<message from='${alice.jid}' id='4'><body>still</body></message>`)
    await alice.expect(
      refusal('message', `id='1' from='${bob.jid}'`, 'modify', 'policy-violation'),
      refusal('presence', `id='2' from='${bareOf('alice')}'`, 'modify', 'policy-violation'),
    )
  })

story('a stanza that is skipped counts in XEP-0198', UNASKED, async (cast) => {
  const [alice] = await cast.clients('alice/1')
  alice.send(
    `<enable xmlns='urn:xmpp:sm:3'/>`,
    `<message to='${BOB}' id='1'>${nested(70)}</message>`,
    `<r xmlns='urn:xmpp:sm:3'/>`,
  )
  await alice.expect(
    `<enabled xmlns='urn:xmpp:sm:3'>*</enabled>`,
    refusal('message', `id='1'`, 'modify', 'policy-violation'),
    `<a xmlns='urn:xmpp:sm:3' h='1'/>`,
  )
})

story('what is no stanza and goes past a limit ends the stream', async (cast) => {
  const [alice] = await cast.clients('alice/1')
  alice.send(`<r xmlns='urn:xmpp:sm:3'>${nested(70)}</r>`)
  await alice.wire.expectStreamError('policy-violation')
})

story('addresses of our own domains obey RFC 7622', async (cast) => {
  const [alice] = await cast.clients('alice/1')
  const ours = '\u2603@a.example'
  alice.send(
    `<message to='${ours}' id='1'/>`,
    `<presence type='subscribe' to='${ours}' id='2'/>`,
    rosterSet('3', `<item jid='${ours}'/>`),
    `<iq type='set' id='4'><block xmlns='urn:xmpp:blocking'><item jid='${ours}'/></block></iq>`,
    `<message to='${BOB}/Eva · work' id='5'/>`,
  )
  await alice.expectAll(
    refusal('message', `id='1'`, 'modify', 'jid-malformed'),
    refusal('presence', `id='2'`, 'modify', 'jid-malformed'),
    refusal('iq', `id='3'`, 'modify', 'jid-malformed'),
    refusal('iq', `id='4'`, 'modify', 'jid-malformed'),
    refusal('message', `id='5'`, 'modify', 'jid-malformed'),
  )
})

story('a component calls its users as it likes; what nobody can be called is answered', async (cast) => {
  const alice = await cast.client('alice', '1')
  const backstage = await componentsOf(cast, GATEWAY)
  const component = await backstage.connected()
  for (const name of ['\u2603@', 'u@'])
    for (const resource of ['', '/Eva · work', '/\u2764\ufe0f']) {
      const other = name + GATEWAY + resource
      component.send(chat(other, alice.jid, 'in'))
      await alice.expect(chat(other, alice.jid, 'in'))
      alice.send(`<message to='${other}' type='chat' id='out'><body>out</body></message>`)
      await component.expect(chat(alice.jid, other, 'out'))
    }
  const answered = (attrs: string, condition: string): string =>
    inNamespace(COMPONENT, refusal('message', attrs, 'modify', condition))
  for (const [from, to] of [
    [`@${GATEWAY}`, alice.jid],
    [`u@${GATEWAY}/`, alice.jid],
  ] as const) {
    component.send(chat(from, to, 'bad'))
    await component.expect(answered(`id='bad' from='${alice.jid}' to='${GATEWAY}'`, 'jid-malformed'))
  }
  for (const [, attributes, inside] of TOO_MUCH) {
    component.send(`<message from='${GATEWAY}' to='${alice.jid}' id='1'${attributes}>${inside}</message>`)
    await component.expect(answered(`id='1' from='${alice.jid}'`, 'policy-violation'))
  }
  assert.equal(backstage.state().connected, true)
})
