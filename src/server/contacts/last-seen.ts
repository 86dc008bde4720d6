/**
 * Tells the store when an account becomes available and when its last resource becomes unavailable: RFC 6121 4.3.2 rule 3
 * requires the last unavailable presence and its time for probes, also after a restart.
 */
import type { Clock } from '../../base/clock.ts'
import type { Accounts } from '../account/accounts.ts'
import type { FactBoard } from '../account/facts.ts'
import type { LocalEndpoint } from '../account/session.ts'
import type { LastPresenceStore } from '../ports.ts'
import type { Packet } from '../../xmpp/packet.ts'

export interface LastSeenParts {
  readonly on: FactBoard['on']
  readonly accounts: Accounts
  readonly stores: { readonly lastPresence: LastPresenceStore }
  readonly clock: Clock
}

export function keepLastSeen({ on, accounts, stores: { lastPresence }, clock }: LastSeenParts): void {
  const changed = (endpoint: LocalEndpoint, before: Packet | null, after: Packet | null): void => {
    const { account } = endpoint
    // An account that was deleted has no row to write to.
    if (accounts.get(account.bare.bare) !== account) return
    if (after !== null) {
      const isFirst = before === null && account.resources.every((e) => e === endpoint || e.presence === null)
      if (isFirst) lastPresence.available(account.bare.bare, clock.now())
    } else if (!account.isAvailable && account.lastUnavailable !== null) {
      lastPresence.unavailable(account.bare.bare, account.lastUnavailable)
    }
  }
  on('presence-changed', ({ session, before, after }) => changed(session, before, after))
  on('endpoint-changed', ({ endpoint, before, after }) => changed(endpoint, before, after))
}
