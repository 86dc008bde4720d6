/**
 * The nodes that are in memory, by owner, each owner with a lane: a command is decided, stored, applied and told, and then comes
 * the next command for that owner. The nodes of an owner are read from the database together, when somebody asks for one of them;
 * beyond a size those that were not used for the longest time leave memory.
 */
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import { timeId } from '../base/time-id.ts'
import { Turns } from '../base/turns.ts'
import type { NodeFace } from './face.ts'
import { NodeIndex } from './index-of-nodes.ts'
import type { Actor, Circumstances, Command, Limits } from './machine/commands.ts'
import type { NodeConfig } from './machine/config.ts'
import { decide, isRefused } from './machine/decide.ts'
import { Node, type Item, type ItemHead } from './machine/node.ts'
import { apply, type Change, type Plan } from './machine/plan.ts'
import { refuse, type Refusal } from './machine/refusals.ts'
import { Paces } from './paces.ts'
import type { NodeStore } from './store.ts'

export interface NodesParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly store: NodeStore
  readonly limits: Limits
  /** Publications of one person in a minute. */
  readonly publicationsMax: number
  /** Of all nodes in memory, about. */
  readonly octetsMax: number
  /** Nodes of these names do not count, up to a number. */
  readonly isBeside: (name: string) => boolean
  readonly besideMax: number
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

/** The nodes of one owner, by name. */
export type NodesOf = ReadonlyMap<string, Node>

/** What a node takes up beside its items, about. */
const NODE_OCTETS = 1500
const HEAD_OCTETS = 200

export class Nodes {
  readonly index = new NodeIndex()
  readonly faces: NodeFace[] = []
  readonly #parts: NodesParts
  readonly #paces: Paces
  /** The owner used last comes last. */
  readonly #held = new Map<string, Map<string, Node>>()
  readonly #loading = new Map<string, Promise<Map<string, Node>>>()
  readonly #octets = new Map<string, number>()
  readonly #turns = new Turns<() => void | Promise<void>>((work) => work())
  #octetsInAll = 0

