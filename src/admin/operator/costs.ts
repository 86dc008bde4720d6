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

export class Costs {
  /** By account, where it is counted. */
  readonly #places = new Map<string, number>()
  /** Each account's counts stand at its place: to find the lightest, nothing else has to be looked at. */
  readonly #jids: string[] = []
  readonly #deliveries = new Float64Array(KEPT)
  readonly #errors = new Float64Array(KEPT)

  constructor(host: Pick<Host, 'on'>) {
    host.on('presence-changed', ({ session: { account } }) => this.#add(account.bare.bare, account.audience.length))
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
