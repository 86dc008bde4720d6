/**
 * For tests: an `out` that records the effects of the rules, one line for each, and short ways to create what the rules
 * work on.
 */
import type { Element } from '../../src/xml/element.ts'
import { wire } from '../../src/xml/wire.ts'
import { jid, type Jid } from '../../src/xmpp/jid.ts'
import { Packet, Payload, type Kind } from '../../src/xmpp/packet.ts'
import { Account, NO_GROUPS, Resource, Roster, type PendingRequest, type RosterItem } from '../../src/im/account.ts'
import type { PresenceOut } from '../../src/im/presence.ts'
import { partsOf, type SubscriptionState } from '../../src/im/subscription.ts'
import type { Pushed, Step, SubscriptionOut } from '../../src/im/subscribing.ts'

const typeOf = (packet: Packet): string => (packet.type === '' ? 'available' : packet.type)

export class Recorder implements PresenceOut, SubscriptionOut {
  readonly lines: string[] = []
  /** The routed stanzas, one for each addressee. */
  readonly routed: Packet[] = []
  /** What was sent to the account's own resources. */
  readonly own: { readonly packet: Packet; readonly resource: Resource }[] = []

  route(packet: Packet): void {
    this.routed.push(packet)
    this.lines.push(`${typeOf(packet)} ${packet.from.full} > ${packet.to!.full}`)
  }
  routeAll(packet: Packet, to: readonly Jid[]): void {
    for (const address of to) this.route(packet.addressedTo(address))
  }
  toResource(packet: Packet, resource: Resource): void {
    this.own.push({ packet, resource })
    this.lines.push(`${typeOf(packet)} ${packet.from.full} >> ${resource.jid.full}`)
  }
  probe(me: Resource, contacts: readonly Jid[]): void {
    for (const contact of contacts) this.lines.push(`probe ${me.jid.full} > ${contact.full}`)
  }
  pour(_me: Resource, steps: Iterator<void>): void {
    while (steps.next().done !== true);
  }
  becameAvailable(me: Resource): void {
    this.lines.push(`became available ${me.jid.full}`)
  }
  toAvailable(packet: Packet): void {
    this.lines.push(`${typeOf(packet)} ${packet.from.full} >> available`)
  }
  toInterested(packet: Packet): void {
    this.lines.push(`${typeOf(packet)} ${packet.from.full} >> interested`)
  }
  push(item: Pushed, version: number): void {
    this.lines.push(`push ${item.jid.full} ${'removed' in item ? 'removed' : shown(item)} v${version}`)
  }
  /** The lines since the last call. */
  take(): string[] {
    this.routed.length = 0
    this.own.length = 0
    return this.lines.splice(0)
  }
}

const shown = (item: RosterItem): string => `${item.subscription}${item.ask ? ' ask' : ''}${item.approved ? ' approved' : ''}`

export interface Parts {
  readonly type?: string
  readonly from: string
  readonly to?: string
  readonly id?: string
  readonly lang?: string
  readonly children?: readonly Element[]
}

/** Makes a stanza from texts. */
export function stanza(kind: Kind, { type = '', from, to, id, lang, children = [] }: Parts): Packet {
  return Packet.of({
    kind,
    type,
    from: jid(from),
    to: to === undefined ? null : jid(to),
    id: id === undefined ? null : wire(id),
    lang: lang === undefined ? null : wire(lang),
    payload: Payload.of(...children),
  })
}
export const presence = (parts: Parts): Packet => stanza('presence', parts)

/** An item without name and groups. */
export function rosterItem(contact: string, subscription: RosterItem['subscription'], approved = false, ask = false): RosterItem {
  return { jid: jid(contact), name: '', groups: NO_GROUPS, subscription, ask, approved }
}

/** The request of `contact` to see `user`. */
export function request(contact: string, user: string, receivedAt = 0): PendingRequest {
  return { from: jid(contact), stanza: presence({ type: 'subscribe', from: contact, to: user }), receivedAt }
}

/**
 * An account with these subscription states, and a roster at version 1. A contact in state 'None' or
 * 'None + Pending In' has no item.
 */
export function accountOf(
  user: string,
  states: Readonly<Record<string, SubscriptionState>> = {},
  resources: readonly string[] = [],
): Account {
  const items: RosterItem[] = []
  const pending: PendingRequest[] = []
  for (const [contact, state] of Object.entries(states)) {
    const parts = partsOf(state)
    if (parts.subscription !== 'none' || parts.ask) items.push(rosterItem(contact, parts.subscription, false, parts.ask))
    if (parts.pending) pending.push(request(contact, user))
  }
  const account = new Account(jid(user), new Roster(1, items, pending))
  for (const resource of resources) account.resources.push(new Resource(jid(`${user}/${resource}`)))
  return account
}

/** Makes the account's resources available, as if they had sent their presence long ago. */
export function allAvailable(account: Account): Account {
  for (const resource of account.resources)
    resource.presence = presence({ from: resource.jid.full, id: `p-${resource.jid.resource}` })
  return account
}

/** Applies a step and runs it, as the server does after storing the change. */
export function perform(account: Account, step: Step): string[] {
  if (step.change !== null) account.roster.apply(step.change)
  const out = new Recorder()
  step.run(out)
  return out.take()
}
