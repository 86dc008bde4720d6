/** The one place where users log in, whatever protocol they speak. */
import { Authenticator } from '../sasl/authenticator.ts'
import type { SaslSettings } from '../sasl/settings.ts'
import type { Host } from '../server/feature.ts'

/** @param withoutTls something is offered without TLS too */
export function authenticatorFor(host: Host, settings: SaslSettings, withoutTls: boolean): Authenticator {
  const { stores, domains, clock, entropy, log, metrics } = host
  const fakeSaltKey = host.secret('users that do not exist')
  const authenticator = new Authenticator({
    store: stores.accounts,
    settings,
    withoutTls,
    fakeSaltKey,
    clock,
    entropy,
    log,
    metrics,
  })
  for (const domain of domains) authenticator.oldAccounts.policy(domain) // the log tells of old keys at once
  return authenticator
}
