/**
 * XEP-0186: a resource that only entities with directed presence see. For all others it is unavailable. It still receives
 * what is sent to the account (3.1.1), and its broadcasts go no further than the server.
 */
import type { Millis } from '../base/clock.ts'
import type { Packet } from '../xmpp/packet.ts'
import type { Account, Resource } from './account.ts'
import { ended, readPresence, redeliverPending, type PresenceOut } from './presence.ts'

export type InvisibilityOut<R extends Resource> = Pick<PresenceOut<R>, 'routeAll' | 'toResource' | 'probe' | 'pour'>

/**
 * 3.1: the client becomes invisible. Everyone who saw it receives unavailable presence, and this is its last presence. A
 * resource that was never available changes nothing about when the account was last available (DEVIATES(25)).
 */
export function becomeInvisible<R extends Resource>(account: Account<R>, me: R, now: Millis, out: InvisibilityOut<R>): void {
  if (me.invisible) return
  const { priority, takesPart } = me
  ended(account, me, now, out)
  me.invisible = true
  me.priority = priority
  if (!takesPart) redeliverPending(account, me, out)
}

/** 3.1.1 rule 3: sends the client the presence of its siblings and probes its contacts. */
export function lookAround<R extends Resource>(account: Account<R>, me: R, out: InvisibilityOut<R>): void {
  for (const { presence } of account.resources) if (presence !== null) out.toResource(presence.addressedTo(account.bare), me)
  const contacts = account.reachable(account.roster.subscriptions)
  if (contacts.length > 0) out.probe(me, contacts)
}

/** 3.2: as before initial presence. Entities to which it sent presence directly still know of it. */
export function becomeVisible(me: Resource): void {
  if (!me.invisible) return
  me.invisible = false
  me.priority = 0
}

/** 3.1.1 rule 1: presence without an address is not broadcast. Its priority counts for messages (RFC 6121 4.7.2.3). */
export function unseen(me: Resource, sent: Packet): void {
  me.priority = readPresence(sent).priority
}
