/** RFC 5802 2.2 and RFC 8265 4: a password logs in whichever way its client prepares it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { challengeOf, contextWith, say, ScramClient } from '../../test/support/sasl.ts'
import { seededEntropy } from '../base/entropy.ts'
import { HASHES, type Credentials } from '../xmpp/credentials.ts'
import { PrecisError } from '../xmpp/precis.ts'
import { deriveCredentials } from './credentials.ts'
import { plain } from './plain.ts'
import { preparations } from './preparation.ts'
import { scram } from './scram.ts'
import { VerifiedPasswords } from './verified-passwords.ts'

/** As it is typed; by OpaqueString; by SASLprep. */
const PASSWORDS = [
  ['pass²', 'pass²', 'pass2'],
  ['½ pint', '½ pint', '1⁄2 pint'],
  ['ﬁsh', 'ﬁsh', 'fish'],
  ['Ⅸ and ａ', 'Ⅸ and ａ', 'IX and a'],
  ['wide\u3000space\u00A0ª', 'wide space ª', 'wide space a'],
  ['™ 😀', '™ 😀', 'TM 😀'],
] as const

const contextOf = (credentials: Credentials) =>
  contextWith({ accounts: { credentials: async (bare) => (bare === 'romeo@montague.example' ? credentials : null) } })

test('what the profiles make of a password; where they agree there is one text', async () => {
  for (const [typed, opaque, prepared] of PASSWORDS) assert.deepEqual(await preparations(typed), [opaque, prepared])
  assert.deepEqual(await preparations('open sesame'), ['open sesame'])
  assert.deepEqual(await preparations('größer'), ['größer'])
  assert.deepEqual(await preparations('gro\u0308ßer'), ['größer'])
  assert.deepEqual(await preparations('soft\u00ADhyphen'), ['softhyphen'], 'OpaqueString forbids it')
  assert.deepEqual(await preparations('\u05D0 a'), ['\u05D0 a'], 'SASLprep forbids it')
  assert.deepEqual(await preparations('bell\u0007'), [])
  assert.deepEqual(await preparations(''), [])
  assert.deepEqual(await preparations('\u00AD'), [])
})

for (const [typed, opaque, prepared] of PASSWORDS)
  test(`"${typed}": SCRAM with either preparation, and PLAIN with all of them`, async () => {
    const context = contextOf(await deriveCredentials(typed, 2, seededEntropy(typed)))
    for (const hash of HASHES)
      for (const password of [opaque, prepared]) {
        const client = new ScramClient(hash, password)
        const exchange = scram(hash, false).start(context)
        const final = client.final(challengeOf(await say(exchange, client.first)))
        assert.equal(await say(exchange, final), `success romeo@montague.example ${client.serverSignature}`)
      }
    const byPlain = plain(new VerifiedPasswords(seededEntropy('process')))
    for (const password of [typed, opaque, prepared])
      assert.equal(await say(byPlain.start(context), `\0romeo\0${password}`), 'success romeo@montague.example')
    assert.equal(await say(byPlain.start(context), `\0romeo\0${opaque}!`), 'failure not-authorized')
    const wrong = new ScramClient('sha-256', `${prepared}!`)
    const exchange = scram('sha-256', false).start(context)
    assert.equal(await say(exchange, wrong.final(challengeOf(await say(exchange, wrong.first)))), 'failure not-authorized')
  })

test('keys that another server has made with SASLprep alone: PLAIN finds them with the password as it is typed', async () => {
  const context = contextOf({ 'sha-1': (await deriveCredentials('pass2', 2, seededEntropy('old')))['sha-1'] })
  const byPlain = plain(new VerifiedPasswords(seededEntropy('process')))
  assert.equal(await say(byPlain.start(context), '\0romeo\0pass²'), 'success romeo@montague.example')
})

test('a password that both prepare alike is stored as ever: one pair for each hash', async () => {
  const { 'sha-256': keys } = await deriveCredentials('größer', 2, seededEntropy('one'))
  assert.deepEqual(Object.keys(keys), ['iterations', 'salt', 'storedKey', 'serverKey'])
  await assert.rejects(deriveCredentials('soft\u00ADhyphen', 2, seededEntropy('one')), PrecisError)
})
