/**
 * The nodes that are in memory, and names that are known to be of no node. Beyond a size, those that were not used for the longest
 * time leave memory. Nodes with an item that is not stored have a part of their own: nothing that is asked for pushes them out, only
 * others of their kind.
 */
import type { Node } from './machine/node.ts'

interface Held {
  readonly node: Node | null
  readonly octets: number
}
/** What an entry takes up beside the node, about. */
const ENTRY_OCTETS = 300

/** Of the memory for all nodes, what is for those with an item that is in memory alone. */
const UNSTORED_PART = 1 / 4

/** By owner and name. The one used last comes last. */
class Part {
  readonly held = new Map<string, Held>()
  readonly octetsMax: number
  octets = 0

  /** @param octetsMax about */
  constructor(octetsMax: number) {
    this.octetsMax = octetsMax
  }
  put(key: string, held: Held): void {
    this.held.set(key, held)
    this.octets += held.octets
  }
  drop(key: string): boolean {
    this.octets -= this.held.get(key)?.octets ?? 0
    return this.held.delete(key)
  }
}

export class HeldNodes {
  readonly #usual: Part
  /** Nodes with an item that is in memory alone. */
  readonly #unstored: Part
  /** The names that are held of each owner. */
  readonly #names = new Map<string, Set<string>>()
  /** Nodes that are being changed, by owner: they stay. */
  readonly #busy = new Map<string, string>()

  /** @param octetsMax of all together, about */
  constructor(octetsMax: number) {
    this.#usual = new Part(octetsMax * (1 - UNSTORED_PART))
    this.#unstored = new Part(octetsMax * UNSTORED_PART)
  }
  get octets(): number {
    return this.#usual.octets + this.#unstored.octets
  }
  /** How many nodes are in memory, with names of which it is known that there is none. */
  get size(): number {
    return this.#usual.held.size + this.#unstored.held.size
  }
  /** Null: there is no such node. Undefined: not in memory. */
  get(owner: string, name: string): Node | null | undefined {
    const key = keyOf(owner, name)
    const { held } = this.#partOf(key)
    const found = held.get(key)
    if (found === undefined) return undefined
    held.delete(key)
    held.set(key, found)
    return found.node
  }
  /** The same, and it does not count as used. */
  peek(owner: string, name: string): Node | null | undefined {
    const key = keyOf(owner, name)
    return this.#partOf(key).held.get(key)?.node
  }
  /** It is used last; others may have to leave memory. @param node null: there is none of this name */
  put(owner: string, name: string, node: Node | null): void {
    this.drop(owner, name)
    const octets = ENTRY_OCTETS + owner.length + 2 * name.length + (node?.memory ?? 0)
    const key = keyOf(owner, name)
    const part = node?.hasUnstored === true ? this.#unstored : this.#usual
    part.put(key, { node, octets })
    const names = this.#names.get(owner)
    if (names === undefined) this.#names.set(owner, new Set([name]))
    else names.add(name)
    for (const oldest of part.held.keys()) {
      if (part.octets <= part.octetsMax || oldest === key) return
      const [itsOwner, itsName] = partsOf(oldest)
      if (this.#busy.get(itsOwner) !== itsName) this.drop(itsOwner, itsName)
    }
  }
  drop(owner: string, name: string): void {
    const key = keyOf(owner, name)
    if (!this.#partOf(key).drop(key)) return
    const names = this.#names.get(owner)!
    names.delete(name)
    if (names.size === 0) this.#names.delete(owner)
  }
  #partOf(key: string): Part {
    return this.#unstored.held.has(key) ? this.#unstored : this.#usual
  }
  dropAll(owner: string): void {
    for (const name of [...(this.#names.get(owner) ?? [])]) this.drop(owner, name)
  }
  /** Those in this collection. */
  dropChildren(owner: string, collection: string): void {
    for (const name of [...(this.#names.get(owner) ?? [])])
      if (this.peek(owner, name)?.config.collection.includes(collection) === true) this.drop(owner, name)
  }
  /** The node that is being changed for this owner: changes of one owner come one after the other. Null: none. */
  setBusy(owner: string, name: string | null): void {
    if (name === null) this.#busy.delete(owner)
    else this.#busy.set(owner, name)
  }
}
/** No owner has a space in it. */
const keyOf = (owner: string, name: string): string => `${owner} ${name}`
function partsOf(key: string): readonly [owner: string, name: string] {
  const space = key.indexOf(' ')
  return [key.slice(0, space), key.slice(space + 1)]
}
