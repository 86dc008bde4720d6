import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededEntropy } from '../../base/entropy.ts'
import type { SaslContext, SaslStep } from '../../sasl/mechanism.ts'
import { deviceMigrations, DEVICES, SqlDevices } from '../../storage/devices.ts'
import { storesInMemory } from '../../storage/testing.ts'
import { el, type Element } from '../../xml/element.ts'
import { bindings, contextWith, END_POINT, EXPORTER } from '../../../test/support/sasl.ts'
import { hmacSha256, initiator, responder } from '../../../test/support/hashed-token.ts'
import { FAST, hashedTokenMechanisms } from './hashed-token.ts'
import { Tokens } from './tokens.ts'

const ROMEO = 'romeo@montague.example'
const DEVICE = 'd4565fa7-4d72-4749-b3d3-740edbf87770'
const SASL2 = 'urn:xmpp:sasl:2'
const UNIQUE = Buffer.from('the first Finished message......')

interface Change extends Partial<SaslContext> {
  readonly request?: Element
}
const asking = (attrs: Readonly<Record<string, string>> = {}): Change & { readonly request: Element } => ({
  request: el('authenticate', SASL2, {}, el('fast', FAST, attrs)),
  device: DEVICE,
})

/** Romeo has a token for each mechanism, each on an installation of its own that ends in the same digit. */
async function world() {
  const { database, clock, accounts } = await storesInMemory(ROMEO)
  await database.migrate(DEVICES, deviceMigrations)
  const options = { lifetime: 1000, renewAfter: 100, devicesMax: 5 }
  const tokens = new Tokens(new SqlDevices(database), Buffer.from('secret'), clock, seededEntropy('tokens'), options)
  const mechanisms = hashedTokenMechanisms(tokens)
  const credentials = (await accounts.credentials(ROMEO))!
  const step = async (name: string, message: Buffer, change: Change = {}): Promise<SaslStep> => {
    const { request, ...context } = { ...asking(), ...change }
    const mechanism = mechanisms.find((m) => m.name === `HT-SHA-256-${name}`)!
    return mechanism
      .startFor(request)(contextWith({ accounts, ...context }))
      .step(message)
  }
  const issue = async (name: string): Promise<string> =>
    (await tokens.issue({ owner: ROMEO, device: DEVICE, name: null, mechanism: `HT-SHA-256-${name}`, credentials })).text
  return { clock, step, issue }
}
const written = (step: SaslStep): string =>
  step.kind === 'failure'
    ? step.condition
    : step.kind === 'success'
      ? `${step.jid.full} ${step.data!.toString('hex')}`
      : step.kind

test('the client of these tests computes what OpenSSL does', () => {
  const token = 'WXZzciBwYmFmdmZnZiBqdmd1IGp2eXFhcmZm'
  assert.equal(
    hmacSha256(token, Buffer.from('Initiator')).toString('hex'),
    '9097787461a184e0fa84ec00c1381190b6c4d16a8ec4453c7b2ac5e7fcf935ed',
  )
  assert.equal(responder(token).toString('hex'), '4e513409631474863b986c9f3e8c1e27ca29d1d7ab9ed4097e7afd6007bf9c62')
  assert.equal(
    initiator('romeo', token, EXPORTER).toString('hex'),
    `${Buffer.from('romeo\0').toString('hex')}1f58b651341ae6cb0bfff401441f90d971d6b3c7efa7cd8c28eed65b6c7e5111`,
  )
})

for (const [name, channel] of [
  ['EXPR', EXPORTER],
  ['UNIQ', UNIQUE],
  ['ENDP', END_POINT],
  ['NONE', Buffer.alloc(0)],
] as const) {
  test(`T-W06: HT-SHA-256-${name}, with the right data of the channel and with other data`, async () => {
    const { step, issue } = await world()
    const token = await issue(name)
    const tls = bindings({ 'tls-exporter': EXPORTER, 'tls-unique': UNIQUE, 'tls-server-end-point': END_POINT })
    const good = await step(name, initiator('romeo', token, channel), { bindings: tls })
    assert.equal(written(good), `${ROMEO} ${responder(token, channel).toString('hex')}`)
    const other = await step(name, initiator('romeo', token, Buffer.from('another channel')), { bindings: tls })
    assert.equal(written(other), 'not-authorized')
  })
}

