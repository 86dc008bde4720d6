/**
 * Who stands behind the domains of others. A share that each domain has is worth nothing against somebody who has as many
 * domains as they like. So domains are one party when their servers show one certificate or come from one address.
 */
import { BoundedMap } from '../../base/bounded-map.ts'

/** Domains, and signs, that are remembered; beyond it those that were not seen for longest are forgotten. */
const KNOWN_MAX = 10_000

export class Parties {
  /** By domain, and by what its server is recognised by. */
  readonly #byDomain: BoundedMap<string, string>
  readonly #bySign: BoundedMap<string, string>

  constructor(max = KNOWN_MAX) {
    this.#byDomain = new BoundedMap(max)
    this.#bySign = new BoundedMap(max)
  }
  /**
   * A server has proved that it speaks for `domain`.
   * @param signs what it is recognised by: its certificate, its address
   */
  learn(domain: string, signs: readonly string[]): void {
    const known = signs.map((sign) => this.#bySign.get(sign)).find((party) => party !== undefined)
    const party = this.#byDomain.get(domain) ?? known ?? domain
    this.#byDomain.set(domain, party)
    for (const sign of signs) this.#bySign.set(sign, this.#bySign.get(sign) ?? party)
  }
  /** The name of the party: that of its first domain. A domain of which nothing is known is a party of its own. */
  of(domain: string): string {
    return this.#byDomain.get(domain) ?? domain
  }
}
