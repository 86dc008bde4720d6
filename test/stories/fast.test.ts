/** XEP-0484: a client gets a token and logs in with it, in one round trip; and what becomes of tokens. */
import assert from 'node:assert/strict'
import { jid } from '../../src/xmpp/jid.ts'
import { hmacSha256, initiator, responder } from '../support/hashed-token.ts'
import { authenticate, BIND2, featuresAfter, identifierOf, logIn, SASL2, toldIn, type Sasl2Options } from '../support/sasl2.ts'
import { here } from '../support/stanzas.ts'
import { bareOf, PASSWORD, story, type Cast } from '../support/story.ts'
import { ScramClient } from '../support/sasl.ts'
import { base64, SASL, type WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const settings = { 'stream-management': { 'ask-after': '1 hour' } }
const SECURE = { on: ['memory tls', 'direct tls'], settings } as const
const IN_MEMORY = { on: ['memory tls'], settings } as const
const FAST = 'urn:xmpp:fast:0'
const SM = 'urn:xmpp:sm:3'
const NONE = 'HT-SHA-256-NONE'
const ALICE = bareOf('alice')
const DEVICE = 'd4565fa7-4d72-4749-b3d3-740edbf87770'
const OTHER = '7e2b1c9a-58b1-4a3e-8f0d-0f5cf7a2be11'
const DAY = 86_400_000

const bind = `<bind xmlns='${BIND2}'><tag>Story</tag></bind>`
const requestFor = (mechanism: string): string => `<request-token xmlns='${FAST}' mechanism='${mechanism}'/>`
const fast = (attrs = ''): string => `<fast xmlns='${FAST}'${attrs}/>`
const tokenIn = (success: Xml): Xml | undefined => success.child('token')
const conditionOf = (outcome: Xml): string => `${outcome.name} ${outcome.elements[0]?.name}`

/** Logs in with the password; the token that comes with it. */
async function tokenOf(cast: Cast, user: string, mechanism = NONE, device = DEVICE): Promise<string> {
  await cast.server.account(user)
  const wire = await cast.secured()
  const success = await logIn(wire, user, PASSWORD, { device, inline: requestFor(mechanism) })
  wire.link.drop()
  return tokenIn(success)!.attr('token')!
}

interface ByToken extends Sasl2Options {
  readonly mechanism?: string
  readonly user?: string
  readonly channel?: Buffer
  readonly attrs?: string
}
/** One round: success or failure, on a connection of its own unless there is one. */
async function logInBy(cast: Cast, token: string, options: ByToken = {}, given?: WireClient): Promise<[Xml, WireClient]> {
  const { mechanism = NONE, user = 'alice', channel, attrs = '', inline = '', device = DEVICE } = options
  const wire = given ?? (await cast.secured())
  wire.write(authenticate(mechanism, initiator(user, token, channel), { device, inline: `${fast(attrs)}${inline}` }))
  const outcome = await wire.element('success or failure')
  if (outcome.name === 'success')
    assert.equal(outcome.child('additional-data')!.text, responder(token, channel).toString('base64'), 'mutual authentication')
  return [outcome, wire]
}

story(
  'T-W06: a token with the password, and a session with the token in one round',
  { on: [...SECURE.on, 'websocket with tls'], settings },
  async (cast) => {
    await cast.server.account('alice')
    const first = await cast.secured()
    const success = await logIn(first, 'alice', PASSWORD, { device: DEVICE, inline: `${bind}${requestFor(NONE)}` })
    const token = tokenIn(success)!
    assert.deepEqual(Object.keys(token.attrs).sort(), ['expiry', 'token'])
    if (cast.transport === 'memory tls') assert.equal(token.attr('expiry'), '2026-01-31T00:00:00Z')
    await featuresAfter(first)
    await cast.adopt(first, identifierOf(success)).close()

    const [again, wire] = await logInBy(cast, token.attr('token')!, { inline: bind })
    assert.equal(again.name, 'success', again.show())
    assert.equal(identifierOf(again), identifierOf(success), 'the same resource')
    assert.deepEqual(toldIn(again), [`<bound xmlns='${BIND2}'><metadata xmlns='urn:xmpp:mam:2'/></bound>`], 'no new token yet')
    await featuresAfter(wire)
    const alice = cast.adopt(wire, identifierOf(again))
    alice.send('<presence/>')
    await alice.expect(here(alice.jid))
  },
)

story('XEP-0484, XEP-0198 9.2: a session goes on in one round, with a token', SECURE, async (cast) => {
  await cast.server.account('alice')
  const first = await cast.secured()
  const managed = `<bind xmlns='${BIND2}'><enable xmlns='${SM}' resume='true'/></bind>`
  const success = await logIn(first, 'alice', PASSWORD, { device: DEVICE, inline: `${managed}${requestFor(NONE)}` })
  const id = success.child('bound')!.child('enabled')!.attr('id')!
  first.link.drop()
  first.isClosed = true
  const inline = `<resume xmlns='${SM}' previd='${id}' h='0'/>${bind}`
  const [again, wire] = await logInBy(cast, tokenIn(success)!.attr('token')!, { inline })
  assert.deepEqual(toldIn(again), [`<resumed xmlns='${SM}' h='0' previd='${id}'/>`])
  assert.equal(identifierOf(again), identifierOf(success))
  await cast.adopt(wire, identifierOf(again)).fence()
})

story('XEP-0484 3.4: tokens tied to the channel', { on: ['direct tls'] }, async (cast) => {
  const exported = (wire: WireClient): Buffer =>
    Buffer.from(wire.link.tls!.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)))
  const token = await tokenOf(cast, 'alice', 'HT-SHA-256-EXPR')
  const mechanism = 'HT-SHA-256-EXPR'
  const wire = await cast.secured()
  const elsewhere = await cast.secured()
  const [stolen] = await logInBy(cast, token, { mechanism, channel: exported(elsewhere) }, wire)
  assert.equal(conditionOf(stolen), 'failure not-authorized', 'a proof for another channel')
  const [untied] = await logInBy(cast, token, {}, wire)
  assert.equal(conditionOf(untied), 'failure not-authorized', 'another mechanism')
  const [good] = await logInBy(cast, token, { mechanism, channel: exported(wire) }, wire)
  assert.equal(good.name, 'success')
})

