/** Who asks an account for its nodes, and what they may learn (PUB-6). */
import { contactKey } from '../../im/account.ts'
import type { Actor } from '../../pubsub/machine/commands.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'

/** The asker, and how they stand to the owner. */
export function actorFor(account: LocalAccount, from: Jid): Actor {
  const key = contactKey(from)
  const groups = account.roster.item(key)?.groups ?? []
  const seesPresence = from.bare === account.bare.bare || account.roster.isSubscriber(key)
  return { bare: from.bare, full: from.full, relation: { seesPresence, groups }, isServer: false }
}

/** Do the two see each other's presence? */
export function isMutual({ roster }: LocalAccount, contact: Jid): boolean {
  const key = contactKey(contact)
  return roster.isSubscriber(key) && roster.isSubscribedTo(key)
}
