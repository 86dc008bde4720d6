/**
 * XEP-0191 3.3 and 3.4 for presence: who is told that the user is gone when he is blocked, and who is shown the
 * user again when he is unblocked. Subscriptions stay as they are ("polite blocking", section 4).
 */
import { contactKey, type Account, type Resource } from '../../im/account.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { BlockList } from './block-list.ts'

export interface BlockingOut {
  /** One stanza to each of them. */
  routeAll(packet: Packet, to: readonly Jid[]): void
}

/**
 * Each available resource goes, for everybody who saw the user and is blocked now; and each resource that sent
 * presence directly, for those it sent it to. Everybody is told once, and forgotten where he was remembered.
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

/** Those who see the user and are not blocked any more get his current presence. */
export function reveal(account: Account, before: BlockList, after: BlockList, out: BlockingOut): void {
  const subscribers = affected(account, after, before)
  if (subscribers.length === 0) return
  for (const { presence } of account.resources) if (presence !== null) out.routeAll(presence, subscribers)
}

/** The contacts whom the user sees and who are not blocked any more. */
export const regained = (account: Account, before: BlockList, after: BlockList): readonly Jid[] =>
  account.roster.subscriptions.filter((contact) => before.matches(contact) && !after.matches(contact))

/**
 * Who sees the user's presence, by `open`, but not by `closed`: contacts with a subscription, and single
 * resources of such contacts.
 */
function affected({ roster }: Account, open: BlockList, closed: BlockList): readonly Jid[] {
  const contacts = roster.subscribers.filter((contact) => closed.matches(contact) && !open.matches(contact))
  for (const entry of closed.entries) {
    const isOneResource = entry.local !== '' && !entry.isBare && roster.isSubscriber(entry.bare)
    if (isOneResource && !open.matches(entry) && !closed.matches(entry.asBare)) contacts.push(entry)
  }
  return contacts
}

/** Strikes from the resource's list of directed presence (RFC 6121 4.6.3) whoever is blocked, and says who that was. */
function forgotten(resource: Resource, after: BlockList): readonly Jid[] {
  const blocked = [...(resource.directed?.values() ?? [])].filter((to) => after.matches(to))
  for (const to of blocked) resource.directed!.delete(to.full)
  if (resource.directed?.size === 0) resource.directed = null
  return blocked
}
