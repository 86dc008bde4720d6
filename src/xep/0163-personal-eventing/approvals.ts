/** XEP-0060 8.6: the owner is asked to approve subscriptions, at once or when a client of theirs comes online. */
import { isRefused } from '../../pubsub/machine/decide.ts'
import type { Node, Subscription } from '../../pubsub/machine/node.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import { approvalForm, approvalIn, type Approval } from '../../pubsub/xmpp/approving.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { actorFor } from './asker.ts'
import type { Texts } from './texts.ts'

/** Of those that wait, a client that comes online is shown the oldest ones. */
const SHOWN_MAX = 20

export class Approvals {
  readonly #nodes: Nodes
  readonly #texts: Texts

  constructor(nodes: Nodes, texts: Texts) {
    this.#nodes = nodes
    this.#texts = texts
  }
  ask(account: LocalAccount, node: Node, subscription: Subscription, clients: readonly Session[]): void {
    const packet = this.#texts.of(account, node, approvalForm(node, subscription)).with({ type: 'normal' })
    for (const session of clients) if (session.takesPart) session.take(packet.addressedTo(session.jid))
  }
  /** A client of the owner comes online. */
  async remind(session: Session): Promise<void> {
    const { account } = session
    const owner = account.bare.bare
    if (!this.#nodes.index.has(owner)) return
    const nodes = [...(await this.#nodes.of(owner)).values()].filter(({ config }) => config.access_model === 'authorize')
    const waiting = nodes.flatMap((node) =>
      [...node.subscriptions.values()].filter(({ state }) => state === 'pending').map((one) => ({ node, one })),
    )
    for (const { node, one } of waiting.slice(0, SHOWN_MAX)) this.ask(account, node, one, [session])
  }
  /** Is this message of the owner an answer? Then it is carried out, and goes nowhere. */
  takes(account: LocalAccount, packet: Packet): boolean {
    const approval = approvalIn(packet)
    if (approval !== null) void this.#carryOut(account, approval, packet)
    return approval !== null
  }

  async #carryOut(account: LocalAccount, { node: name, jid, isAllowed }: Approval, { from }: Packet): Promise<void> {
    const owner = account.bare.bare
    const before = (await this.#nodes.of(owner)).get(name)?.subscriptions.get(jid)
    if (before?.state !== 'pending') return // another client has answered
    const command = {
      do: 'arrange',
      entries: [{ jid, state: isAllowed ? 'subscribed' : 'none' }],
      subids: [before.subid],
    } as const
    const outcome = await this.#nodes.perform({ owner, name, actor: actorFor(account, from), command, make: null })
    if (!isRefused(outcome)) outcome.tell()
  }
}
