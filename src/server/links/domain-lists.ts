/**
 * The operator's lists of other domains: with blocked ones nothing is exchanged, and while some are allowed, only with those.
 * The lists are in memory; a change is stored first. They hold whatever the configuration says of a domain.
 */
import { Serial } from '../../base/serial.ts'
import { nearestPattern } from '../../xmpp/domain-pattern.ts'
import type { DomainList, DomainListStore } from '../ports.ts'

export class DomainLists {
  readonly #store: DomainListStore
  readonly #serial = new Serial()
  #lists: Readonly<Record<DomainList, ReadonlySet<string>>> = { blocked: new Set(), allowed: new Set() }

  constructor(store: DomainListStore) {
    this.#store = store
  }
  /** Reads the lists from the store. Call it once, before streams are opened. */
  async load(): Promise<void> {
    const all = await this.#store.all()
    const of = (list: DomainList): ReadonlySet<string> => new Set(all.filter((one) => one.list === list).map((one) => one.domain))
    this.#lists = { blocked: of('blocked'), allowed: of('allowed') }
  }
  /** In order. */
  of(list: DomainList): readonly string[] {
    return [...this.#lists[list]].sort()
  }
  /** Is nothing exchanged with this domain? */
  bars(domain: string): boolean {
    const { blocked, allowed } = this.#lists
    if (blocked.size > 0 && isIn(blocked, domain)) return true
    return allowed.size > 0 && !isIn(allowed, domain)
  }
  /** @param add prepared domains, or patterns (xmpp/domain-pattern.ts) */
  change(list: DomainList, add: readonly string[], remove: readonly string[]): Promise<void> {
    return this.#serial.run(async () => {
      const before = this.#lists[list]
      const [added, removed] = [add.filter((one) => !before.has(one)), remove.filter((one) => before.has(one))]
      await this.#store.change(list, added, removed)
      const after = new Set(before)
      for (const one of removed) after.delete(one)
      for (const one of added) after.add(one)
      this.#lists = { ...this.#lists, [list]: after }
    })
  }
}

const isIn = (list: ReadonlySet<string>, domain: string): boolean =>
  nearestPattern(domain, (pattern) => (list.has(pattern) ? pattern : undefined)) !== undefined
