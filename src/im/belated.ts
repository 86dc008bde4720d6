/**
 * What could not be sent while the way to a contact was lost, and whether it is still to be said when the way is there
 * again (FED-4). Of each thing the last word counts: who may see whom (RFC 6121 section 3), in two directions, and of
 * each resource that it has gone (4.5). Who is there is told anyway, as he is now.
 */
import type { Packet } from '../xmpp/packet.ts'
import { contactOf, type Account } from './account.ts'

/**
 * Which thing this presence is about; null: nothing that has to be said later. Unavailable presence from a bare address
 * only ever answers a probe (4.3.2 rule 3). It is never said later: meanwhile a resource may have come, whose watchers
 * would take that answer for its end, and after an outage they ask again.
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

/** Would the account say it today? @param account null: it is gone, and with it whatever it granted or wanted */
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
      if (resource === undefined || account.hidden(to!)) return true // XEP-0191 3.3: who is blocked is told so
      return !resource.hasTold(to!) && (resource.presence === null || !isShown)
    }
    default:
      return false
  }
}
