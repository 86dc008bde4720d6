/** RFC 6120: streams, TLS, SASL, binding, what stanzas must look like, order. */
import assert from 'node:assert/strict'
import { bareOf, DOMAIN, PASSWORD, storyOn } from '../support/story.ts'
import { here } from '../support/stanzas.ts'
import { BIND, bindRequest, SASL, TLS, STREAM, type WireClient } from '../support/wire-client.ts'
import { refusal } from '../support/xml-pattern.ts'

const SOCKETS = ['memory', 'tcp'] as const
const EVERYWHERE = [...SOCKETS, 'websocket in memory', 'bosh in memory'] as const
const story = storyOn(...EVERYWHERE)
const BOB = bareOf('bob')
const SECURE = { on: ['starttls', 'direct tls'] } as const
const BEFORE_TLS = { on: ['starttls'] } as const

const mechanismsIn = (features: {
  child(name: string): { elements: readonly { text: string }[] } | undefined
}): readonly string[] => features.child('mechanisms')?.elements.map((m) => m.text) ?? []

story('T-C01: a domain that is not served', async (cast) => {
  const wire = await cast.wire()
  const header = await wire.open({ to: 'other.example' })
  assert.ok(['', DOMAIN, undefined].includes(header.attr('from')))
  await wire.expectStreamError('host-unknown')
})

story('CORE-1: the header of the server', { on: [...SOCKETS, 'websocket in memory'] }, async (cast) => {
  const wire = await cast.wire()
  const header = await wire.open({ from: bareOf('alice') })
  assert.deepEqual(
    [header.name, header.ns, header.attr('from'), header.attr('to'), header.attr('version')],
    ['stream', STREAM, DOMAIN, bareOf('alice'), '1.0'],
  )
  assert.ok(header.attr('xml:lang'))
  assert.ok(header.attr('id')!.length >= 22, '128 random bits')
})

story('T-C02: before TLS there is nothing but STARTTLS', BEFORE_TLS, async (cast) => {
  const wire = await cast.wire()
  await wire.open()
  await wire.expect(`<features xmlns='${STREAM}'><starttls xmlns='${TLS}'><required/></starttls></features>`)
  wire.write(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>biwsbj11c2VyLHI9cg==</auth>`)
  await wire.expectStreamError('policy-violation')
})

story('T-C03: a new stream inside TLS', BEFORE_TLS, async (cast) => {
  const wire = await cast.wire()
  const { attrs: before } = await wire.open()
  await wire.features()
  await wire.startTls()
  const { attrs: after } = await wire.open()
  assert.notEqual(before['id'], after['id'])
  const features = await wire.features()
  assert.equal(features.child('starttls'), undefined)
  const mechanisms = mechanismsIn(features)
  for (const wanted of ['SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1', 'SCRAM-SHA-1-PLUS'])
    assert.ok(mechanisms.includes(wanted), wanted)
  assert.ok(!mechanisms.includes('PLAIN'))
})

story('T-C04: what was sent behind <starttls/> in the clear is not looked at', BEFORE_TLS, async (cast) => {
  const wire = await cast.wire()
  await wire.open()
  await wire.features()
  wire.write(`<starttls xmlns='${TLS}'/><auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>biwsbj11c2VyLHI9cg==</auth>`)
  await wire.expect(`<proceed xmlns='${TLS}'/>`)
  await wire.secure()
  await wire.open()
  assert.deepEqual(mechanismsIn(await wire.features()).includes('SCRAM-SHA-256'), true)
  assert.equal((await wire.authenticate('alice', 'wrong')).name, 'failure')
  assert.deepEqual(wire.arrived, [], 'no challenge but the one that was asked for')
})

for (const [hash, plus] of [
  ['sha-256', true],
  ['sha-1', true],
  ['sha-512', true],
  ['sha-256', false],
  ['sha-1', false],
] as const) {
  story(`T-C05: SCRAM, ${hash}${plus ? ', bound to the channel' : ''}`, SECURE, async (cast) => {
    await cast.server.account('alice')
    const wire = await cast.secured()
    const bindingData = plus
      ? Buffer.from(wire.link.tls!.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)))
      : Buffer.alloc(0)
    const header = plus ? 'p=tls-exporter,,' : 'n,,'
    if (plus) {
      const wrong = await wire.authenticate('alice', PASSWORD, {
        hash,
        plus,
        header,
        bindingData: Buffer.from('another channel'),
      })
      assert.deepEqual([wrong.name, wrong.elements[0]!.name], ['failure', 'not-authorized'])
    }
    assert.equal((await wire.authenticate('alice', PASSWORD, { hash, plus, header, bindingData })).name, 'success')
    await wire.open()
    await wire.features()
    await wire.bind(null)
  })
}

story('T-C06: a wrong password and an unknown user are the same', async (cast) => {
  await cast.server.account('alice')
  const failures: string[] = []
  const salts: string[] = []
  for (const [user, password] of [
    ['alice', 'wrong'],
    ['nobody', PASSWORD],
    ['nobody', 'wrong'],
  ] as const) {
    const wire = await cast.wire()
    await wire.open()
    await wire.features()
    failures.push((await wire.authenticate(user, password)).show())
    wire.write(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>${Buffer.from(`n,,n=${user},r=nonce`).toString('base64')}</auth>`)
    salts.push(/,s=([^,]+),/.exec(Buffer.from((await wire.element('a challenge')).text, 'base64').toString())![1]!)
  }
  assert.deepEqual(new Set(failures), new Set([`<failure xmlns='${SASL}'><not-authorized/></failure>`]))
  assert.equal(salts[1], salts[2], 'the same when asked again')
  assert.equal(salts[0]!.length, salts[1]!.length)
})

