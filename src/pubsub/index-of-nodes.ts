/**
 * Who has nodes, for all owners, in memory: one look says that there is nothing to do. Of the nodes whose last item others are
 * sent when they come online, the names are known; and of each holder, how much it has.
 */
import { UsedTexts } from '../base/used-texts.ts'

/** What somebody has: an account, or at a service a creator, or another domain with all creators that are of it. */
export interface Holding {
  readonly nodes: number
  /** Of these, those that do not count up to a number. */
  readonly beside: number
  /** About. */
  readonly octets: number
}
interface Known extends Holding {
  nodes: number
  beside: number
  octets: number
  offered: readonly string[]
  /** At a service. Null: the owner is the only holder. */
  readonly holders: Map<string, Holding> | null
}

export class NodeIndex {
  /** By owner. An owner without nodes is not in it. */
  readonly #owners = new Map<string, Known>()
  /** One text for each name, however many nodes have it. */
  readonly #names = new UsedTexts()

  has(owner: string): boolean {
    return this.#owners.has(owner)
  }
  get size(): number {
    return this.#owners.size
  }
  /** How many nodes the owner has. */
  countOf(owner: string): number {
    return this.#owners.get(owner)?.nodes ?? 0
  }
  /** What one holder has at the owner. */
  heldBy(owner: string, holder: string): Holding {
    const known = this.#owners.get(owner)
    return (known?.holders === null ? known : known?.holders.get(holder)) ?? NOTHING
  }
  /** The names of the nodes whose last item others are sent. */
  offeredBy(owner: string): readonly string[] {
    return this.#owners.get(owner)?.offered ?? NONE
  }
  owners(): Iterable<string> {
    return this.#owners.keys()
  }
  /** @param more how much more the holder has than before */
  grow(owner: string, holder: string, more: Holding): void {
    let known = this.#owners.get(owner)
    if (known === undefined) {
      const holders = owner === holder ? null : new Map<string, Holding>()
      this.#owners.set(owner, (known = { ...NOTHING, offered: NONE, holders }))
    }
    known.nodes += more.nodes
    known.beside += more.beside
    known.octets += more.octets
    if (known.holders !== null) setHolder(known.holders, holder, more)
    if (known.nodes <= 0) this.forget(owner)
  }
  /** Are others sent the last item of this node? */
  offer(owner: string, name: string, isOffered: boolean): void {
    const known = this.#owners.get(owner)
    if (known === undefined || isOffered === known.offered.includes(name)) return
    if (isOffered) known.offered = [...known.offered, this.#names.take(name)]
    else {
      known.offered = known.offered.filter((one) => one !== name)
      this.#names.leave(name)
    }
  }
  forget(owner: string): void {
    for (const name of this.offeredBy(owner)) this.#names.leave(name)
    this.#owners.delete(owner)
  }
}
const NONE: readonly string[] = []
const NOTHING: Holding = { nodes: 0, beside: 0, octets: 0 }

function setHolder(holders: Map<string, Holding>, holder: string, more: Holding): void {
  const before = holders.get(holder) ?? NOTHING
  const nodes = before.nodes + more.nodes
  if (nodes <= 0) holders.delete(holder)
  else holders.set(holder, { nodes, beside: before.beside + more.beside, octets: before.octets + more.octets })
}
