/** What happens in the nodes of services is told to their subscribers, and some of it to their owners (XEP-0060 7, 8, 12). */
import type { Counter } from '../../base/metrics.ts'
import type { Portions } from '../../base/portions.ts'
import type { NodeFace } from '../../pubsub/face.ts'
import { NO_RELATION } from '../../pubsub/machine/commands.ts'
import { isRefused } from '../../pubsub/machine/decide.ts'
import { refusalToHear } from '../../pubsub/machine/access.ts'
import { bareOf, type Node, type Subscription } from '../../pubsub/machine/node.ts'
import { mayEndAccess, type Plan, type Told } from '../../pubsub/machine/plan.ts'
import { serverFor, type Nodes } from '../../pubsub/nodes.ts'
import { approvalForm } from '../../pubsub/xmpp/approving.ts'
import {
  configEvent,
  deleteEvent,
  headers,
  itemEvent,
  purgeEvent,
  retractEvent,
  subscriptionEvent,
} from '../../pubsub/xmpp/events.ts'
import { waitingAt } from '../../pubsub/xmpp/pending.ts'
import type { Element } from '../../xml/element.ts'
import type { Wire } from '../../xml/wire.ts'
import { delayElement } from '../../xmpp/delay.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { Collections } from './collections.ts'

export interface NoticesParts {
  readonly nodes: Nodes
  readonly portions: Portions
  readonly isOurs: (owner: string) => boolean
  readonly nextId: () => Wire
  readonly send: (packet: Packet) => void
  readonly sent: Counter
  readonly failed: (error: unknown) => void
}

export class Notices implements NodeFace {
  readonly #parts: NoticesParts
  readonly #collections: Collections

  constructor(parts: NoticesParts) {
    this.#parts = parts
    const { nodes, failed } = parts
    const send = (node: Node, payload: readonly Element[], to: readonly string[]): void =>
      this.#send(this.#message(node, ...payload), to)
    this.#collections = new Collections({ nodes, failed, send })
  }
  happened(node: Node, plan: Plan): void {
    if (!this.#parts.isOurs(node.origin.owner)) return
    for (const told of plan.told) this.#tell(node, told)
    this.#collections.happened(node, plan)
    if (mayEndAccess(plan)) this.#later(this.#review(node))
  }

  #tell(node: Node, told: Told): void {
    switch (told.told) {
      case 'item':
        return this.#toAll(node, itemEvent(node, told.item))
      case 'retracted':
        return this.#toAll(node, retractEvent(node, told.ids))
      case 'purged':
        return this.#toAll(node, purgeEvent(node))
      case 'deleted':
        return this.#send(this.#message(node, deleteEvent(node, told.redirect)), [
          ...new Set(Array.from(node.subscriptions.values(), ({ jid }) => jid)),
        ])
      case 'configured':
        if (told.after.notify_config) this.#toAll(node, configEvent(node))
        return
      case 'affiliation':
        return
      case 'subscription': {
        const { subscription, state } = told
        const to = told.to === 'owners' ? node.owners : [subscription.jid]
        return this.#send(this.#message(node, subscriptionEvent(node, subscription, state)), to)
      }
      case 'welcome':
        return this.#later(this.#welcome(node, told.jid))
      case 'request':
        return this.#ask(node, told.subscription, node.owners)
    }
  }
  /** Nobody waits for it. */
  #later(work: Promise<void>): void {
    work.catch(this.#parts.failed)
  }
  /** 8.7: forms for all subscriptions that wait. */
  askAll(node: Node, to: Jid): void {
    for (const one of waitingAt(node)) this.#ask(node, one, [to.full])
  }
  #ask(node: Node, subscription: Subscription, to: readonly string[]): void {
    this.#send(this.#message(node, approvalForm(node, subscription)).with({ type: 'normal' }), to)
  }
  #toAll(node: Node, event: Element): void {
    if (!node.config.deliver_notifications) return
    const receivers = receiversOf(node)
    const once = [...receivers].filter(([, subids]) => subids.length === 1).map(([jid]) => jid)
    this.#send(this.#message(node, event), once)
    // 12.14: whoever has several subscriptions is told once, and by which
    for (const [jid, subids] of receivers)
      if (subids.length > 1) this.#send(this.#message(node, event, headers('SubID', ...subids)), [jid])
  }
  /** 12.2 */
  async #welcome(node: Node, jid: string): Promise<void> {
    const { newest, config, origin } = node
    const isWanted = config.send_last_published_item !== 'never' && config.deliver_notifications
    if (newest === null || newest.seq > node.announcedSeq || !isWanted) return
    const [item] = await this.#parts.nodes.items(node, [newest])
    if (item === undefined || node.newest !== newest) return // subscribers are told of the newer one
    this.#send(this.#message(node, itemEvent(node, item), delayElement(origin.owner, item.at)), [jid])
  }
  /** PUB-7 */
  async #review({ origin: { owner, name } }: Node): Promise<void> {
    const command = { do: 'review', relations: new Map() } as const
    const outcome = await this.#parts.nodes.perform({ owner, name, actor: serverFor(owner), command, make: null })
    if (!isRefused(outcome)) outcome.tell()
  }

  #message({ origin, config }: Node, ...payload: readonly Element[]): Packet {
    // Servers do not keep a headline for those who are away (12.7)
    const type = config.presence_based_delivery ? 'headline' : config.notification_type
    const from = storedJid(origin.owner)
    return Packet.of({ kind: 'message', type, from, id: this.#parts.nextId(), payload: Payload.of(...payload) })
  }
  /** One text for all, in the order of the events. */
  #send(packet: Packet, to: readonly string[]): void {
    const { portions, send, sent } = this.#parts
    portions.do(
      (function* () {
        for (const jid of to) yield send(packet.addressedTo(storedJid(jid)))
      })(),
    )
    sent.add(to.length)
  }
}

/**
 * The addresses that hear of events, each with the ids of its subscriptions. A person who has subscribed the bare address hears of
 * them there, and not at a client once more (PEP-3).
 */
function receiversOf(node: Node): ReadonlyMap<string, readonly string[]> {
  const wanted = [...node.subscriptions.values()].filter(({ state, deliver }) => state === 'subscribed' && deliver)
  const addresses = new Set(wanted.map(({ jid }) => jid))
  const heard = new Map<string, string[]>()
  for (const { jid, subid } of wanted) {
    const bare = bareOf(jid)
    const isTwice = bare !== jid && addresses.has(bare)
    if (isTwice || refusalToHear(node, { bare, relation: NO_RELATION }) !== null) continue
    const subids = heard.get(jid)
    if (subids === undefined) heard.set(jid, [subid])
    else subids.push(subid)
  }
  return heard
}