for (const bad of ['=AAA', 'AAA', 'A*BC', 'AA==AA==', ' AAAA']) {
  story(`T-C07: '${bad}' is no base64`, async (cast) => {
    const wire = await cast.wire()
    await wire.open()
    await wire.features()
    wire.write(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>${bad}</auth>`)
    await wire.expect(`<failure xmlns='${SASL}'><incorrect-encoding/></failure>`)
    wire.write(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>${Buffer.from('n,,n=alice,r=x').toString('base64')}</auth>`)
    await wire.expect(`<challenge xmlns='${SASL}'>*</challenge>`)
    wire.write(`<response xmlns='${SASL}'>${bad}</response>`)
    await wire.expect(`<failure xmlns='${SASL}'><incorrect-encoding/></failure>`)
  })
}

story('T-C08: the sixth failed attempt ends the stream', async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.wire()
  await wire.open()
  await wire.features()
  for (let i = 0; i < 5; i++) assert.equal((await wire.authenticate('alice', 'wrong')).name, 'failure')
  const first = Buffer.from('n,,n=alice,r=x').toString('base64')
  wire.write(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>${first}</auth>`)
  await wire.element('a challenge')
  wire.write(`<abort xmlns='${SASL}'/>`)
  await wire.expectStreamError('policy-violation')
})

story('T-C09: resources', async (cast) => {
  const alice = await cast.client('alice', null)
  const other = await cast.client('alice', null)
  for (const client of [alice, other]) assert.ok(client.jid.slice(client.bare.length + 1).length >= 16, 'not to be guessed')
  assert.notEqual(alice.jid, other.jid)
  const phone = await cast.client('bob', 'phone')
  assert.equal(phone.jid, `${BOB}/phone`)
  const second = await cast.client('bob', 'phone')
  assert.notEqual(second.jid, phone.jid)
  phone.send('<presence/>')
  for (const bob of [phone, second]) await bob.expect(here(phone.jid))
})

story('T-C10: as many resources as there may be', { limits: { resources: 2 } }, async (cast) => {
  await cast.clients('alice/1', 'alice/2')
  const wire = await cast.authenticated('alice')
  wire.write(bindRequest('3'))
  await wire.expect(
    refusal('iq', `id='bind'`, 'wait', 'resource-constraint', `<resource-limit-exceeded xmlns='urn:xmpp:errors'/>`),
  )
})

story('RFC 3921 3: a client that asks for a session, as it is offered, has one', async (cast) => {
  const [alice] = await cast.clients('alice/1', 'bob/1')
  const asking = (to: string): string => `<iq type='set' id='s'${to}><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>`
  for (const to of ['', ` to='${alice.bare}'`, ` to='${DOMAIN}'`]) await alice.ask(asking(to), `<iq type='result' id='s'/>`)
  await alice.ask(asking(` to='${BOB}'`), refusal('iq', `id='s'`, 'cancel', 'service-unavailable'))
})

story('T-C11: no stanza before a resource is bound', async (cast) => {
  await cast.client('bob', '1')
  const stranger = await cast.wire()
  await stranger.open()
  await stranger.features()
  const alice = await cast.authenticated('alice')
  for (const wire of [stranger, alice]) {
    wire.write(`<message to='${BOB}'><body>too early</body></message>`)
    await wire.expectStreamError('not-authorized')
  }
})

story('T-C12: nobody gives himself for somebody else', async (cast) => {
  const [alice] = await cast.clients('alice/1', 'carol/1')
  alice.send(`<message from='${BOB}' to='${bareOf('carol')}'><body>I am Bob</body></message>`)
  await alice.wire.expectStreamError('invalid-from')
})

story('CORE-22: one of his own addresses becomes the one that it is', async (cast) => {
  const [alice, carol] = await cast.clients('alice/1', 'carol/1')
  for (const from of [alice.bare, `${alice.bare}/other`, alice.jid]) {
    alice.send(`<message from='${from}' to='${carol.jid}'><body>x</body></message>`)
    await carol.expect(`<message from='${alice.jid}' to='${carol.jid}'><body>x</body></message>`)
  }
})

const BAD_IQS: readonly (readonly [test: string, what: string, xml: string])[] = [
  ['T-C13', 'no id', `<iq type='get' to='${DOMAIN}'><q xmlns='x'/></iq>`],
  ['T-C13', 'a type that is none', `<iq type='foo' id='i' to='${DOMAIN}'><q xmlns='x'/></iq>`],
  ['T-C13', 'no type', `<iq id='i' to='${DOMAIN}'><q xmlns='x'/></iq>`],
  ['T-C14', 'two children', `<iq type='set' id='i' to='${DOMAIN}'><q xmlns='x'/><q xmlns='x'/></iq>`],
  ['T-C14', 'no child', `<iq type='get' id='i' to='${DOMAIN}'/>`],
]
for (const [id, what, xml] of BAD_IQS) {
  story(`${id}: an IQ with ${what}`, async (cast) => {
    const alice = await cast.client('alice', '1')
    alice.send(xml)
    await alice.expect(refusal('iq', `from='${DOMAIN}'`, 'modify', 'bad-request'))
  })
}

const BAD_XML: readonly (readonly [test: string, what: string, octets: string | Buffer, condition: string])[] = [
  ['T-C15', 'a comment', '<message><!-- x --></message>', 'restricted-xml'],
  ['T-C15', 'a processing instruction', '<?php x?>', 'restricted-xml'],
  ['T-C15', 'a DOCTYPE', '<!DOCTYPE x>', 'restricted-xml'],
  ['T-C15', 'an entity of its own', '<message><body>&foo;</body></message>', 'restricted-xml'],
  ['T-C16', 'a tag that is not closed', '<message><body></message>', 'not-well-formed'],
  ['T-C16', 'a prefix that nobody declared', '<message><x:y/></message>', 'not-well-formed'],
  ['T-C16', 'a control character', '<message><body>\u0001</body></message>', 'not-well-formed'],
  [
    'T-C16',
    'octets that are no UTF-8',
    Buffer.concat([Buffer.from('<message><body>'), Buffer.from([0xc3, 0x28]), Buffer.from('</body></message>')]),
    'unsupported-encoding',
  ],
]
for (const [id, what, octets, condition] of BAD_XML) {
  const on = typeof octets === 'string' ? EVERYWHERE : SOCKETS // what is no text is the business of a WebSocket itself
  story(`${id}: ${what}`, { on }, async (cast) => {
    const alice = await cast.client('alice', '1')
    alice.wire.write(octets)
    await alice.wire.expectStreamError(condition)
  })
}
story('T-C16: UTF-16', { on: SOCKETS }, async (cast) => {
  const wire = await cast.wire()
  wire.write(Buffer.from(`\ufeff<?xml version='1.0'?><stream:stream>`, 'utf16le'))
  const next = await wire.next('the header')
  assert.equal(next.kind, 'header')
  const error = await wire.element('an error')
  assert.ok(['unsupported-encoding', 'not-well-formed'].includes(error.elements[0]!.name), error.show())
  await wire.expectClosed()
})

story('T-C17: the size of a stanza', { streams: { 'stanza-size': 20_000 } }, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  const [head, tail] = [`<message xmlns='jabber:client' to='${bob.jid}'><body>`, '</body></message>']
  const sized = (octets: number): string => head + 'x'.repeat(octets - head.length - tail.length) + tail
  alice.send(sized(20_000))
  const got = await bob.expect(`<message from='${alice.jid}'>*</message>`)
  assert.equal(got.child('body')!.text, 'x'.repeat(20_000 - head.length - tail.length))
  alice.send(sized(20_001))
  const error = await alice.wire.expectStreamError('policy-violation')
  assert.ok(!error.show().includes('xxx'))
})

story('T-C18: an element that is no stanza', async (cast) => {
  const [alice] = await cast.clients('alice/1', 'bob/1')
  alice.send(`<foo xmlns='x' to='${BOB}'/>`)
  await alice.wire.expectStreamError('unsupported-stanza-type')
})

story('T-C19: an IQ that nobody understands', async (cast) => {
  const alice = await cast.client('alice', '1')
  const query = `<query xmlns='urn:unknown'/>`
  for (const to of [DOMAIN, alice.bare, null]) {
    const from = to ?? alice.bare
    await alice.ask(
      `<iq type='get' id='u'${to === null ? '' : ` to='${to}'`}>${query}</iq>`,
      refusal('iq', `id='u' from='${from}' to='${alice.jid}'`, 'cancel', 'service-unavailable'),
    )
  }
  alice.send(`<iq type='result' id='stray'/>`, `<iq type='result' id='stray' to='${DOMAIN}'/>`)
})

story('T-C20: everything arrives in the order in which it was sent', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const sent: string[] = []
  for (let i = 0; i < 1000; i++) {
    const to = i % 2 === 0 ? BOB : bob.jid
    const kind = i % 3
    const xml =
      kind === 0
        ? `<message to='${to}' type='chat' id='${i}'><body>${i}</body></message>`
        : kind === 1
          ? `<presence to='${to}' id='${i}'><status>${i}</status></presence>`
          : `<iq to='${bob.jid}' type='get' id='${i}'><n xmlns='urn:example:n'>${i}</n></iq>`
    sent.push(xml)
  }
  alice.send(...sent)
  await cast.settle()
  assert.deepEqual(
    bob.take().map((xml) => xml.attr('id')),
    sent.map((_, i) => String(i)),
  )
})

story('T-C21: a stream that its client closes', { on: ['memory', 'tcp', 'starttls', 'direct tls'] }, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.send(
    `<iq type='get' id='last'><q xmlns='x'/></iq>`,
    `<message to='${bob.jid}'><body>bye</body></message>`,
    '</stream:stream>',
  )
  await alice.wire.expect(refusal('iq', `id='last'`, 'cancel', 'service-unavailable'))
  await alice.wire.expectClosed()
  await bob.expect(`<message from='${alice.jid}'><body>bye</body></message>`)
})

story('T-C22: the language of the stream', async (cast) => {
  const alice = await cast.client('alice', '1', { lang: 'de' })
  const bob = await cast.client('bob', '1')
  alice.send(
    `<message to='${bob.jid}'><body>Guten Tag</body></message>`,
    `<message to='${bob.jid}' xml:lang='cs'><body>Ahoj</body></message>`,
  )
  await bob.expect(
    `<message from='${alice.jid}' xml:lang='de'><body>Guten Tag</body></message>`,
    `<message from='${alice.jid}' xml:lang='cs'><body>Ahoj</body></message>`,
  )
})

story('T-C23: what the server does not know passes as it is', async (cast) => {
  const alice = await cast.client('alice', '1')
  const bob = await cast.client('bob', '1')
  const content = `<body>a &lt; b &amp; "c" 'd' ☃</body><x xmlns='urn:example:x' attr='1'><y xmlns=''/></x><p:z xmlns:p='urn:example:p' p:a='2'><p:w>t</p:w></p:z>`
  alice.send(`<message to='${bob.jid}'>${content}</message>`)
  await bob.expect(`<message from='${alice.jid}'>${content}</message>`)
})

story('CORE-20: what is offered to who has authenticated', async (cast) => {
  await cast.server.account('alice')
  const wire: WireClient = await cast.secured()
  await wire.authenticate('alice', PASSWORD)
  await wire.open()
  const features = await wire.features()
  const namespaces = features.elements.map((e) => e.ns)
  for (const ns of [BIND, 'urn:xmpp:features:rosterver', 'urn:xmpp:features:pre-approval']) assert.ok(namespaces.includes(ns), ns)
  for (const ns of [SASL, TLS]) assert.ok(!namespaces.includes(ns), ns)
})

story('RFC 6120 4.9.3.19: when the server stops, every stream is told, however far it has come', async (cast) => {
  const bound = await cast.client('alice', '1')
  const known = await cast.authenticated('bob')
  const stranger = await cast.secured()
  cast.server.shutDown()
  for (const wire of [bound.wire, known, stranger]) await wire.expectStreamError('system-shutdown')
})

story(
  'RFC 6120 4.9.3.19: so are connections that have not said anything, and those that come too late',
  { on: ['memory', 'tcp'] },
  async (cast) => {
    const mute = await cast.wire()
    cast.server.shutDown()
    for (const wire of [mute, await cast.wire()]) {
      assert.equal((await wire.next('a header')).kind, 'header', 'RFC 6120 4.9.1.2')
      await wire.expectStreamError('system-shutdown')
    }
  },
)
story('XEP-0478 3.1: a client is told what it may send, before it has logged in and after', async (cast) => {
  const limits = (features: { child(name: string): { show(): string } | undefined }): string => features.child('limits')!.show()
  await cast.server.account('alice')
  const wire = await cast.wire()
  await wire.open()
  assert.equal(limits(await wire.features()), `<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000</max-bytes></limits>`)
  assert.equal((await wire.authenticate('alice', PASSWORD)).name, 'success')
  await wire.open()
  assert.equal(
    limits(await wire.features()),
    `<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>262144</max-bytes><idle-seconds>300</idle-seconds></limits>`,
  )
})
