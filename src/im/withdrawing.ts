/**
 * A resource whose client is away for so long that nobody may be shown it any more, although the client may still come back. For
 * all others but rooms it is unavailable. It goes on receiving what is sent to the account's resources, but no messages: those
 * wait in store.
 */
import type { Millis } from '../base/clock.ts'
import type { Jid } from '../xmpp/jid.ts'
import type { Packet } from '../xmpp/packet.ts'
import type { Account, Resource } from './account.ts'
import { ended, readPresence, shownAgain, type PresenceOut } from './presence.ts'

export type WithdrawOut<R extends Resource> = Pick<PresenceOut<R>, 'routeAll' | 'toResource'>

/** @param stays whether this address, to which presence was sent directly, is not told: a room in which the resource stays */
export function withdraw<R extends Resource>(
  account: Account<R>,
  me: R,
  stays: (to: Jid) => boolean,
  now: Millis,
  out: WithdrawOut<R>,
): void {
  const wasAvailable = me.presence !== null
  const kept = [...(me.directed ?? [])].filter(([, to]) => stays(to))
  for (const [full] of kept) me.directed!.delete(full)
  ended(account, me, now, out)
  if (kept.length > 0) me.directed = new Map(kept)
  if (!wasAvailable) return
  me.invisible = true
  me.priority = -1
}

/** The client is back: everybody sees the presence that was withdrawn. */
export function reappear<R extends Resource>(account: Account<R>, me: R, presence: Packet, out: WithdrawOut<R>): void {
  me.invisible = false
  me.presence = presence
  me.priority = readPresence(presence).priority
  shownAgain(account, presence, out)
}
