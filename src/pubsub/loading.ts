/** Nodes come into memory one by one, when somebody asks for one of them. */
import { HeldNodes } from './held-nodes.ts'
import type { NodeIndex } from './index-of-nodes.ts'
import type { Node } from './machine/node.ts'
import { NAMES_MAX } from './store-queries.ts'
import type { NodeStore } from './store.ts'

/** By name. */
type Found = ReadonlyMap<string, Node>

export class Loading {
  readonly held: HeldNodes
  readonly #store: NodeStore
  readonly #index: NodeIndex
  /** By owner and name. */
  readonly #under = new Map<string, Promise<Found>>()

  /** @param octetsMax of all nodes in memory, about */
  constructor(store: NodeStore, index: NodeIndex, octetsMax: number) {
    this.#store = store
    this.#index = index
    this.held = new HeldNodes(octetsMax)
  }
  /** At once if it is in memory, or if the owner has no nodes. Null: there is none of this name. */
  one(owner: string, name: string): Node | null | Promise<Node | null> {
    const held = this.held.get(owner, name)
    if (held !== undefined) return held
    return this.#index.has(owner) ? this.#loaded(owner, name) : null
  }
  /** Those of these names that there are, in the order of the names. What is not in memory is read together. */
  async some(owner: string, names: readonly string[]): Promise<readonly Node[]> {
    if (!this.#index.has(owner)) return []
    const found: (Node | null)[] = []
    for (let i = 0; i < names.length; i += NAMES_MAX) {
      const some = names.slice(i, i + NAMES_MAX)
      this.#begin(
        owner,
        some.filter((name) => this.held.peek(owner, name) === undefined),
      )
      found.push(...(await Promise.all(some.map((name) => this.one(owner, name)))))
    }
    return found.filter((node) => node !== null)
  }
  /** All of an owner, in the order of their names. What is not in memory does not come into memory by this. */
  async *each(owner: string): AsyncGenerator<Node> {
    for (let after = ''; ;) {
      const names = await this.#store.names(owner, after, NAMES_MAX)
      const missing = names.filter((name) => this.held.peek(owner, name) === undefined)
      const loaded = await this.#store.load(owner, missing)
      for (const name of names) {
        const node = this.held.peek(owner, name) ?? loaded.get(name)
        if (node !== undefined) yield node
      }
      if (names.length < NAMES_MAX) return
      after = names.at(-1)!
    }
  }
  /** Resolves when the node is not being read. */
  async settled(owner: string, name: string): Promise<void> {
    await this.#under.get(keyOf(owner, name))
  }
  /** Resolves when what is being read of an owner now has been read. */
  async settledAll(owner: string): Promise<void> {
    await Promise.allSettled([...this.#under].filter(([key]) => key.startsWith(keyOf(owner, ''))).map(([, loading]) => loading))
  }

  async #loaded(owner: string, name: string): Promise<Node | null> {
    this.#begin(owner, [name])
    return (await this.#under.get(keyOf(owner, name))!).get(name) ?? null
  }
  /** Begins to read those that are not being read. */
  #begin(owner: string, names: readonly string[]): void {
    const some = names.filter((name) => !this.#under.has(keyOf(owner, name)))
    if (some.length === 0) return
    const loading = this.#read(owner, some).finally(() => {
      for (const name of some) this.#under.delete(keyOf(owner, name))
    })
    for (const name of some) this.#under.set(keyOf(owner, name), loading)
  }
  async #read(owner: string, names: readonly string[]): Promise<Found> {
    const found = await this.#store.load(owner, names)
    for (const name of names) this.held.put(owner, name, found.get(name) ?? null)
    return found
  }
}
const keyOf = (owner: string, name: string): string => `${owner} ${name}`
