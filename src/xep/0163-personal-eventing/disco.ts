/** XEP-0163 6, XEP-0060 5: what service discovery says of an account's nodes. */
import { refusalToRead } from '../../pubsub/machine/access.ts'
import type { Node } from '../../pubsub/machine/node.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import { describedNode } from '../../pubsub/xmpp/described.ts'
import { commandNodes } from '../../pubsub/xmpp/pending.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { AccountNodes, DiscoNode, ListedNode } from '../../server/routing/disco-book.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { COMMANDS } from '../0050-ad-hoc-commands/index.ts'
import { actorFor } from './asker.ts'

/** 8.7: for the owner. */
const COMMAND_NODES = commandNodes(COMMANDS)

export class NodesInDisco implements AccountNodes {
  readonly #nodes: Nodes

  constructor(nodes: Nodes) {
    this.#nodes = nodes
  }
  async info(account: LocalAccount, asker: Jid, name: string): Promise<DiscoNode | null> {
    const command = asker.bare === account.bare.bare ? COMMAND_NODES.get(name) : undefined
    if (command !== undefined) return command
    const node = await this.#one(account, asker, name)
    return node === null ? null : describedNode(node, true)
  }
  async items(account: LocalAccount, asker: Jid, name: string | null): Promise<readonly ListedNode[] | null> {
    if (name === COMMANDS) return asker.bare === account.bare.bare ? COMMAND_NODES.get(COMMANDS)!.items : null
    if (name === null) return this.#all(account, asker)
    const node = await this.#one(account, asker, name)
    return node === null ? null : Array.from(node.items.keys(), (id) => ({ node: null, name: id }))
  }

  /** 6.2: those that the asker may see. */
  async #all(account: LocalAccount, asker: Jid): Promise<readonly ListedNode[]> {
    const actor = actorFor(account, asker)
    const visible: ListedNode[] = []
    for await (const node of this.#nodes.each(account.bare.bare))
      if (refusalToRead(node, actor) === null) visible.push({ node: node.origin.name, name: node.config.title || null })
    return visible
  }
  async #one(account: LocalAccount, asker: Jid, name: string): Promise<Node | null> {
    const node = await this.#nodes.one(account.bare.bare, name)
    return node !== null && refusalToRead(node, actorFor(account, asker)) === null ? node : null
  }
}
