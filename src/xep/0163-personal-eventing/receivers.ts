/**
 * Who hears of a node of an account (PEP-3, PEP-10): its own clients and those of contacts that want to, by their capabilities;
 * those who have sent presence directly, of nodes that are open; and those who have subscribed, whatever they can. Nobody twice.
 */
import type { AvailableResource } from '../../im/heard-resource.ts'
import { refusalToHear, refusalToRead } from '../../pubsub/machine/access.ts'
import type { Actor } from '../../pubsub/machine/commands.ts'
import { bareOf, type Node, type Subscription } from '../../pubsub/machine/node.ts'
import type { HeardContacts } from '../../server/contacts/heard.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Router } from '../../server/routing/router.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { actorFor } from './asker.ts'
import type { Bounced } from './bounced.ts'
import type { DirectSenders } from './direct-senders.ts'
import type { Interests } from './interests.ts'
import type { UnderWay } from './under-way.ts'

export interface ReceiversParts {
  readonly router: Router
  readonly heard: HeardContacts
  readonly interests: Interests
  readonly directSenders: DirectSenders
  readonly bounced: Bounced
  readonly underWay: UnderWay
}

export class Receivers {
  readonly #parts: ReceiversParts

  constructor(parts: ReceiversParts) {
    this.#parts = parts
  }
  /**
   * Sends the message, one text for all (PEP-18), to everybody who may and wants to hear of the node.
   * @param forContacts what those are sent who see the presence of the owner
   * @returns the resources elsewhere of which it is not known yet what they want
   */
  send(account: LocalAccount, node: Node, packet: Packet, forContacts: Packet): readonly AvailableResource[] {
    const told = new Set<string>()
    for (const session of account.sessions) if (this.#wantsOwn(session, node)) this.#toSession(session, forContacts, told)
    const unknown = [...this.#toContacts(account, node, forContacts, told)]
    if (node.config.access_model === 'open') this.#toDirectSenders(account, node, packet, told)
    this.#toSubscribers(account, node, packet, forContacts, told)
    this.#parts.underWay.tell(account.bare, told, node.origin.name)
    return unknown
  }
  /** Contacts that share presence with the account both ways, so that it knows when they are there. */
  *contacts(account: LocalAccount): Generator<Jid> {
    for (const contact of account.audience) if (account.roster.isSubscribedTo(contact.full)) yield contact
  }
  /** The available resources of a contact of whom the account knows by subscription. */
  *resources(account: LocalAccount, contact: Jid): Generator<AvailableResource> {
    for (const one of this.#parts.heard.available(account, contact)) if (one.isBySubscription) yield one
  }

  #wantsOwn(session: Session, { origin }: Node): boolean {
    return session.takesPart && this.#parts.interests.wants(session, origin.name)
  }
  #toSession(session: Session, packet: Packet, told: Set<string>): void {
    told.add(session.jid.full)
    session.take(packet.addressedTo(session.jid))
  }
  *#toContacts(account: LocalAccount, node: Node, packet: Packet, told: Set<string>): Generator<AvailableResource> {
    const { interests, router } = this.#parts
    const { name } = node.origin
    for (const contact of this.contacts(account)) {
      if (refusalToRead(node, actorFor(account, contact)) !== null) continue
      for (const resource of this.resources(account, contact)) {
        const names = interests.ofResource(resource)
        if (names?.has(name) === true) this.#to(account, resource.jid, packet, told)
        else if (names === null && router.placeOf(resource.jid) !== 'here') yield resource
      }
    }
  }
  #toDirectSenders(account: LocalAccount, node: Node, packet: Packet, told: Set<string>): void {
    const { directSenders, interests } = this.#parts
    for (const sender of directSenders.of(account)) {
      const isOut = told.has(sender.jid.full) || account.hidden(sender.jid) || node.affiliationOf(sender.jid.bare) === 'outcast'
      if (!isOut && interests.ofResource(sender)?.has(node.origin.name) === true) this.#to(account, sender.jid, packet, told)
    }
  }
  /** A subscription of a bare JID is met by its clients that were told already. */
  #toSubscribers(account: LocalAccount, node: Node, packet: Packet, forContacts: Packet, told: Set<string>): void {
    if (node.subscriptions.size === 0) return
    const all = [...node.subscriptions.values()].filter(({ state, deliver }) => state === 'subscribed' && deliver)
    const isFull = ({ jid }: Subscription): boolean => bareOf(jid) !== jid
    const textFor = (actor: Actor): Packet => (actor.relation.seesPresence ? forContacts : packet)
    this.#toThose(account, node, all.filter(isFull), textFor, told)
    const bares = new Set(Array.from(told, bareOf))
    this.#toThose(
      account,
      node,
      all.filter((one) => !isFull(one) && !bares.has(one.jid)),
      textFor,
      told,
    )
  }
  #toThose(
    account: LocalAccount,
    node: Node,
    some: readonly Subscription[],
    textFor: (actor: Actor) => Packet,
    told: Set<string>,
  ): void {
    for (const { jid } of some) {
      if (told.has(jid)) continue
      const to = storedJid(jid)
      const actor = actorFor(account, to)
      const isOut = account.hidden(to) || refusalToHear(node, actor) !== null
      if (!isOut) this.#to(account, to, textFor(actor), told)
    }
  }
  #to(account: LocalAccount, to: Jid, packet: Packet, told: Set<string>): void {
    if (this.#parts.bounced.isSilent(account, to)) return
    told.add(to.full)
    this.#parts.router.routeQuietly(packet.addressedTo(to))
  }
}
