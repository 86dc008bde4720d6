/**
 * Which accounts cost most. Presence is sent to every contact that may see it, so the cost of an account is the number of its
 * changes times the number of its watchers. The most expensive accounts are found in bounded space (Space-Saving, by
 * Metwally, Agrawal and El Abbadi, 2005).
 */
import type { Host } from '../../server/feature.ts'

export interface Cost {
  readonly jid: string
  /** Presences sent to the account's watchers: an upper bound. */
  readonly deliveries: number
  /** How much too high the bound can be: the count that this entry took over from another account. */
  readonly error: number
}

const KEPT = 128
const TOLD = 20

export class Costs {
  /** The place of each counted account. */
  readonly #places = new Map<string, number>()
  /** The counts of an account are at its place, so that only these arrays are searched for the smallest one. */
  readonly #jids: string[] = []
  readonly #deliveries = new Float64Array(KEPT)
  readonly #errors = new Float64Array(KEPT)

  constructor(host: Pick<Host, 'on'>) {
    host.on('presence-changed', ({ session: { account } }) => this.#add(account.bare.bare, account.audience.length))
    host.on('endpoint-changed', ({ endpoint: { account } }) => this.#add(account.bare.bare, account.audience.length))
  }
  report(): readonly Cost[] {
    return this.#jids
      .map((jid, place) => ({ jid, deliveries: this.#deliveries[place]!, error: this.#errors[place]! }))
      .sort((a, b) => b.deliveries - a.deliveries)
      .slice(0, TOLD)
  }

  #add(jid: string, deliveries: number): void {
    const known = this.#places.get(jid)
    if (known !== undefined) this.#deliveries[known]! += deliveries
    else if (this.#jids.length < KEPT) this.#count(this.#jids.length, jid, deliveries)
    else this.#replaceLightest(jid, deliveries)
  }
  #count(place: number, jid: string, deliveries: number): void {
    this.#places.set(jid, place)
    this.#jids[place] = jid
    this.#deliveries[place]! += deliveries
  }
  #replaceLightest(jid: string, deliveries: number): void {
    const all = this.#deliveries
    let lightest = 0
    for (let i = 1; i < KEPT; i++) if (all[i]! < all[lightest]!) lightest = i
    this.#places.delete(this.#jids[lightest]!)
    this.#errors[lightest] = all[lightest]!
    this.#count(lightest, jid, deliveries)
  }
}
