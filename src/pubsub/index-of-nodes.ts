/**
 * Who has nodes, for all owners, in memory: one look says that there is nothing to do. Of the nodes whose last item others are
 * sent when they come online, the names are known.
 */
export class NodeIndex {
  /** By owner. An owner without nodes is not in it. */
  readonly #owners = new Map<string, readonly string[]>()
  /** One text for each name, however many nodes have it. */
  readonly #names = new Map<string, string>()

  has(owner: string): boolean {
    return this.#owners.has(owner)
  }
  get size(): number {
    return this.#owners.size
  }
  /** The names of the nodes whose last item others are sent. */
  offeredBy(owner: string): readonly string[] {
    return this.#owners.get(owner) ?? NONE
  }
  *owners(): Generator<readonly [owner: string, offered: readonly string[]]> {
    yield* this.#owners
  }
  put(owner: string, name: string, isOffered: boolean): void {
    const before = this.#owners.get(owner)
    if (isOffered === before?.includes(name)) return
    const own = before?.filter((one) => one !== name) ?? []
    const offered = isOffered ? [...own, this.#one(name)] : own
    this.#owners.set(owner, offered.length === 0 ? NONE : offered)
  }
  /** @param isLast the owner has no other node */
  drop(owner: string, name: string, isLast: boolean): void {
    if (isLast) this.#owners.delete(owner)
    else this.put(owner, name, false)
  }
  forget(owner: string): void {
    this.#owners.delete(owner)
  }

  #one(name: string): string {
    const known = this.#names.get(name)
    if (known === undefined) this.#names.set(name, name)
    return known ?? name
  }
}
const NONE: readonly string[] = []
