/** Things that are kept for resources, by full JID, and asked for by resource, by account or by domain. */
import type { Jid } from '../xmpp/jid.ts'

export interface OfResource {
  readonly jid: Jid
}

export class ByResource<T extends OfResource> {
  size = 0
  /** By domain, then by full JID. */
  readonly #domains = new Map<string, Map<string, T>>()
  /** How many there are of each account. */
  readonly #accounts = new Map<string, number>()

  get({ domain, full }: Jid): T | undefined {
    return this.#domains.get(domain)?.get(full)
  }
  get domains(): Iterable<string> {
    return this.#domains.keys()
  }
  /** Those of one domain. What changes meanwhile does no harm. */
  ofDomain(domain: string): Iterable<T> {
    return this.#domains.get(domain)?.values() ?? []
  }
  /** Is there one of that account? */
  hasAccount({ bare }: Jid): boolean {
    return this.#accounts.has(bare)
  }
  /** Those of one account: of the bare JID itself, and of its resources. */
  *ofAccount({ domain, bare }: Jid): Generator<T> {
    if (!this.#accounts.has(bare)) return
    for (const one of this.ofDomain(domain)) if (one.jid.bare === bare) yield one
  }
  *all(): Generator<T> {
    for (const ones of this.#domains.values()) yield* ones.values()
  }

  /** Puts in one that is not there yet. */
  add(one: T): void {
    const { domain, full, bare } = one.jid
    let ones = this.#domains.get(domain)
    if (ones === undefined) this.#domains.set(domain, (ones = new Map()))
    ones.set(full, one)
    this.size += 1
    this.#accounts.set(bare, (this.#accounts.get(bare) ?? 0) + 1)
  }
  /** Gives back what was there. */
  remove({ domain, full, bare }: Jid): T | undefined {
    const ones = this.#domains.get(domain)
    const one = ones?.get(full)
    if (ones === undefined || one === undefined) return undefined
    ones.delete(full)
    this.size -= 1
    if (ones.size === 0) this.#domains.delete(domain)
    const left = this.#accounts.get(bare)! - 1
    if (left === 0) this.#accounts.delete(bare)
    else this.#accounts.set(bare, left)
    return one
  }
}
