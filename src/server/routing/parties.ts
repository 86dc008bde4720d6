/**
 * The parties behind remote domains. A share for each domain would not help against somebody with many domains. So domains
 * are one party if their servers show the same certificate or come from the same address.
 */
import { BoundedMap } from '../../base/bounded-map.ts'

/** The most domains and signs that are remembered; beyond it those not seen for longest are forgotten. */
const KNOWN_MAX = 10_000

export class Parties {
  /** By domain, and by the signs of its server. */
  readonly #byDomain: BoundedMap<string, string>
  readonly #bySign: BoundedMap<string, string>

  constructor(max = KNOWN_MAX) {
    this.#byDomain = new BoundedMap(max)
    this.#bySign = new BoundedMap(max)
  }
  /**
   * A server has proved that it speaks for `domain`.
   * @param signs of the server: its certificate, its address
   */
  learn(domain: string, signs: readonly string[]): void {
    const known = signs.map((sign) => this.#bySign.get(sign)).find((party) => party !== undefined)
    const party = this.#byDomain.get(domain) ?? known ?? domain
    this.#byDomain.set(domain, party)
    for (const sign of signs) this.#bySign.set(sign, this.#bySign.get(sign) ?? party)
  }
  /** The name of the party: that of its first domain. An unknown domain is a party of its own. */
  of(domain: string): string {
    return this.#byDomain.get(domain) ?? domain
  }
}
