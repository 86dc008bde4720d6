/**
 * Nodes, by owner, each owner with a lane: a command is decided, stored, applied and told, and then comes the next command for that
 * owner. A node is in memory while it is used (`loading.ts`).
 */
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import { timeId } from '../base/time-id.ts'
import { Turns } from '../base/turns.ts'
import type { NodeFace } from './face.ts'
import { NodeIndex, type Holding } from './index-of-nodes.ts'
import { Loading } from './loading.ts'
import { isCollection } from './machine/collecting.ts'
import type { Actor, Circumstances, Command, Limits, Placing } from './machine/commands.ts'
import type { NodeConfig } from './machine/config.ts'
import { decide, isRefused } from './machine/decide.ts'
import { growthOf } from './machine/growth.ts'
import { Node, type Item, type ItemHead, type NodeOrigin } from './machine/node.ts'
import { apply, type Change, type Plan } from './machine/plan.ts'
import { refuse, type Refusal } from './machine/refusals.ts'
import type { Paces } from './paces.ts'
import type { NodeListing } from './store-listing.ts'
import type { NodeStore } from './store.ts'

export interface NodesParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly store: NodeStore
  readonly listing: NodeListing
  /** What holds for accounts. Services say what holds for them (`serve`). */
  readonly accounts: Place
  /** Nodes of these names do not count as nodes of an account, up to a number. */
  readonly isBeside: (name: string) => boolean
  readonly besideMax: number
  /** Is this bare JID at a domain of ours? People elsewhere are counted together, by their domain. */
  readonly isLocal: (bare: string) => boolean
  /** Of all nodes in memory, about. */
  readonly octetsMax: number
}
/** What holds for the nodes of some owners. */
export interface Place {
  readonly limits: Limits
  /** How often somebody publishes. */
  readonly paces: Paces
}
export interface Order {
  readonly owner: string
  readonly name: string
  readonly actor: Actor
  readonly command: Command
  /** With what a node of this name is made if there is none; null: then there is none. */
  readonly make: Making | null
}
export interface Making {
  readonly defaults: NodeConfig
  readonly changes: Partial<NodeConfig>
}
/** Stored and in force. */
export interface Done {
  readonly node: Node
  readonly plan: Plan
  /** Tells the faces what has happened. Called once, when the request is answered (PUB-4). */
  readonly tell: () => void
}
export type Outcome = Refusal | Done

export class Nodes {
  readonly index = new NodeIndex()
  readonly faces: NodeFace[] = []
  /** What is on disk, for questions about many nodes. */
  readonly store: NodeStore
  /** What a service lists. */
  readonly listing: NodeListing
  readonly #parts: NodesParts
  readonly #loading: Loading
  /** Of services, by their domain. */
  readonly #services = new Map<string, Place>()
  readonly #turns = new Turns<() => void | Promise<void>>((work) => work())