  constructor(parts: NodesParts) {
    this.#parts = parts
    this.#paces = new Paces(parts.publicationsMax)
  }
  /** Reads the index. Before the server starts. */
  async start(): Promise<void> {
    for await (const { owner, name, isOffered } of this.#parts.store.index()) this.index.put(owner, name, isOffered)
  }
  get owners(): number {
    return this.#held.size
  }
  get octets(): number {
    return this.#octetsInAll
  }

  /** The nodes of an owner. At once if they are in memory, or if there are none. */
  of(owner: string): NodesOf | Promise<NodesOf> {
    const held = this.#held.get(owner)
    if (held === undefined) return this.index.has(owner) ? this.#loaded(owner) : NO_NODES
    this.#use(owner, held)
    return this.#expired(owner, held)
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
    this.index.forget(bare)
    this.#drop(bare)
    const others = store.ownersFor(bare)
    await store.forget(bare)
    // Their nodes are read again
    for (const owner of await others)
      await this.#turns.take(owner, async () => {
        await this.#loading.get(owner)
        this.#drop(owner)
      })
  }

  async #loaded(owner: string): Promise<NodesOf> {
    return this.#expired(owner, await this.#load(owner))
  }
  #load(owner: string): Promise<Map<string, Node>> {
    const held = this.#held.get(owner)
    if (held !== undefined) return Promise.resolve(held)
    const under = this.#loading.get(owner)
    if (under !== undefined) return under
    const loading = this.#read(owner).finally(() => this.#loading.delete(owner))
    this.#loading.set(owner, loading)
    return loading
  }
  async #read(owner: string): Promise<Map<string, Node>> {
    const nodes = this.index.has(owner) ? await this.#parts.store.load(owner) : []
    const held = new Map(nodes.map((node) => [node.origin.name, node]))
    this.#use(owner, held)
    return held
  }
  #expired(owner: string, nodes: Map<string, Node>): NodesOf | Promise<NodesOf> {
    const now = this.#parts.clock.now()
    const due = [...nodes.values()].filter((node) => isDue(node, now))
    if (due.length === 0) return nodes
    const orders = due.map(({ origin }) =>
      this.perform({ owner, name: origin.name, actor: serverFor(owner), command: { do: 'expire' }, make: null }),
    )
    return Promise.all(orders).then(() => nodes)
  }

  async #perform(order: Order): Promise<Outcome> {
    const { owner, name, command, make, actor } = order
    const { clock } = this.#parts
    if (command.do === 'publish' && !actor.isServer && this.#paces.isTooFast(actor.bare, clock.now())) return refuse('too-fast')
    const nodes = await this.#load(owner)
    const there = nodes.get(name)
    const circumstances = await this.#circumstances(nodes, order)
    if (there === undefined) return make === null ? refuse('no-such-node') : this.#make(nodes, order, make, circumstances)
    if (command.do === 'create') return refuse('node-exists')
    const decision = decide(there, actor, command, circumstances)
    return isRefused(decision) ? decision : this.#store(nodes, there, [], decision)
  }
  async #circumstances(nodes: NodesOf, { actor: { bare }, command, name }: Order): Promise<Circumstances> {
    const { clock, limits, store } = this.#parts
    const max = limits.subscriptionsOfOneMax
    const subscriptions = command.do === 'subscribe' ? await store.subscriptionsOf(bare, max) : 0
    const holdings = { ...this.#holdings(nodes, name), subscriptionsOf: new Map([[bare, subscriptions]]) }
    return { now: clock.now(), limits, holdings }
  }
  /** @param name of the node that may be made */
  #holdings(nodes: NodesOf, name: string): Pick<Circumstances['holdings'], 'nodes' | 'octets'> {
    const { isBeside, besideMax } = this.#parts
    let [octets, beside] = [0, 0]
    for (const node of nodes.values()) {
      octets += node.octets
      if (isBeside(node.origin.name)) beside += 1
    }
    const isFree = isBeside(name) && beside < besideMax
    return { nodes: isFree ? 0 : nodes.size - Math.min(beside, besideMax), octets }
  }
  #make(
    nodes: Map<string, Node>,
    order: Order,
    { defaults, changes }: Making,
    circumstances: Circumstances,
  ): Outcome | Promise<Outcome> {
    const { owner, name, actor, command } = order
    const { clock, entropy } = this.#parts
    const origin = { uid: timeId(clock.now(), entropy), owner, name, creator: actor.bare, createdAt: clock.now() }
    const node = new Node(origin, defaults)
    const made = decide(node, actor, { do: 'create', config: changes }, circumstances)
    if (isRefused(made)) return made
    apply(node, made.changes)
    if (command.do === 'create') return this.#store(nodes, node, made.changes, { changes: [], told: [] })
    const decision = decide(node, actor, command, circumstances)
    return isRefused(decision) ? decision : this.#store(nodes, node, made.changes, decision)
  }

  /** @param made the changes of the making, which are applied already */
  async #store(nodes: Map<string, Node>, node: Node, made: readonly Change[], plan: Plan): Promise<Outcome> {
    const { store, log } = this.#parts
    const changes = [...made, ...plan.changes]
    const after = isOfferedAfter(node, changes)
    try {
      if (changes.length > 0) await store.save(node, changes, after)
    } catch (error) {
      log.error({ err: error, owner: node.origin.owner }, 'A change of a node could not be stored; it was refused')
      return refuse('failed')
    }
    apply(node, plan.changes)
    this.#keep(nodes, node, changes, after)
    const seq = node.lastSeq
    const tell = (): void => {
      node.announcedSeq = seq
      for (const face of this.faces) this.#safely(() => face.happened(node, { ...plan, changes }))
    }
    return { node, plan, tell }
  }
  #keep(nodes: Map<string, Node>, node: Node, changes: readonly Change[], isOffered: boolean): void {
    const { owner, name } = node.origin
    if (changes.some(({ change }) => change === 'deleted')) {
      nodes.delete(name)
      this.index.drop(owner, name, nodes.size === 0)
    } else {
      nodes.set(name, node)
      this.index.put(owner, name, isOffered)
    }
    this.#use(owner, nodes)
  }
  #safely(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#parts.log.error({ err: error }, 'Subscribers of a node could not be told of a change')
    }
  }

  /** The nodes of this owner are used last; others may have to leave memory. */
  #use(owner: string, nodes: Map<string, Node>): void {
    this.#drop(owner)
    const octets = sizeOf(nodes)
    this.#held.set(owner, nodes)
    this.#octets.set(owner, octets)
    this.#octetsInAll += octets
    for (const oldest of this.#held.keys()) {
      if (this.#octetsInAll <= this.#parts.octetsMax || oldest === owner) return
      if (!this.#turns.isBusy(oldest)) this.#drop(oldest)
    }
  }
  #drop(owner: string): void {
    if (!this.#held.delete(owner)) return
    this.#octetsInAll -= this.#octets.get(owner)!
    this.#octets.delete(owner)
  }
}
const NO_NODES: NodesOf = new Map()

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

function sizeOf(nodes: NodesOf): number {
  let octets = NODE_OCTETS
  for (const { items, last, affiliations, subscriptions } of nodes.values())
    octets += NODE_OCTETS + HEAD_OCTETS * (items.size + affiliations.size + subscriptions.size) + (last?.octets ?? 0)
  return octets
}
