import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unbound } from '../base/channel-binding.ts'
import { seededEntropy } from '../base/entropy.ts'
import { silent } from '../base/log.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { Metrics } from '../base/metrics.ts'
import { defaultsOf } from '../base/settings.ts'
import { PASSWORD, romeo } from '../../test/support/sasl.ts'
import { Authenticator, type LoginChannel } from './authenticator.ts'
import type { CredentialStore } from './credential-store.ts'
import type { LoginStep } from './login-attempt.ts'
import { saslSettings } from './settings.ts'
import { NOTHING_LACKING } from '../xmpp/credentials.ts'

const ROMEO = 'romeo@montague.example'
const TLS: LoginChannel = {
  domain: 'montague.example',
  address: '192.0.2.1',
  channel: { tls: true, bindings: unbound, certificate: null },
  mayBind: true,
  claimed: null,
}
const STORE: CredentialStore = {
  credentials: async (bare) => (bare === ROMEO ? romeo : null),
  credentialsNear: async () => null,
  disabled: async () => null,
  upgradeCredentials: async () => false,
  lacking: () => NOTHING_LACKING,
}

function world(store: Partial<CredentialStore> = {}) {
  const clock = new ManualClock()
  const authenticator = new Authenticator({
    store: { ...STORE, ...store },
    settings: { ...defaultsOf(saslSettings), 'plain': true, 'failures-per-address': 12, 'failures-per-account': 12 },
    withoutTls: false,
    fakeSaltKey: Buffer.from('a secret of the server'),
    clock,
    entropy: seededEntropy('server'),
    log: silent,
    metrics: new Metrics(),
  })
  /** Logs in as a protocol does that is handed a name and a password. */
  const login = async (password = PASSWORD, change: Partial<LoginChannel> = {}, name = 'romeo'): Promise<string> => {
    const logins = authenticator.logins({ ...TLS, ...change })
    const attempt = logins.begin(logins.mechanism('PLAIN')!, null)
    const step = await attempt.step(Buffer.from(`\0${name}\0${password}`))
    if (step.kind === 'failure') logins.failed(step.condition, attempt.account)
    return written(step)
  }
  return { clock, authenticator, login }
}
const written = (step: LoginStep): string =>
  step.kind === 'failure' ? `${step.condition}: ${step.text ?? ''}` : step.kind === 'success' ? step.jid.full : step.kind

test('a name and a password are enough to log in, without any stream', async () => {
  const { login } = world()
  assert.equal(await login(), ROMEO)
  assert.equal(await login('another'), 'not-authorized: ')
  assert.equal(await login(PASSWORD, {}, 'juliet'), 'not-authorized: ')
})

test('a success has the credentials that the client was measured against', async () => {
  const { authenticator } = world()
  const logins = authenticator.logins(TLS)
  const attempt = logins.begin(logins.mechanism('PLAIN')!, null)
  assert.equal(attempt.account, null)
  const step = await attempt.step(Buffer.from(`\0romeo\0${PASSWORD}`))
  assert.equal(attempt.account, ROMEO)
  assert.equal(step.kind === 'success' && step.credentials, romeo)
})

test('RFC 6120 6.5.1: only somebody who knows the password of a disabled account is told so', async () => {
  const { login } = world({ disabled: async () => ({ at: 0, reason: 'unpaid' }) })
  assert.equal(await login('another'), 'not-authorized: ')
  assert.equal(await login(), 'account-disabled: The account is disabled: unpaid')
})

test('RFC 6120 6.4.6: the account that was named before must be the one that is proved', async () => {
  const { login } = world()
  assert.equal(await login(PASSWORD, { claimed: 'Romeo@montague.example/balcony' }), ROMEO)
  assert.equal(await login(PASSWORD, { claimed: 'juliet@montague.example' }), 'invalid-authzid: ')
  assert.equal(await login(PASSWORD, { claimed: '@' }), 'invalid-authzid: ')
})

test('RFC 6120 6.5.11: a store that fails is not the fault of the client', async () => {
  const broken = async (): Promise<never> => {
    throw new Error('no disk')
  }
  assert.equal(await world({ credentials: broken }).login(), 'temporary-auth-failure: ')
  assert.equal(await world({ disabled: broken }).login(), 'temporary-auth-failure: ')
})

test('RFC 6120 13.11: somebody who guesses waits, whichever channel the attempts come by', async () => {
  const { clock, login } = world()
  for (let i = 0; i < 13; i++) await login(`guess ${i}`)
  let isDone = false
  const waiting = login('guess').then((outcome) => {
    isDone = true
    return outcome
  })
  await new Promise((next) => setImmediate(next))
  assert.equal(isDone, false)
  clock.advance(60_000)
  assert.equal(await waiting, 'not-authorized: ')
})

test('SASL policy: what a channel is not offered is refused for its reason', () => {
  const { authenticator } = world()
  const clear = authenticator.logins({ ...TLS, channel: { tls: false, bindings: unbound, certificate: null } })
  assert.deepEqual(clear.offer.mechanisms, [])
  assert.equal(clear.refusal('PLAIN'), 'encryption-required')
  assert.equal(authenticator.logins(TLS).refusal('NTLM'), 'invalid-mechanism')
})