  constructor(parts: NodesParts) {
    this.#parts = parts
    this.store = parts.store
    this.listing = parts.listing
    this.#loading = new Loading(parts.store, this.index, parts.octetsMax)
  }
  /** While features are installed: nodes of this domain are those of a service. */
  serve(domain: string, place: Place): void {
    this.#services.set(domain, place)
  }
  /** Reads the index. Before the server starts. */
  async start(): Promise<void> {
    for await (const { owner, name, creator, isOffered, octets } of this.#parts.store.index()) {
      this.index.grow(owner, this.#holderOf(owner, creator), { ...this.#countsOf(owner, name, 1), octets })
      this.index.offer(owner, name, isOffered)
    }
  }
  /** In memory. */
  get octets(): number {
    return this.#loading.held.octets
  }
  /** In memory, with names of which it is known that there is no node. */
  get size(): number {
    return this.#loading.held.size
  }

  /** A node; null: there is none of this name. At once if it is in memory, or if the owner has none. */
  one(owner: string, name: string): Node | null | Promise<Node | null> {
    const found = this.#loading.one(owner, name)
    if (found instanceof Promise) return found.then((node) => (node === null ? null : this.#expired(node)))
    return found === null ? null : this.#expired(found)
  }
  /** Those of these names that there are, in the order of the names. */
  async some(owner: string, names: readonly string[]): Promise<readonly Node[]> {
    const found = await this.#loading.some(owner, names)
    return Promise.all(found.map((node) => this.#expired(node)))
  }
  /** All of an owner, one after the other, in the order of their names. */
  async *each(owner: string): AsyncGenerator<Node> {
    if (this.index.has(owner)) for await (const node of this.#loading.each(owner)) yield await this.#expired(node)
  }
  /** Items with their payloads; those that are not there any more are left out. */
  async items(node: Node, heads: readonly ItemHead[]): Promise<readonly Item[]> {
    const { last } = node
    if (last !== null && heads.length === 1 && heads[0]!.id === last.id) return [last]
    return this.#parts.store.items(node, heads)
  }
  async perform(order: Order): Promise<Outcome> {
    let outcome: Outcome = refuse('failed')
    await this.#turns.take(order.owner, async () => {
      outcome = await this.#perform(order)
    })
    return outcome
  }
  /** The account is gone: its nodes with it, and whatever it had at nodes of others. What is published later stays. */
  async forget(bare: string): Promise<void> {
    const { store } = this.#parts
    const { held } = this.#loading
    this.index.forget(bare)
    held.dropAll(bare)
    const others = store.nodesFor(bare)
    await store.forget(bare)
    // What was being read may be in memory again
    held.dropAll(bare)
    const theirs = (await others).filter(({ owner }) => owner !== bare)
    for (const { owner, name } of theirs)
      await this.#turns.take(owner, async () => {
        await this.#loading.settled(owner, name)
        held.drop(owner, name)
        await this.#countAnew(await this.#loading.one(owner, name))
      })
    for (const owner of new Set(theirs.map((one) => one.owner))) if (!owner.includes('@')) await this.#deleteOwnerless(owner)
  }
  /** The creator is not held to account any more for somebody who has left the node along with their account. */
  async #countAnew(node: Node | null): Promise<void> {
    const before = node === null ? null : await this.store.octetsOf(node)
    if (node === null || before === null) return
    const kept = { isOffered: isOfferedAfter(node, []), octets: node.octets }
    await this.store.save(node, [], kept)
    this.#keep(node, before, kept.isOffered, [])
  }
  /** PS-9: at a service nobody could do anything about a node whose last owner is gone. */
  async #deleteOwnerless(owner: string): Promise<void> {
    for (const name of await this.#parts.store.namesOwnerless(owner)) {
      const command = { do: 'delete', redirect: '' } as const
      const outcome = await this.perform({ owner, name, actor: serverFor(owner), command, make: null })
      if (!isRefused(outcome)) outcome.tell()
    }
  }
  #placeOf(owner: string): Place {
    return this.#services.get(owner) ?? this.#parts.accounts
  }
  /** In whose name somebody makes nodes and publishes. */
  #nameFor(bare: string): string {
    return this.#parts.isLocal(bare) ? bare : bare.slice(bare.indexOf('@') + 1)
  }
  #holderOf(owner: string, creator: string): string {
    return owner.includes('@') ? owner : this.#nameFor(creator)
  }
  /** @param nodes of this name; negative: fewer than before */
  #countsOf(owner: string, name: string, nodes: number): Pick<Holding, 'nodes' | 'beside'> {
    return { nodes, beside: owner.includes('@') && this.#parts.isBeside(name) ? nodes : 0 }
  }

  #expired(node: Node): Node | Promise<Node> {
    if (!isDue(node, this.#parts.clock.now())) return node
    const { owner, name } = node.origin
    const command = { do: 'expire' } as const
    return this.perform({ owner, name, actor: serverFor(owner), command, make: null }).then(() => node)
  }

  async #perform(order: Order): Promise<Outcome> {
    const { owner, name, command, actor } = order
    const isPaced = command.do === 'publish' && !actor.isServer
    const { paces } = this.#placeOf(owner)
    if (isPaced && paces.isTooFast(this.#nameFor(actor.bare), this.#parts.clock.now())) return refuse('too-fast')
    const { held } = this.#loading
    held.setBusy(owner, name)
    try {
      return await this.#performAt(await this.#loading.one(owner, name), order)
    } finally {
      held.setBusy(owner, null)
    }
  }
  async #performAt(there: Node | null, order: Order): Promise<Outcome> {
    const { command, make, actor } = order
    const circumstances = await this.#circumstances(there, order)
    if (there === null) return make === null ? refuse('no-such-node') : this.#make(order, make, circumstances)
    if (command.do === 'create') return refuse('node-exists')
    const decision = decide(there, actor, command, circumstances)
    return isRefused(decision) ? decision : this.#store(there, null, decision)
  }
  async #circumstances(there: Node | null, order: Order): Promise<Circumstances> {
    const { owner, actor, command, name } = order
    const { bare } = actor
    const { clock, store, isBeside, besideMax } = this.#parts
    const { limits } = this.#placeOf(owner)
    const subscriptions = command.do === 'subscribe' ? await store.subscriptionsOf(bare, limits.subscriptionsOfOneMax) : 0
    const { nodes, beside, octets } = this.index.heldBy(owner, this.#holderOf(owner, there?.origin.creator ?? bare))
    const isFree = owner.includes('@') && isBeside(name) && beside < besideMax
    const holdings = {
      nodes: isFree ? 0 : nodes - Math.min(beside, besideMax),
      octets,
      nodesInAll: this.index.countOf(owner),
      subscriptionsOf: new Map([[bare, subscriptions]]),
    }
    return { now: clock.now(), limits, holdings, places: await this.#placings(there, order) }
  }
  /** Where the command puts the node. */
  #placings(there: Node | null, { owner, name, command }: Order): Promise<readonly Placing[]> {
    const has = there?.config.collection ?? []
    const parents = placesIn(command).filter((parent) => !has.includes(parent))
    return Promise.all(
      parents.map(async (parent) => {
        const collection = await this.#loading.one(owner, parent)
        const isBelow = parent === name || (collection !== null && (await this.#isBelow(collection, name)))
        return { collection, isBelow, children: (await this.store.children(owner, parent)).length }
      }),
    )
  }
  /** Is the collection in that node, or is there too much above it? */
  async #isBelow(collection: Node, name: string): Promise<boolean> {
    const above = await this.above(collection)
    return above.some(({ node, level }) => node.origin.name === name || level + 1 >= DEPTH_MAX) || above.length >= ABOVE_MAX
  }
  /** The collections that a node is in, those that they are in, and so on: each once, the nearest first. @param collections that it is in, or was in */
  async above({ origin: { owner }, config }: Node, collections = config.collection): Promise<readonly Above[]> {
    const above: Above[] = []
    const seen = new Set<string>()
    let names = collections
    for (let level = 0; names.length > 0 && above.length < ABOVE_MAX; level += 1) {
      for (const name of names) seen.add(name)
      const some = await this.#loading.some(owner, names)
      for (const node of some) above.push({ node, level })
      names = [...new Set(some.flatMap((node) => node.config.collection))].filter((name) => !seen.has(name))
    }
    return above
  }
  #make(order: Order, { defaults, changes }: Making, circumstances: Circumstances): Outcome | Promise<Outcome> {
    const { owner, name, actor, command } = order
    const { clock, entropy } = this.#parts
    const origin = { uid: timeId(clock.now(), entropy), owner, name, creator: actor.bare, createdAt: clock.now() }
    const node = new Node(origin, defaults)
    const made = decide(node, actor, { do: 'create', config: changes }, circumstances)
    if (isRefused(made)) return made
    apply(node, made.changes)
    if (command.do === 'create') return this.#store(node, made.changes, { changes: [], told: [] })
    const decision = decide(node, actor, command, circumstances)
    return isRefused(decision) ? decision : this.#store(node, made.changes, decision)
  }

  /** @param made the changes of the making, which are applied already; null: the node was there */
  async #store(node: Node, made: readonly Change[] | null, plan: Plan): Promise<Outcome> {
    const { store, log } = this.#parts
    const changes = [...(made ?? []), ...plan.changes]
    const before = made === null ? node.octets : 0
    const kept = { isOffered: isOfferedAfter(node, changes), octets: node.octets + growthOf(node, plan.changes) }
    try {
      if (changes.length > 0) await store.save(node, changes, kept)
    } catch (error) {
      log.error({ err: error, owner: node.origin.owner }, 'A change of a node could not be stored; it was refused')
      return refuse('failed')
    }
    apply(node, plan.changes)
    this.#keep(node, before, kept.isOffered, changes)
    if (isCollection(node) && changes.some(({ change }) => change === 'deleted')) await this.#dropChildren(node.origin)
    const seq = node.lastSeq
    const tell = (): void => {
      node.announcedSeq = seq
      for (const face of this.faces) this.#safely(() => face.happened(node, { ...plan, changes }))
    }
    return { node, plan, tell }
  }
  /** @param before what it took up; 0: it is new */
  #keep(node: Node, before: number, isOffered: boolean, changes: readonly Change[]): void {
    const { owner, name, creator } = node.origin
    const isGone = changes.some(({ change }) => change === 'deleted')
    const octets = isGone ? 0 : node.octets
    const counts = this.#countsOf(owner, name, isGone ? -1 : before === 0 ? 1 : 0)
    if (isGone) this.index.offer(owner, name, false)
    this.index.grow(owner, this.#holderOf(owner, creator), { ...counts, octets: octets - before })
    if (!isGone) this.index.offer(owner, name, isOffered)
    this.#loading.held.put(owner, name, isGone ? null : node)
  }
  /** The nodes in a collection that is gone: what was being read meanwhile may still name it. */
  async #dropChildren({ owner, name }: NodeOrigin): Promise<void> {
    await this.#loading.settledAll(owner)
    this.#loading.held.dropChildren(owner, name)
  }
  #safely(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#parts.log.error({ err: error }, 'Subscribers of a node could not be told of a change')
    }
  }
}

