/**
 * Presence that could not be sent while a link was down, and whether to send it when the link is up again (FED-4). For
 * each matter only the last stanza counts: who may see whom (RFC 6121 section 3), in two directions, and that a resource
 * became unavailable (4.5). Available presence is not kept here: current presence is sent anyway.
 */
import type { Packet } from '../xmpp/packet.ts'
import { contactOf, type Account } from './account.ts'

/**
 * The matter that this presence is about; null if it need not be sent later. Unavailable presence from a bare address
 * only answers a probe (4.3.2 rule 3) and is never sent later: a resource may have become available meanwhile, and its
 * watchers would take the old answer for its end. They probe again after an outage anyway.
 */
export function matterOf({ type, from, to }: Packet): string | null {
  switch (type) {
    case 'subscribe':
    case 'unsubscribe':
      return `watch ${from.bare} ${to!.full}`
    case 'subscribed':
    case 'unsubscribed':
      return `show ${from.bare} ${to!.full}`
    case 'unavailable':
      return from.isBare ? null : `gone ${from.full} ${to!.full}`
    default:
      return null
  }
}

/** Is the stanza still true of the account? @param account null if the account, with all its subscriptions, is deleted */
export function isStillToBeSaid(account: Account | null, { type, from, to }: Packet): boolean {
  if (account === null) return type === 'unsubscribe' || type === 'unsubscribed' || type === 'unavailable'
  const { roster } = account
  const contact = contactOf(to!).full
  const isAsked = roster.item(contact)?.ask === true
  const isShown = roster.isSubscriber(contact)
  switch (type) {
    case 'subscribe':
      return isAsked && !account.hidden(to!)
    case 'unsubscribe':
      return !isAsked && !roster.isSubscribedTo(contact)
    case 'subscribed':
      return isShown && !account.hidden(to!)
    case 'unsubscribed':
      return !isShown && roster.pendingFrom(contact) === undefined
    case 'unavailable': {
      const resource = account.resource(from.full)
      if (resource === undefined || account.hidden(to!)) return true // XEP-0191 3.3: a blocked contact is told so
      return !resource.hasTold(to!) && (resource.presence === null || !isShown)
    }
    default:
      return false
  }
}
