/**
 * XEP-0186: a resource that nobody sees but whom it sends presence directly. To everybody else it has gone; it still gets
 * what is sent to the account (3.1.1), and what it broadcasts is for the server alone.
 */
import type { Millis } from '../base/clock.ts'
import type { Packet } from '../xmpp/packet.ts'
import type { Account, Resource } from './account.ts'
import { ended, readPresence, redeliverPending, type PresenceOut } from './presence.ts'

export type InvisibilityOut<R extends Resource> = Pick<PresenceOut<R>, 'routeAll' | 'toResource' | 'probe' | 'pour'>

/**
 * 3.1: the client goes invisible. Who saw it is told that it has gone, and its last presence was at that moment. One that
 * was never seen has not gone: when the account was last here stays as it was (DEVIATES(25)).
 */
export function becomeInvisible<R extends Resource>(account: Account<R>, me: R, now: Millis, out: InvisibilityOut<R>): void {
  if (me.invisible) return
  const { priority, takesPart } = me
  ended(account, me, now, out)
  me.invisible = true
  me.priority = priority
  if (!takesPart) redeliverPending(account, me, out)
}

/** 3.1.1 rule 3: finds out for it about its contacts, and shows it its siblings. */
export function lookAround<R extends Resource>(account: Account<R>, me: R, out: InvisibilityOut<R>): void {
  for (const { presence } of account.resources) if (presence !== null) out.toResource(presence.addressedTo(account.bare), me)
  const contacts = account.reachable(account.roster.subscriptions)
  if (contacts.length > 0) out.probe(me, contacts)
}

/** 3.2: as before initial presence; whom it has sent presence directly it has still told. */
export function becomeVisible(me: Resource): void {
  if (!me.invisible) return
  me.invisible = false
  me.priority = 0
}

/** 3.1.1 rule 1: presence without an address is not broadcast. Its priority counts for messages (RFC 6121 4.7.2.3). */
export function unseen(me: Resource, sent: Packet): void {
  me.priority = readPresence(sent).priority
}
