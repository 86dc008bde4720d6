/** XEP-0388: authentication in the extensible profile, and what comes of it on the stream. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { authenticate, featuresAfter, identifierOf, logIn, SASL2, toldIn } from '../support/sasl2.ts'
import { bareOf, PASSWORD, story } from '../support/story.ts'
import { startsTls } from '../support/story-server.ts'
import { base64, bindRequest, SASL, STREAM, type WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const SECURE = { on: ['memory tls', 'direct tls'] } as const
const IN_MEMORY = { on: ['memory tls'] } as const
const DEVICE = 'd4565fa7-4d72-4749-b3d3-740edbf87770'

const namesIn = (features: Xml): readonly string[] => features.elements.map((e) => `${e.name} ${e.ns}`)
const scramFirst = (user: string): string => `n,,n=${user},r=rOprNGfwEbeRWgbNEkqO`
const failure = (condition: string, more = ''): string =>
  `<failure xmlns='${SASL2}'><${condition} xmlns='${SASL}'/>${more}</failure>`

async function offered(wire: WireClient, from?: string): Promise<Xml> {
  await wire.open(from === undefined ? {} : { from })
  return wire.features()
}

story('XEP-0388 3: there is nothing of it outside of TLS', async (cast) => {
  const wire = await cast.wire()
  const features = await offered(wire)
  assert.ok(features.child('mechanisms') !== undefined)
  assert.equal(features.child('authentication'), undefined)
  wire.write(authenticate('SCRAM-SHA-256', scramFirst('alice')))
  await wire.expectStreamError('policy-violation')
})

story('XEP-0388 2.1: the same mechanisms as in the other profile, and what can be asked for with them', SECURE, async (cast) => {
  const wire = await cast.wire()
  let features = await offered(wire)
  if (startsTls(cast.transport)) {
    await wire.startTls()
    features = await offered(wire)
  }
  const mechanisms = (e: Xml): readonly string[] => e.elements.filter((m) => m.name === 'mechanism').map((m) => m.text)
  const authentication = features.child('authentication')!
  assert.deepEqual(mechanisms(authentication), mechanisms(features.child('mechanisms')!))
  assert.deepEqual(
    authentication.child('inline')!.elements.map((e) => e.show(SASL2)),
    [
      `<fast xmlns='urn:xmpp:fast:0'>${['EXPR', 'ENDP', 'NONE'].map((b) => `<mechanism>HT-SHA-256-${b}</mechanism>`).join('')}</fast>`,
      `<sm xmlns='urn:xmpp:sm:3'/>`,
      `<bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:sm:3'/><feature var='urn:xmpp:carbons:2'/><feature var='urn:xmpp:csi:0'/></inline></bind>`,
    ],
  )
})

story('XEP-0388 2.6.1: success, and the stream goes on without a new header', SECURE, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.secured()
  const success = await logIn(wire, 'alice', PASSWORD)
  assert.deepEqual([success.name, identifierOf(success), toldIn(success)], ['success', bareOf('alice'), []])
  const features = namesIn(await featuresAfter(wire))
  for (const wanted of ['bind urn:ietf:params:xml:ns:xmpp-bind', 'sm urn:xmpp:sm:3']) assert.ok(features.includes(wanted), wanted)
  for (const name of ['mechanisms', 'authentication']) assert.ok(!features.some((f) => f.startsWith(`${name} `)), name)
  const alice = cast.adopt(wire, await wire.bind('1'))
  assert.equal(alice.jid, `${bareOf('alice')}/1`)
  await alice.ask(`<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>`, `<iq type='result' id='r'>*</iq>`)
})

story('T-C06: a wrong password and an unknown user are the same', SECURE, async (cast) => {
  await cast.server.account('alice')
  const failures: string[] = []
  for (const [user, password] of [
    ['alice', 'wrong'],
    ['nobody', PASSWORD],
  ] as const) {
    const wire = await cast.secured()
    failures.push((await logIn(wire, user, password)).show())
  }
  assert.deepEqual(failures, Array(2).fill(`<failure xmlns='${SASL2}'><not-authorized xmlns='${SASL}'/></failure>`))
})

story('RFC 6120 6.4.5: failures are counted, in whichever profile', IN_MEMORY, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.secured()
  for (let i = 0; i < 5; i++) {
    const failed = i % 2 === 0 ? await logIn(wire, 'alice', 'wrong') : await wire.authenticate('alice', 'wrong')
    assert.equal(failed.name, 'failure')
  }
  assert.equal((await logIn(wire, 'alice', 'wrong')).name, 'error')
  await wire.expectClosed()
})

story('XEP-0388 2.6.2: after a failure another attempt may follow', SECURE, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.secured()
  assert.equal((await logIn(wire, 'alice', 'wrong')).name, 'failure')
  assert.equal((await wire.authenticate('alice', 'wrong')).name, 'failure')
  assert.equal((await logIn(wire, 'alice', PASSWORD)).name, 'success')
})

for (const [what, xml] of [
  ['a stanza', '<presence/>'],
  ['another <authenticate/>', authenticate('SCRAM-SHA-256', scramFirst('alice'))],
  ['an element of the other profile', `<response xmlns='${SASL}'>${base64('c=biws,r=x,p=x')}</response>`],
  ['a request to bind', bindRequest('1')],
] as const) {
  story(`XEP-0388 2.4: ${what} in the middle of an exchange`, IN_MEMORY, async (cast) => {
    await cast.server.account('alice')
    const wire = await cast.secured()
    wire.write(authenticate('SCRAM-SHA-256', scramFirst('alice')))
    assert.equal((await wire.element('a challenge')).name, 'challenge')
    wire.write(xml)
    await wire.expectStreamError('policy-violation')
  })
}

story('XEP-0388 4.5: an attempt is given up', IN_MEMORY, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.secured()
  wire.write(authenticate('SCRAM-SHA-256', scramFirst('alice')))
  await wire.element('a challenge')
  wire.write(`<abort xmlns='${SASL2}'><text>changed my mind</text></abort>`)
  await wire.expect(failure('aborted'))
  wire.write(`<response xmlns='${SASL2}'>${base64('c=biws,r=x,p=x')}</response>`)
  await wire.expect(failure('malformed-request'))
  assert.equal((await logIn(wire, 'alice', PASSWORD)).name, 'success')
})

for (const [what, xml, condition] of [
  ['a mechanism that was not offered', authenticate('ANONYMOUS', ''), 'invalid-mechanism'],
  ['no mechanism', `<authenticate xmlns='${SASL2}'/>`, 'invalid-mechanism'],
  [
    'what is no base64',
    `<authenticate xmlns='${SASL2}' mechanism='SCRAM-SHA-256'><initial-response>biws=</initial-response></authenticate>`,
    'incorrect-encoding',
  ],
  [
    'the sign of the other profile for nothing',
    `<authenticate xmlns='${SASL2}' mechanism='SCRAM-SHA-256'><initial-response>=</initial-response></authenticate>`,
    'incorrect-encoding',
  ],
  ['what is no message of the mechanism', authenticate('SCRAM-SHA-256', 'x'), 'malformed-request'],
] as const) {
  story(`XEP-0388 2.6.2: ${what}`, IN_MEMORY, async (cast) => {
    const wire = await cast.secured()
    wire.write(xml)
    await wire.expect(failure(condition))
  })
}

story('XEP-0388 2.3: a user agent whose id is no UUID', IN_MEMORY, async (cast) => {
  const wire = await cast.secured()
  wire.write(authenticate('SCRAM-SHA-256', scramFirst('alice'), { device: 'my phone' }))
  await wire.expect(failure('malformed-request', '<text>The id of the user agent is no UUID</text>'))
})

story('XEP-0388 2.2: no initial response, and white space in the data', IN_MEMORY, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.secured()
  wire.write(`<authenticate xmlns='${SASL2}' mechanism='SCRAM-SHA-256'><user-agent id='${DEVICE}'/></authenticate>`)
  await wire.expect(`<challenge xmlns='${SASL2}'/>`)
  wire.write(`<response xmlns='${SASL2}'>\n  ${base64(scramFirst('alice')).replace(/(.{10})/, '$1\n  ')}\n</response>`)
  const challenge = await wire.element('a challenge')
  assert.match(Buffer.from(challenge.text, 'base64').toString(), /^r=rOprNGfwEbeRWgbNEkqO/)
})

story('XEP-0388 2.1: who claims to be of another domain', IN_MEMORY, async (cast) => {
  const wire = await cast.wire()
  await wire.open({ from: 'alice@b.example' })
  await wire.expectStreamError('invalid-from')
})

story('XEP-0388 4.4, RFC 6120 6.4.6: who claims to be somebody else', IN_MEMORY, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.wire()
  await wire.open()
  await wire.features()
  await wire.startTls()
  await offered(wire, bareOf('carol'))
  const refused = await logIn(wire, 'alice', PASSWORD)
  assert.equal(refused.show(), `<failure xmlns='${SASL2}'><invalid-authzid xmlns='${SASL}'/></failure>`)
})

story('XEP-0388 4.8: nobody authenticates twice', IN_MEMORY, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.secured()
  await logIn(wire, 'alice', PASSWORD)
  await wire.expect(`<features xmlns='${STREAM}'>*</features>`)
  wire.write(authenticate('SCRAM-SHA-256', scramFirst('alice')))
  await wire.expectStreamError('policy-violation')
})

story('XEP-0474 4.1: a client can see that nobody has changed what it was offered, in either profile', SECURE, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.wire()
  let features = await offered(wire)
  if (startsTls(cast.transport)) {
    await wire.startTls()
    features = await offered(wire)
  }
  const types = features.child('sasl-channel-binding')!.elements.map((e) => e.attr('type')!)
  for (const [feature, ns, start] of [
    ['authentication', SASL2, authenticate('SCRAM-SHA-256', scramFirst('alice'))],
    ['mechanisms', SASL, `<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>${base64(scramFirst('alice'))}</auth>`],
  ] as const) {
    const names = features
      .child(feature)!
      .elements.filter((e) => e.name === 'mechanism')
      .map((e) => e.text)
    const expected = createHash('sha256')
      .update(`${names.sort().join('\x1e')}\x1f${types.sort().join('\x1e')}`)
      .digest('base64')
    wire.write(start)
    const challenge = Buffer.from((await wire.element('a challenge')).text, 'base64').toString()
    assert.equal(challenge.slice(challenge.lastIndexOf(',h=')), `,h=${expected}`)
    wire.write(`<abort xmlns='${ns}'/>`)
    assert.equal((await wire.element('a failure')).name, 'failure')
  }
})
