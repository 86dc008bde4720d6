import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededEntropy } from '../base/entropy.ts'
import { unbound } from '../base/channel-binding.ts'
import { Mechanisms, type Channel, type SaslPolicy } from './offers.ts'
import { bindings, END_POINT, EXPORTER } from '../../test/support/sasl.ts'
import { VerifiedPasswords } from './verified-passwords.ts'

const mechanisms = new Mechanisms(new VerifiedPasswords(seededEntropy('process')))
const BOUND = 'SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS'
const UNBOUND = 'SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1'
const enabled = (names: string): ReadonlySet<string> => new Set(names.split(' '))
const POLICY: SaslPolicy = {
  enabled: enabled(`${BOUND} ${UNBOUND} EXTERNAL`),
  plain: false,
  plainWithoutTls: false,
  withoutTls: false,
}
const CLEAR: Channel = { tls: false, bindings: unbound, certificate: null }
const TLS: Channel = {
  tls: true,
  bindings: bindings({ 'tls-exporter': EXPORTER, 'tls-server-end-point': END_POINT }),
  certificate: null,
}
const ROMEO = { xmppAddrs: ['romeo@montague.example'] }

const names = (channel: Channel, policy: Partial<SaslPolicy> = {}): string =>
  mechanisms
    .offer(channel, { ...POLICY, ...policy })
    .mechanisms.map((m) => m.name)
    .join(' ')

test('CORE-14: the order of preference', () => {
  assert.equal(names(TLS), `${BOUND} ${UNBOUND}`)
  assert.equal(names({ ...TLS, certificate: ROMEO }, { plain: true }), `EXTERNAL ${BOUND} ${UNBOUND} PLAIN`)
  assert.equal(names({ ...TLS, certificate: { xmppAddrs: [] } }), `${BOUND} ${UNBOUND}`)
  assert.equal(names({ ...TLS, bindings: unbound }), UNBOUND)
})

test('CORE-15: nothing that needs TLS without TLS, and nothing at all unless policy says so', () => {
  assert.equal(names({ ...CLEAR, certificate: ROMEO, bindings: TLS.bindings }, { plain: true }), '')
  const clear = { ...CLEAR, certificate: ROMEO, bindings: TLS.bindings }
  assert.equal(names(clear, { plain: true, withoutTls: true }), UNBOUND)
  assert.equal(names(clear, { plain: true, plainWithoutTls: true }), '')
  assert.equal(names(clear, { plain: true, plainWithoutTls: true, withoutTls: true }), `${UNBOUND} PLAIN`, 'for tests')
  assert.equal(names(clear, { plainWithoutTls: true, withoutTls: true }), UNBOUND)
})

test('RFC 5802 section 6: policy can leave the -PLUS names alone, or any of the others', () => {
  assert.equal(names(TLS, { enabled: enabled(BOUND) }), BOUND)
  assert.equal(
    names({ ...TLS, certificate: ROMEO }, { enabled: enabled('SCRAM-SHA-256 SCRAM-SHA-1-PLUS PLAIN') }),
    'SCRAM-SHA-1-PLUS SCRAM-SHA-256',
  )
})

test('XEP-0440: binding types are listed exactly when a -PLUS mechanism is', () => {
  const some = fc.subarray([...POLICY.enabled]).map((names) => new Set(names))
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), some, fc.boolean(), fc.boolean(), (tls, bound, enabled, plain, withoutTls) => {
      const offer = mechanisms.offer(
        { tls, bindings: bound ? TLS.bindings : unbound, certificate: null },
        { ...POLICY, enabled, plain, withoutTls },
      )
      assert.equal(
        offer.mechanisms.some((m) => m.name.endsWith('-PLUS')),
        offer.plusOffered,
      )
      assert.deepEqual(offer.bindings, offer.plusOffered ? ['tls-exporter', 'tls-server-end-point'] : [])
    }),
  )
})

test('RFC 6120 6.5.4, 6.5.7, 6.5.9: why a mechanism that was not offered is refused', () => {
  assert.equal(mechanisms.refusal('PLAIN', CLEAR), 'encryption-required')
  assert.equal(mechanisms.refusal('SCRAM-SHA-256-PLUS', CLEAR), 'encryption-required')
  assert.equal(mechanisms.refusal('PLAIN', TLS), 'mechanism-too-weak')
  assert.equal(mechanisms.refusal('SCRAM-SHA-1', TLS), 'mechanism-too-weak')
  assert.equal(mechanisms.refusal('EXTERNAL', TLS), 'invalid-mechanism')
  assert.equal(mechanisms.refusal('CRAM-MD5', TLS), 'invalid-mechanism')
  assert.equal(mechanisms.refusal('', CLEAR), 'invalid-mechanism')
})
