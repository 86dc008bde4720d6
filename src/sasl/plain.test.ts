import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededEntropy } from '../base/entropy.ts'
import { deriveCredentials } from './credentials.ts'
import { plain } from './plain.ts'
import { contextWith, PASSWORD, romeo, say } from '../../test/support/sasl.ts'
import { VerifiedPasswords } from './verified-passwords.ts'

const remembering = (): VerifiedPasswords => new VerifiedPasswords(seededEntropy('process'))
const send = (message: string | Buffer, context = contextWith(), verified = remembering()): Promise<string> =>
  say(plain(verified).start(context), message)

test('RFC 4616: right and wrong password, with and without authzid (CORE-17)', async () => {
  assert.equal(await send(`\0romeo\0${PASSWORD}`), 'success romeo@montague.example')
  assert.equal(await send(`\0Romeo\0${PASSWORD}`), 'success romeo@montague.example')
  assert.equal(await send(`romeo@montague.example\0romeo\0${PASSWORD}`), 'success romeo@montague.example')
  assert.equal(await send(`juliet@montague.example\0romeo\0${PASSWORD}`), 'failure invalid-authzid')
  assert.equal(await send(`romeo@montague.example/balcony\0romeo\0${PASSWORD}`), 'failure invalid-authzid')
  assert.equal(await send('juliet@montague.example\0romeo\0wrong'), 'failure not-authorized')
})

test('T-C06, SEC-4: wrong password and unknown user', async () => {
  assert.equal(await send('\0romeo\0wrong'), 'failure not-authorized')
  assert.equal(await send(`\0nobody\0${PASSWORD}`), 'failure not-authorized')
  assert.equal(await send(`\0ro@meo\0${PASSWORD}`), 'failure not-authorized')
  assert.equal(await send('\0romeo\0\u0007'), 'failure not-authorized', 'no account can have this password')
})

test('RFC 4616 section 2: what is not a PLAIN message', async () => {
  const long = 'x'.repeat(2048)
  for (const bad of [
    '',
    'romeo',
    '\0',
    '\0\0',
    '\0romeo',
    '\0romeo\0',
    '\0\0secret',
    '\0romeo\0secret\0',
    '\0romeo\0sec\0ret',
    `${long}\0romeo\0secret`,
    `\0${long}\0secret`,
    `\0romeo\0${long}`,
  ]) {
    assert.equal(await send(bad), 'failure malformed-request', JSON.stringify(bad.slice(0, 20)))
  }
  assert.equal(await send(Buffer.from('\0romeo\0s\xe9cret', 'latin1')), 'failure malformed-request', 'not UTF-8')
})

test('RFC 4616 section 2: a password of 255 octets', async () => {
  const password = 'p'.repeat(255)
  const credentials = await deriveCredentials(password, 4096, seededEntropy('long'))
  assert.match(
    await send(`\0romeo\0${password}`, contextWith({ accounts: { credentials: async () => credentials } })),
    /^success/,
  )
})

test('RFC 8265 4.2: passwords are compared as prepared', async () => {
  const credentials = await deriveCredentials('caf\u00e9\u00a0noir', 4096, seededEntropy('forms'))
  assert.match(
    await send('\0romeo\0cafe\u0301 noir', contextWith({ accounts: { credentials: async () => credentials } })),
    /^success/,
  )
})

test('PLAIN: one exchange, one message', async () => {
  const exchange = plain(remembering()).start(contextWith())
  assert.equal(await say(exchange, '\0romeo\0wrong'), 'failure not-authorized')
  assert.equal(await say(exchange, `\0romeo\0${PASSWORD}`), 'failure malformed-request')
})

test('PLAIN: a password verified before is not derived again, until it is changed', async () => {
  const verified = remembering()
  assert.match(await send(`\0romeo\0${PASSWORD}`, contextWith(), verified), /^success/)
  assert.ok(verified.has('romeo@montague.example', [PASSWORD], romeo['sha-256'].storedKey))
  // With a salt that does not fit the stored key a derivation would fail: nothing is derived.
  const unfit = { ...romeo, 'sha-256': { ...romeo['sha-256'], salt: 'AAAA' } }
  assert.match(
    await send(`\0romeo\0${PASSWORD}`, contextWith({ accounts: { credentials: async () => unfit } }), verified),
    /^success/,
  )
  const changed = await deriveCredentials('another', 4096, seededEntropy('changed'))
  assert.equal(
    await send(`\0romeo\0${PASSWORD}`, contextWith({ accounts: { credentials: async () => changed } }), verified),
    'failure not-authorized',
  )
  assert.equal(
    await send(`\0romeo\0${PASSWORD}`, contextWith({ accounts: { credentials: async () => null } }), verified),
    'failure not-authorized',
    'the account is gone',
  )
})

test('PLAIN: an account that came with keys of one hash only', async () => {
  const context = contextWith({ accounts: { credentials: async () => ({ 'sha-1': romeo['sha-1'] }) } })
  assert.match(await send(`\0romeo\0${PASSWORD}`, context), /^success/)
  assert.equal(await send('\0romeo\0wrong', context), 'failure not-authorized')
})

test('PLAIN: a wrong password is never remembered', async () => {
  const verified = remembering()
  await send('\0romeo\0wrong', contextWith(), verified)
  assert.equal(verified.has('romeo@montague.example', ['wrong'], romeo['sha-256'].storedKey), false)
})

test('VerifiedPasswords forgets what was unused for longest', () => {
  const verified = new VerifiedPasswords(seededEntropy('process'), 2)
  verified.remember('a', ['p'], 'k')
  verified.remember('b', ['p'], 'k')
  assert.ok(verified.has('a', ['p'], 'k'))
  verified.remember('c', ['p'], 'k')
  assert.deepEqual(
    ['a', 'b', 'c'].map((bare) => verified.has(bare, ['p'], 'k')),
    [true, false, true],
  )
})

test('PLAIN: octets of any kind never crash and never succeed', async () => {
  const scraps = fc
    .array(fc.oneof(fc.constantFrom('\0', 'romeo', 'secret'), fc.string({ maxLength: 4 })), { maxLength: 6 })
    .map((s) => Buffer.from(s.join('')))
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((a) => Buffer.from(a)),
    scraps,
  )
  await fc.assert(
    fc.asyncProperty(message, async (m) => {
      assert.match(await send(m), /^failure (malformed-request|not-authorized)$/)
    }),
    { numRuns: 200 },
  )
})
