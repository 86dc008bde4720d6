/**
 * XEP-0191 3.3 and 3.4 for presence: who receives unavailable presence after being blocked, and who receives presence again after
 * being unblocked. Subscriptions do not change ("polite blocking", section 4).
 */
import { contactKey, type Account, type Resource } from '../../im/account.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { BlockList } from './block-list.ts'

export interface BlockingOut {
  /** Sends one stanza to each of them. */
  routeAll(packet: Packet, to: readonly Jid[]): void
}

/**
 * Sends unavailable presence of each available resource to every newly blocked entity that saw the user, and of each resource
 * with directed presence to those it was sent to. Each entity is told once, and removed from lists of directed presence.
 */
export function conceal(account: Account, before: BlockList, after: BlockList, out: BlockingOut): void {
  const subscribers = affected(account, before, after)
  for (const resource of account.resources) {
    const told = new Map<string, Jid>()
    if (resource.presence !== null) for (const contact of subscribers) told.set(contact.full, contact)
    for (const to of forgotten(resource, after)) if (!told.has(contactKey(to))) told.set(to.full, to)
    if (told.size > 0) out.routeAll(Packet.of({ kind: 'presence', type: 'unavailable', from: resource.jid }), [...told.values()])
  }
}

/** Those who may see the user and are no longer blocked receive the present presence. */
export function reveal(account: Account, before: BlockList, after: BlockList, out: BlockingOut): void {
  const subscribers = affected(account, after, before)
  if (subscribers.length === 0) return
  for (const { presence } of account.resources) if (presence !== null) out.routeAll(presence, subscribers)
}

/** The contacts whose presence the user sees and that are no longer blocked. */
export const regained = (account: Account, before: BlockList, after: BlockList): readonly Jid[] =>
  account.roster.subscriptions.filter((contact) => before.matches(contact) && !after.matches(contact))

/**
 * Who sees the user's presence under `open` but not under `closed`: contacts with a subscription, and single resources of such
 * contacts.
 */
function affected({ roster }: Account, open: BlockList, closed: BlockList): readonly Jid[] {
  const contacts = roster.subscribers.filter((contact) => closed.matches(contact) && !open.matches(contact))
  for (const entry of closed.entries) {
    const isOneResource = entry.local !== '' && !entry.isBare && roster.isSubscriber(entry.bare)
    if (isOneResource && !open.matches(entry) && !closed.matches(entry.asBare)) contacts.push(entry)
  }
  return contacts
}

/** Removes blocked entities from the resource's list of directed presence (RFC 6121 4.6.3), and returns them. */
function forgotten(resource: Resource, after: BlockList): readonly Jid[] {
  const blocked = [...(resource.directed?.values() ?? [])].filter((to) => after.matches(to))
  for (const to of blocked) resource.directed!.delete(to.full)
  if (resource.directed?.size === 0) resource.directed = null
  return blocked
}
