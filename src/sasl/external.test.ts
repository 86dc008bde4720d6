import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { external } from './external.ts'
import { contextWith, romeo, say } from '../../test/support/sasl.ts'

const ACCOUNTS = ['romeo@montague.example', 'mercutio@montague.example']
const accounts = { credentials: async (bare: string) => (ACCOUNTS.includes(bare) ? romeo : null) }

const send = (xmppAddrs: readonly string[] | null, authzid: string | Buffer): Promise<string> =>
  say(external.start(contextWith({ accounts, certificate: xmppAddrs === null ? null : { xmppAddrs } })), authzid)

test('SEC-5, XEP-0178 section 2: one address speaks for itself', async () => {
  assert.equal(await send(['romeo@montague.example'], ''), 'success romeo@montague.example')
  assert.equal(await send(['Romeo@Montague.Example'], ''), 'success romeo@montague.example')
  assert.equal(
    await send(['romeo@montague.example', 'romeo@capulet.example', 'ghost@montague.example'], ''),
    'success romeo@montague.example',
    'the others are not valid here',
  )
  assert.equal(
    await send(['romeo@montague.example', 'ROMEO@montague.example'], ''),
    'success romeo@montague.example',
    'one address, written twice',
  )
})

test('SEC-5, XEP-0178 section 2: of several the client chooses', async () => {
  assert.equal(await send(ACCOUNTS, ''), 'failure invalid-authzid')
  assert.equal(await send(ACCOUNTS, 'mercutio@montague.example'), 'success mercutio@montague.example')
  assert.equal(await send(ACCOUNTS, 'tybalt@montague.example'), 'failure invalid-authzid')
})

test('CORE-17, RFC 6120 6.3.8: an authzid is a bare JID that the certificate has', async () => {
  assert.equal(await send(['romeo@montague.example'], 'romeo@montague.example'), 'success romeo@montague.example')
  for (const authzid of [
    'mercutio@montague.example',
    'romeo@montague.example/balcony',
    'montague.example',
    'romeo@',
    '@montague.example',
    'romeo',
  ]) {
    assert.equal(await send(['romeo@montague.example'], authzid), 'failure invalid-authzid', authzid)
  }
})

test('SEC-5, XEP-0178 section 2: a certificate without an address of an account here', async () => {
  for (const addresses of [
    null,
    [],
    ['romeo@capulet.example'],
    ['ghost@montague.example'],
    ['montague.example'],
    ['@'],
    ['romeo@montague.example/balcony'],
  ]) {
    assert.equal(await send(addresses, ''), 'failure not-authorized')
    assert.equal(await send(addresses, 'romeo@montague.example'), 'failure not-authorized')
  }
})

test('RFC 4422 A.1: the authzid is UTF-8 without NUL', async () => {
  for (const bad of [Buffer.from([0xff]), Buffer.from('romeo@montague.example\0'), Buffer.alloc(3000, 'x')]) {
    assert.equal(await send(['romeo@montague.example'], bad), 'failure malformed-request')
  }
})

test('EXTERNAL: one exchange, one message', async () => {
  const exchange = external.start(contextWith({ accounts, certificate: { xmppAddrs: ['romeo@montague.example'] } }))
  assert.match(await say(exchange, 'mercutio@montague.example'), /^failure/)
  assert.equal(await say(exchange, ''), 'failure malformed-request')
})

test('EXTERNAL: whatever the certificate and the client say, only an account that both name gets in', async () => {
  const address = fc.oneof(
    fc.constantFrom(...ACCOUNTS, 'ghost@montague.example', 'ROMEO@montague.example'),
    fc.string({ maxLength: 8 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(address, { maxLength: 4 }), fc.oneof(address, fc.constant('')), async (addresses, authzid) => {
      const outcome = await send(addresses, authzid)
      if (!outcome.startsWith('success ')) return
      const jid = outcome.slice('success '.length)
      assert.ok(ACCOUNTS.includes(jid))
      assert.ok(addresses.some((a) => a.toLowerCase() === jid))
      assert.ok(authzid === '' || authzid.toLowerCase() === jid)
    }),
  )
})
