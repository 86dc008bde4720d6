/** XEP-0163 6, XEP-0060 5: what service discovery says of an account's nodes. */
import { refusalToRead } from '../../pubsub/machine/access.ts'
import type { Node } from '../../pubsub/machine/node.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import { metaForm } from '../../pubsub/xmpp/forms.ts'
import { META_DATA, PUBSUB } from '../../pubsub/xmpp/ns.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { AccountNodes, DiscoNode, ListedNode } from '../../server/routing/disco-book.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { actorFor } from './asker.ts'

export class NodesInDisco implements AccountNodes {
  readonly #nodes: Nodes

  constructor(nodes: Nodes) {
    this.#nodes = nodes
  }
  async info(account: LocalAccount, asker: Jid, name: string): Promise<DiscoNode | null> {
    const node = (await this.#visible(account, asker)).find(({ origin }) => origin.name === name)
    if (node === undefined) return null
    const { title } = node.config
    return {
      identities: [{ category: 'pubsub', type: 'leaf', ...(title === '' ? {} : { name: title }) }],
      features: [PUBSUB, META_DATA],
      items: [],
      forms: [metaForm(node, formatDateTime(node.origin.createdAt))],
    }
  }
  async items(account: LocalAccount, asker: Jid, name: string | null): Promise<readonly ListedNode[] | null> {
    const visible = await this.#visible(account, asker)
    if (name === null) return visible.map(({ origin, config }) => ({ node: origin.name, name: config.title || null }))
    const node = visible.find(({ origin }) => origin.name === name)
    return node === undefined ? null : Array.from(node.items.keys(), (id) => ({ node: null, name: id }))
  }

  /** 6.2: those that the asker may see. */
  async #visible(account: LocalAccount, asker: Jid): Promise<readonly Node[]> {
    const actor = actorFor(account, asker)
    const all = [...(await this.#nodes.of(account.bare.bare)).values()]
    return all.filter((node) => refusalToRead(node, actor) === null)
  }
}
