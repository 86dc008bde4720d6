import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jid, jidOf, prepareLocal, unlessFaulty } from '../../xmpp/jid.ts'
import { accountNamed, isVeiledId, jidOfUserId, userIdOf, type UserIdSpace } from './user-id.ts'

const SPACE: UserIdSpace = { domains: ['a.example', 'bücher.example'], ghostDomain: 'a.example' }

const localparts = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    fc.stringMatching(/^(_xmpp_|_occ_|=)?[a-z0-9=._+ä-ü-]{1,200}$/),
  )
  .map((text) => unlessFaulty(() => prepareLocal(text)))
  .filter((local) => local !== null && local !== '')

test('T-MX01, MXR-10, MXR-11: every account has one id of its own, and the id leads back to it', () => {
  const seen = new Map<string, string>()
  fc.assert(
    fc.property(localparts, (local) => {
      const account = jidOf(local!, 'a.example')
      const id = userIdOf(account, SPACE)
      assert.ok(Buffer.byteLength(id) <= 255)
      assert.equal(seen.get(id) ?? account.bare, account.bare)
      seen.set(id, account.bare)
      if (id.startsWith('@_')) return // too long: it is shown as somebody elsewhere
      assert.match(id, /^@[a-z0-9._=\-/+]+:a\.example$/)
      assert.equal(jidOfUserId(id, SPACE)?.bare, account.bare)
    }),
    { numRuns: 2000 },
  )
})

test('MXR-10, MXR-11: how ids look', () => {
  for (const [bare, id] of [
    ['juliet@a.example', '@juliet:a.example'],
    ['a=b@a.example', '@a=3db:a.example'],
    ['_xmpp_a@a.example', '@=5fxmpp_a:a.example'],
    ['_occ_a@a.example', '@=5focc_a:a.example'],
    ['_a@a.example', '@_a:a.example'],
    ['ärger@a.example', '@=c3=a4rger:a.example'],
    ['juliet@bücher.example', '@juliet:xn--bcher-kva.example'],
    ['carol@other.example', '@_xmpp_carol=40other.example:a.example'],
    ['other.example', '@_xmpp_=40other.example:a.example'],
  ] as const) {
    assert.equal(userIdOf(jid(bare), SPACE), id)
    assert.equal(jidOfUserId(id, SPACE)?.bare, bare, id)
  }
})

test('MXR-14: an address that is too long has an id all the same', () => {
  const long = jid(`${'x'.repeat(300)}@other.example`)
  assert.match(userIdOf(long, SPACE), /^@_xmpp_=00[0-9a-f]{40}:a\.example$/)
  assert.match(userIdOf(jid(`${'x'.repeat(300)}@a.example`), SPACE), /^@_xmpp_=00/)
  assert.equal(jidOfUserId(userIdOf(long, SPACE), SPACE), null)
})

test('MXR-15: what comes in is read generously', () => {
  for (const id of ['@Juliet:a.example', '@juliet:A.Example', '@JULIET:a.example.'])
    assert.equal(jidOfUserId(id, SPACE)?.bare, 'juliet@a.example', id)
  for (const id of ['@ärger:a.example', '@ÄRGER:a.example', '@=C3=A4rger:a.example', '@=c3=84rger:a.example'])
    assert.equal(jidOfUserId(id, SPACE)?.bare, 'ärger@a.example', id)
  assert.equal(jidOfUserId('@juliet:bücher.example', SPACE)?.bare, 'juliet@bücher.example')
})

test('MXR-10, T-MX36: what no id of ours can be', () => {
  for (const id of [
    '',
    '@',
    '@:a.example',
    'juliet:a.example',
    '@juliet',
    '@juliet:b.example',
    '@=61:a.example',
    '@a=:a.example',
    '@a=4:a.example',
    '@a=zz:a.example',
    '@a=00b:a.example',
    '@a\0b:a.example',
    '@=ff:a.example',
    '@a b:a.example',
    '@a@b:a.example',
    '@=5fa:a.example',
    '@_occ_abc:a.example',
    '@_xmpp_carol:a.example',
    '@_xmpp_carol=40other.example:bücher.example',
    '@_xmpp_juliet=40a.example:a.example',
    '@_xmpp_a=40b.example=2fc:a.example',
    `@${'x'.repeat(300)}:a.example`,
  ])
    assert.equal(jidOfUserId(id, SPACE), null, id)
  assert.equal(isVeiledId('@_occ_abc:a.example'), true)
})

test('MXR-15: the names with which people log in', () => {
  for (const name of ['juliet', 'Juliet', '@juliet:a.example', 'juliet@a.example', 'JULIET@a.example'])
    assert.equal(accountNamed(name, 'a.example', SPACE)?.bare, 'juliet@a.example', name)
  assert.equal(accountNamed('ärger', 'a.example', SPACE)?.bare, 'ärger@a.example')
  assert.equal(accountNamed('=c3=a4rger', 'a.example', SPACE)?.bare, 'ärger@a.example')
  assert.equal(accountNamed('a=61', 'a.example', SPACE)?.bare, 'a=61@a.example')
  assert.equal(accountNamed('juliet@b.example', 'a.example', SPACE), null)
  assert.equal(accountNamed('@_xmpp_carol=40other.example:a.example', 'a.example', SPACE)?.domain, 'other.example')
})