test('XEP-0484 3.4: a token is good for one mechanism', async () => {
  const { step, issue } = await world()
  const token = await issue('EXPR')
  assert.equal(written(await step('NONE', initiator('romeo', token))), 'not-authorized')
  assert.equal(written(await step('ENDP', initiator('romeo', token, END_POINT))), 'not-authorized')
})

test('a channel that has not what the mechanism binds to', async () => {
  const { step, issue } = await world()
  const token = await issue('UNIQ')
  assert.equal(written(await step('UNIQ', initiator('romeo', token, UNIQUE))), 'invalid-mechanism')
})

test('SEC-4: whoever has no token is told the same', async () => {
  const { step, issue } = await world()
  const token = await issue('NONE')
  const wrong = initiator('romeo', `${token}x`)
  assert.equal(written(await step('NONE', wrong)), 'not-authorized')
  assert.equal(written(await step('NONE', wrong.subarray(0, 20))), 'not-authorized')
  assert.equal(written(await step('NONE', initiator('nobody', token))), 'not-authorized')
  assert.equal(written(await step('NONE', initiator('no/body', token))), 'not-authorized')
  const elsewhere = { device: '7e2b1c9a-58b1-4a3e-8f0d-0f5cf7a2be11' }
  assert.equal(written(await step('NONE', initiator('romeo', token), elsewhere)), 'not-authorized')
})

test('XEP-0484 4.2: a token that has expired says so to whoever has it', async () => {
  const { step, issue, clock } = await world()
  const token = await issue('NONE')
  clock.advance(1000)
  assert.equal(written(await step('NONE', initiator('romeo', token))), 'credentials-expired')
  assert.equal(written(await step('NONE', initiator('romeo', 'another'))), 'not-authorized')
})

test('XEP-0484 3.4, 4.1: what a client must say beside', async () => {
  const { step, issue } = await world()
  const token = await issue('NONE')
  const message = initiator('romeo', token)
  const request = el('authenticate', SASL2)
  for (const change of [{ request }, { device: null }, ...['', '-1', 'x', '2147483648'].map((count) => asking({ count }))])
    assert.equal(written(await step('NONE', message, change)), 'malformed-request')
  for (const wrong of ['', '\0', 'romeo', '\xff\0x']) {
    assert.equal(written(await step('NONE', Buffer.from(wrong, 'latin1'))), 'malformed-request', JSON.stringify(wrong))
  }
  assert.equal(written(await step('NONE', Buffer.concat([Buffer.alloc(1024, 'x'), message]))), 'malformed-request')
})

test('XEP-0484 3.4: a count that does not go up', async () => {
  const { step, issue } = await world()
  const message = initiator('romeo', await issue('NONE'))
  const outcomes: string[] = []
  for (const count of ['1', '1', '0', '2', ' +3 ', '2147483647', '2147483647'])
    outcomes.push(written(await step('NONE', message, asking({ count }))).slice(0, 5))
  assert.deepEqual(outcomes, ['romeo', 'not-a', 'not-a', 'romeo', 'romeo', 'romeo', 'not-a'])
  assert.match(written(await step('NONE', message)), /^romeo/, 'whoever does not count')
})

test('RFC 4422: an exchange has one message', async () => {
  const { issue, step } = await world()
  await issue('NONE')
  await step('NONE', Buffer.from('x'))
  const { accounts } = await storesInMemory(ROMEO)
  const [mechanism] = hashedTokenMechanisms(null as never)
  const exchange = mechanism!.startFor(el('authenticate', SASL2))(contextWith({ accounts, bindings: bindings({}) }))
  assert.equal(written(await exchange.step(Buffer.from('x'))), 'invalid-mechanism')
  assert.equal(written(await exchange.step(Buffer.from('x'))), 'malformed-request')
})
