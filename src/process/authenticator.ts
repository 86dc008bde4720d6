/** The one place where users log in, whatever protocol they speak. */
import { Authenticator } from '../sasl/authenticator.ts'
import type { SaslSettings } from '../sasl/settings.ts'
import type { Groundwork } from '../server/feature.ts'

/** @param withoutTls something is offered without TLS too */
export function authenticatorFor(host: Groundwork, settings: SaslSettings, withoutTls: boolean): Authenticator {
  const { stores, clock, entropy, log, metrics } = host
  const fakeSaltKey = host.secret('users that do not exist')
  return new Authenticator({
    store: stores.accounts,
    settings,
    withoutTls,
    fakeSaltKey,
    clock,
    entropy,
    log,
    metrics,
  })
}