story(
  'XEP-0484 3.5: an old token is replaced when its client logs in, and is good until the new one is used',
  IN_MEMORY,
  async (cast) => {
    const old = await tokenOf(cast, 'alice')
    cast.pass(DAY - 1)
    assert.equal(tokenIn((await logInBy(cast, old))[0]), undefined)
    cast.pass(1)
    const lost = tokenIn((await logInBy(cast, old))[0])!.attr('token')!
    const fresh = tokenIn((await logInBy(cast, old))[0])!.attr('token')!
    assert.equal(
      conditionOf((await logInBy(cast, lost))[0]),
      'failure not-authorized',
      'it was never used, and there is a newer one',
    )
    const [success] = await logInBy(cast, fresh)
    assert.deepEqual([success.name, tokenIn(success)], ['success', undefined])
    assert.equal(conditionOf((await logInBy(cast, old))[0]), 'failure not-authorized')
  },
)

story('XEP-0484 4.2: a token that has expired', IN_MEMORY, async (cast) => {
  const token = await tokenOf(cast, 'alice')
  cast.pass(30 * DAY)
  assert.equal(conditionOf((await logInBy(cast, token))[0]), 'failure credentials-expired')
  assert.equal(conditionOf((await logInBy(cast, `${token}x`))[0]), 'failure not-authorized')
})

story('RFC 6120 6.5.1: a token of a disabled account, which is good again when it is enabled', IN_MEMORY, async (cast) => {
  const token = await tokenOf(cast, 'alice')
  const { registrar } = cast.server.host
  await registrar.disable(jid(ALICE), '')
  assert.equal(conditionOf((await logInBy(cast, token))[0]), 'failure account-disabled')
  assert.equal(conditionOf((await logInBy(cast, `${token}x`))[0]), 'failure not-authorized')
  await registrar.enable(jid(ALICE))
  assert.equal((await logInBy(cast, token))[0].name, 'success')
})

story('XEP-0484 3.6: a client says that its token is void', IN_MEMORY, async (cast) => {
  const token = await tokenOf(cast, 'alice')
  const other = await tokenOf(cast, 'alice', NONE, OTHER)
  cast.pass(DAY)
  const [last] = await logInBy(cast, token, { attrs: ` invalidate='true'` })
  assert.deepEqual([last.name, tokenIn(last)], ['success', undefined], 'no other, though it was due')
  assert.equal(conditionOf((await logInBy(cast, token))[0]), 'failure not-authorized')
  const [exchanged] = await logInBy(cast, other, { attrs: ` invalidate='1'`, device: OTHER, inline: requestFor(NONE) })
  const fresh = tokenIn(exchanged)!.attr('token')!
  assert.equal(conditionOf((await logInBy(cast, other, { device: OTHER }))[0]), 'failure not-authorized')
  assert.equal((await logInBy(cast, fresh, { device: OTHER }))[0].name, 'success')
})

story('SEC-4: whatever is wrong with a token, the answer is the same', SECURE, async (cast) => {
  const token = await tokenOf(cast, 'alice')
  const carols = await tokenOf(cast, 'carol')
  await cast.server.account('bob')
  const answers: string[] = []
  for (const [what, options] of [
    [`${token}x`, {}],
    [token, { device: OTHER }],
    [token, { user: 'bob' }],
    [token, { user: 'nobody' }],
    [carols, {}],
  ] as const)
    answers.push((await logInBy(cast, what, options))[0].show())
  assert.deepEqual(answers, Array(5).fill(`<failure xmlns='${SASL2}'><not-authorized xmlns='${SASL}'/></failure>`))
})