/** Collections in collections. */
const DEPTH_MAX = 10

/** Collections above one node. Those that are further away hear nothing of it. */
const ABOVE_MAX = 100
/** A collection above a node. */
export interface Above {
  readonly node: Node
  /** 0: the node is in the collection itself. */
  readonly level: number
}

/** The collections that the command puts the node into. */
function placesIn(command: Command): readonly string[] {
  if (command.do === 'place') return command.isIn ? [command.collection] : []
  if (command.do === 'create') return command.config.collection ?? []
  return command.do === 'configure' ? (command.changes.collection ?? []) : []
}

function isDue({ config, items }: Node, now: number): boolean {
  if (config.item_expire === 'max') return false
  for (const { at } of items.values()) return at + config.item_expire * 1000 <= now
  return false
}

/** The server acting for an owner. */
export const serverFor = (owner: string): Actor => ({
  bare: owner,
  full: owner,
  relation: { seesPresence: true, groups: [] },
  isServer: true,
})

/** Are others sent the last item when they come online? */
export function isOfferedAfter(node: Node, changes: readonly Change[]): boolean {
  const config = changes.findLast((one) => one.change === 'config')?.config ?? node.config
  if (config.send_last_published_item !== 'on_sub_and_presence' || !config.deliver_notifications) return false
  const hasMembers = node.affiliations.size > 0 || changes.some(({ change }) => change === 'affiliation')
  return config.access_model !== 'whitelist' || hasMembers
}
