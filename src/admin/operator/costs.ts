/**
 * Who costs most: presence is sent to every contact that may see it, so an account costs what it changes times who
 * watches. The heaviest are found in bounded space (Metwally, Agrawal and El Abbadi's Space-Saving, 2005).
 */
import type { Host } from '../../server/feature.ts'

export interface Cost {
  readonly jid: string
  /** Presences that were sent to its watchers, at most. */
  readonly deliveries: number
  /** By how much that may be too many: what was counted for others before it came in. */
  readonly error: number
}

const KEPT = 128
const TOLD = 20

interface Count {
  deliveries: number
  error: number
}

export class Costs {
  readonly #counts = new Map<string, Count>()

  constructor(host: Pick<Host, 'on'>) {
    host.on('presence-changed', ({ session: { account } }) => this.#add(account.bare.bare, account.audience.length))
  }
  report(): readonly Cost[] {
    return [...this.#counts]
      .map(([jid, count]) => ({ jid, deliveries: count.deliveries, error: count.error }))
      .sort((a, b) => b.deliveries - a.deliveries)
      .slice(0, TOLD)
  }

  #add(jid: string, deliveries: number): void {
    const known = this.#counts.get(jid)
    if (known !== undefined) {
      known.deliveries += deliveries
      return
    }
    const base = this.#counts.size < KEPT ? 0 : this.#evict()
    this.#counts.set(jid, { deliveries: base + deliveries, error: base })
  }
  /** Takes away the lightest. @returns what was counted for it */
  #evict(): number {
    let lightest: string | null = null
    let least = Infinity
    for (const [jid, { deliveries }] of this.#counts) {
      if (deliveries >= least) continue
      least = deliveries
      lightest = jid
    }
    this.#counts.delete(lightest!)
    return least
  }
}