story('XEP-0484 3.4, 4.1: a token without the words that go with it', IN_MEMORY, async (cast) => {
  const token = await tokenOf(cast, 'alice')
  const proof = initiator('alice', token)
  const answers: string[] = []
  const wire = await cast.secured()
  for (const xml of [
    authenticate(NONE, proof, { device: DEVICE }),
    authenticate(NONE, proof, { inline: fast() }),
    authenticate(NONE, proof, { device: DEVICE, inline: fast(` count='-1'`) }),
    `<auth xmlns='${SASL}' mechanism='${NONE}'>${proof.toString('base64')}</auth>`,
  ]) {
    wire.write(xml)
    answers.push(conditionOf(await wire.element('a failure')))
  }
  assert.deepEqual(answers, [...Array<string>(3).fill('failure malformed-request'), 'failure invalid-mechanism'])
})

story('XEP-0484 3.4: a login that is played back is refused when its client counts', IN_MEMORY, async (cast) => {
  const token = await tokenOf(cast, 'alice')
  const outcomes: string[] = []
  for (const count of [1, 1, 2, 1]) outcomes.push((await logInBy(cast, token, { attrs: ` count='${count}'` }))[0].name)
  assert.deepEqual(outcomes, ['success', 'failure', 'success', 'failure'])
})

story('XEP-0484 3.2: no token for whom there can be none', IN_MEMORY, async (cast) => {
  await cast.server.account('alice')
  for (const options of [
    { inline: requestFor(NONE) },
    { device: DEVICE, inline: requestFor('HT-SHA-512-NONE') },
    { device: DEVICE, inline: `<request-token xmlns='${FAST}'/>` },
    { device: DEVICE },
  ]) {
    const wire = await cast.secured()
    const success = await logIn(wire, 'alice', PASSWORD, options)
    assert.deepEqual([success.name, tokenIn(success)], ['success', undefined])
  }
  const wire = await cast.secured()
  const failed = await logIn(wire, 'alice', 'wrong', { device: DEVICE, inline: requestFor(NONE) })
  assert.deepEqual([failed.name, tokenIn(failed)], ['failure', undefined])
})

story('a changed password makes every token void, and the one of whoever was just logging in', IN_MEMORY, async (cast) => {
  const token = await tokenOf(cast, 'alice')
  const thief = await cast.secured()
  const scram = new ScramClient('sha-256', PASSWORD, { username: 'alice' })
  thief.write(authenticate('SCRAM-SHA-256', scram.first, { device: OTHER, inline: requestFor(NONE) }))
  const challenge = Buffer.from((await thief.element('a challenge')).text, 'base64').toString()
  await cast.server.host.registrar.changePassword(jid(ALICE), 'another password')
  assert.equal(conditionOf((await logInBy(cast, token))[0]), 'failure not-authorized')
  thief.write(`<response xmlns='${SASL2}'>${base64(scram.final(challenge))}</response>`)
  const late = tokenIn(await thief.element('success'))!.attr('token')!
  assert.equal(conditionOf((await logInBy(cast, late, { device: OTHER }))[0]), 'failure not-authorized')
})

story('the tokens go with their account', IN_MEMORY, async (cast) => {
  const token = await tokenOf(cast, 'alice')
  await cast.server.host.registrar.delete(jid(ALICE))
  assert.equal(conditionOf((await logInBy(cast, token))[0]), 'failure not-authorized')
  await cast.server.account('alice')
  assert.equal(conditionOf((await logInBy(cast, token))[0]), 'failure not-authorized')
})

story('RFC 6120 6.4.5: guessing tokens counts like guessing passwords', IN_MEMORY, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.secured()
  for (let i = 0; i < 5; i++) assert.equal((await logInBy(cast, `guess ${i}`, {}, wire))[0].name, 'failure')
  assert.equal((await logInBy(cast, 'guess 5', {}, wire))[0].name, 'error')
  await wire.expectClosed()
})

for (const [what, fastSettings, offered] of [
  [
    'without those that are not tied to the channel',
    { 'without-channel-binding': false },
    ['HT-SHA-256-EXPR', 'HT-SHA-256-ENDP'],
  ],
  ['switched off', { lifetime: '0 s' }, null],
] as const) {
  story(`XEP-0484 3.1: tokens ${what}`, { on: ['memory tls'], settings: { fast: fastSettings } }, async (cast) => {
    await cast.server.account('alice')
    const wire = await cast.wire()
    await wire.open()
    await wire.features()
    await wire.startTls()
    await wire.open()
    const inline = (await wire.features()).child('authentication')!.child('inline')!
    assert.deepEqual(inline.child('fast')?.elements.map((m) => m.text) ?? null, offered)
    const success = await logIn(wire, 'alice', PASSWORD, { device: DEVICE, inline: requestFor(NONE) })
    assert.equal(tokenIn(success), undefined)
    const [refused] = await logInBy(cast, 'x')
    assert.equal(conditionOf(refused), 'failure invalid-mechanism')
  })
}

story('what is stored of a token is not enough to log in', IN_MEMORY, async (cast) => {
  const token = await tokenOf(cast, 'alice')
  const { database } = cast.server.host
  const rows = await database.read({ sql: 'select * from device_token', parameters: [] })
  const stored = JSON.stringify(rows)
  assert.equal(rows.length, 1)
  for (const secret of [token, hmacSha256(token, Buffer.from('Initiator')).toString('base64')])
    assert.ok(!stored.includes(secret))
})
