/** XEP-0191 section 6: the entries that one account has blocked, and which entities they match. A change makes a new list. */
import type { Jid } from '../../xmpp/jid.ts'

export class BlockList {
  readonly #owner: Jid
  readonly #entries: ReadonlyMap<string, Jid>

  /** @param owner bare */
  constructor(owner: Jid, entries: Iterable<Jid>) {
    this.#owner = owner
    this.#entries = new Map(Array.from(entries, (jid) => [jid.full, jid]))
  }
  /** The octets of its addresses. */
  get octets(): number {
    let octets = 0
    for (const full of this.#entries.keys()) octets += full.length
    return octets
  }
  get size(): number {
    return this.#entries.size
  }
  /** In the order in which they were blocked. */
  get entries(): readonly Jid[] {
    return [...this.#entries.values()]
  }
  /** Is there exactly this entry? */
  has(entry: Jid): boolean {
    return this.#entries.has(entry.full)
  }
  /** Is this entity blocked: by its full JID, its bare JID, or its domain? */
  matches(entity: Jid): boolean {
    if (this.#entries.size === 0 || this.#isExempt(entity)) return false
    return this.#entries.has(entity.full) || this.#entries.has(entity.bare) || this.#entries.has(entity.domain)
  }
  with(added: readonly Jid[]): BlockList {
    return new BlockList(this.#owner, [...this.#entries.values(), ...added])
  }
  without(removed: readonly Jid[]): BlockList {
    const gone = new Set(removed.map((jid) => jid.full))
    return new BlockList(
      this.#owner,
      this.entries.filter((jid) => !gone.has(jid.full)),
    )
  }

  /**
   * Section 5, note: the user's own resources are never blocked. Nor is the user's server, because it answers for itself in every
   * stream.
   */
  #isExempt(entity: Jid): boolean {
    return entity.bare === this.#owner.bare || entity.full === this.#owner.domain
  }
}

/** The entries that can match this entity, for a query. */
export const entriesThatMatch = (entity: Jid): readonly [full: string, bare: string, domain: string] => [
  entity.full,
  entity.bare,
  entity.domain,
]
