/** What other extensions do with the nodes of an account, on its behalf: no rights are asked for, everything else is as for a client. */
import { isRefused } from '../../pubsub/machine/decide.ts'
import type { Command } from '../../pubsub/machine/commands.ts'
import { countOf, type NodeConfig } from '../../pubsub/machine/config.ts'
import { refusalToRead } from '../../pubsub/machine/access.ts'
import { serverFor, type Making, type Nodes } from '../../pubsub/nodes.ts'
import { refused } from '../../pubsub/xmpp/refused.ts'
import type { PublishedItem } from '../../server/account/facts.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { actorFor } from './asker.ts'

export class Pep {
  readonly #nodes: Nodes
  readonly #defaultsOf: (name: string) => NodeConfig
  readonly #itemsMax: number

  /** @param itemsMax of a node, whatever its configuration allows */
  constructor(nodes: Nodes, defaultsOf: (name: string) => NodeConfig, itemsMax: number) {
    this.#nodes = nodes
    this.#defaultsOf = defaultsOf
    this.#itemsMax = itemsMax
  }
  /** How many items the node keeps, or would keep if it was made now. */
  async capacityOf(owner: Jid, node: string): Promise<number> {
    return countOf(((await this.configOf(owner, node)) ?? this.#defaultsOf(node)).max_items, this.#itemsMax)
  }
  /**
   * The items of a node in the order of publication; null if there is no such node.
   * @param ids only these; those that are not there are left out
   */
  async items(owner: Jid, node: string, ids?: readonly string[]): Promise<readonly PublishedItem[] | null> {
    const there = await this.#nodes.one(owner.bare, node)
    if (there === null) return null
    const heads =
      ids === undefined ? [...there.items.values()] : ids.map((id) => there.items.get(id)).filter((one) => one !== undefined)
    return this.#nodes.items(there, heads)
  }
  /** Is the last item of the node sent to others when they come online? One look into memory. */
  isOffered({ bare }: Jid, node: string): boolean {
    return this.#nodes.index.offeredBy(bare).includes(node)
  }
  /** May this entity read the items of the node? False if there is no such node. */
  async mayRead(account: LocalAccount, node: string, asker: Jid): Promise<boolean> {
    const there = await this.#nodes.one(account.bare.bare, node)
    return there !== null && refusalToRead(there, actorFor(account, asker)) === null
  }
  /** The configuration of a node; null if there is no such node. */
  async configOf(owner: Jid, node: string): Promise<NodeConfig | null> {
    return (await this.#nodes.one(owner.bare, node))?.config ?? null
  }
  /**
   * Publishes items together. The node is made if there is none, as for a client that publishes to it.
   * @param changes how the node is made then, where that is not the default
   * @throws StanzaError
   */
  publish(owner: Jid, node: string, items: readonly PublishedItem[], changes: Partial<NodeConfig> = {}): Promise<void> {
    const make = { defaults: this.#defaultsOf(node), changes }
    return this.#perform(owner, node, { do: 'publish', items, conditions: null }, make)
  }
  /** Removes items, and tells so. @throws StanzaError: one of them is not there */
  retract(owner: Jid, node: string, ids: readonly string[]): Promise<void> {
    return this.#perform(owner, node, { do: 'retract', ids, notify: true }, null)
  }

  async #perform({ bare }: Jid, name: string, command: Command, make: Making | null): Promise<void> {
    const outcome = await this.#nodes.perform({ owner: bare, name, actor: serverFor(bare), command, make })
    if (isRefused(outcome)) throw refused(outcome)
    outcome.tell()
  }
}
