/**
 * When an account becomes available and when its last resource goes, the store is told: RFC 6121 4.3.2 rule 3
 * wants the last unavailable presence and its moment for probes, over restarts too.
 */
import type { Host } from '../feature.ts'

export function keepLastSeen({
  on,
  accounts,
  stores: { lastPresence },
  clock,
}: Pick<Host, 'on' | 'accounts' | 'stores' | 'clock'>): void {
  on('presence-changed', ({ session, before, after }) => {
    const { account } = session
    // An account that was deleted has no row to write to.
    if (accounts.get(account.bare.bare) !== account) return
    if (after !== null) {
      const isFirst = before === null && account.sessions.every((s) => s === session || s.presence === null)
      if (isFirst) lastPresence.available(account.bare.bare, clock.now())
    } else if (!account.isAvailable && account.lastUnavailable !== null) {
      lastPresence.unavailable(account.bare.bare, account.lastUnavailable)
    }
  })
}
