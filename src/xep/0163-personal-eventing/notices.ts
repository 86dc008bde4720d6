/** What happens in the nodes of accounts is told to those who hear of it (XEP-0060 7 to 9, 12). */
import type { AvailableResource } from '../../im/heard-resource.ts'
import type { NodeFace } from '../../pubsub/face.ts'
import { refusalToRead, type Earlier } from '../../pubsub/machine/access.ts'
import type { Node } from '../../pubsub/machine/node.ts'
import { mayEndAccess, type Plan, type Told } from '../../pubsub/machine/plan.ts'
import { configEvent, deleteEvent, itemEvent, purgeEvent, retractEvent, subscriptionEvent } from '../../pubsub/xmpp/events.ts'
import type { Nodes } from '../../pubsub/nodes.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { AccountsOf } from './accounts-of.ts'
import type { Approvals } from './approvals.ts'
import { actorFor } from './asker.ts'
import type { Interests } from './interests.ts'
import type { Offers } from './offers.ts'
import type { Receivers } from './receivers.ts'
import { review } from './reviewing.ts'
import type { Texts } from './texts.ts'

export interface NoticesParts {
  readonly host: Host
  readonly nodes: Nodes
  readonly accounts: AccountsOf
  readonly interests: Interests
  readonly receivers: Receivers
  readonly offers: Offers
  readonly texts: Texts
  readonly approvals: Approvals
}

export class Notices implements NodeFace {
  readonly #parts: NoticesParts

  constructor(parts: NoticesParts) {
    this.#parts = parts
  }
  happened(node: Node, plan: Plan): void {
    const owner = storedJid(node.origin.owner)
    const { accounts } = this.#parts
    if (!accounts.isOurs(owner)) return
    this.#tellFact(owner, node, plan)
    if (plan.told.length > 0) void accounts.use(owner, (account) => this.#tell(account, node, plan))
  }

  #tellFact(owner: Jid, { origin }: Node, { changes }: Plan): void {
    if (changes.some(({ change }) => change === 'config')) this.#parts.host.tell('node-configured', { owner, node: origin.name })
    const published = changes.flatMap((one) => (one.change === 'item' ? [one.item] : []))
    const removed = changes.flatMap((one) => (one.change === 'no-item' ? [one.id] : []))
    const isEmptied = changes.some(({ change }) => change === 'no-items' || change === 'deleted')
    if (published.length + removed.length === 0 && !isEmptied) return
    this.#parts.host.tell('items-changed', { owner, node: origin.name, published, removed, isEmptied })
  }
  #tell(account: LocalAccount, node: Node, plan: Plan): void {
    const { accounts, nodes } = this.#parts
    for (const told of plan.told) this.#tellOne(account, node, told)
    if (mayEndAccess(plan)) accounts.later(review(account, nodes))
  }
  #tellOne(account: LocalAccount, node: Node, told: Told): void {
    switch (told.told) {
      case 'item':
        return this.#toAll(account, node, itemEvent(node, told.item), told.item.publisher)
      case 'retracted':
        return this.#toAll(account, node, retractEvent(node, told.ids))
      case 'purged':
        return this.#toAll(account, node, purgeEvent(node))
      case 'deleted':
        return this.#toAll(account, node, deleteEvent(node, told.redirect))
      case 'configured':
        if (told.after.notify_config) this.#toAll(account, node, configEvent(node))
        return this.#letIn(account, node, { config: told.before })
      case 'affiliation':
        return this.#letIn(account, node, { affiliation: told.before }, storedJid(told.jid))
      case 'subscription':
        return this.#subscription(account, node, told)
      case 'welcome':
        return this.#parts.accounts.later(this.#parts.offers.welcome(account, node, storedJid(told.jid)))
      case 'request':
        return this.#parts.approvals.ask(account, node, told.subscription, account.sessions)
    }
  }
  #toAll(account: LocalAccount, node: Node, event: Element, publisher: string | null = null): void {
    if (!node.config.deliver_notifications) return
    const { receivers, texts, offers } = this.#parts
    const packet = texts.of(account, node, event)
    const unknown = receivers.send(account, node, packet, texts.forContacts(packet, publisher))
    // They are sent the last item when it is known that they want it
    for (const resource of unknown) offers.toResource(account, resource)
  }
  #subscription(account: LocalAccount, node: Node, { to, subscription, state }: Extract<Told, { told: 'subscription' }>): void {
    const packet = this.#parts.texts.of(account, node, subscriptionEvent(node, subscription, state))
    if (to === 'subscriber') this.#parts.host.router.routeQuietly(packet.addressedTo(storedJid(subscription.jid)))
    else for (const session of account.sessions) if (session.takesPart) session.take(packet.addressedTo(session.jid))
  }

  /** Those who may see the node from now on, and could not, get its last item. @param only null: everybody */
  #letIn(account: LocalAccount, node: Node, before: Earlier, only: Jid | null = null): void {
    const { receivers } = this.#parts
    for (const contact of receivers.contacts(account)) {
      if (only !== null && contact.bare !== only.bare) continue
      const actor = actorFor(account, contact)
      if (refusalToRead(node, actor, before) === null || refusalToRead(node, actor) !== null) continue
      for (const resource of receivers.resources(account, contact)) this.#offer(account, node, resource)
    }
  }
  #offer(account: LocalAccount, node: Node, resource: AvailableResource): void {
    const { interests, offers } = this.#parts
    const { name } = node.origin
    if (interests.ofResource(resource)?.has(name) === true) void offers.toOne(account.bare, resource.jid, [name])
  }
}
