/**
 * Contacts on this server: which of their resources an account may know to be available. Nothing is stored for this: it is
 * read from the accounts in memory when it is needed.
 */
import { contactKey } from '../../im/account.ts'
import type { AvailableResource } from '../../im/heard-resource.ts'
import { capsIn } from '../../xmpp/caps.ts'
import type { LocalAccount, Session } from '../account/session.ts'

/** @param contact can be the watcher itself, whose resources all see each other */
export function* heardHere(watcher: LocalAccount, contact: LocalAccount): Generator<AvailableResource> {
  const { bare } = watcher
  if (contact.hidden(bare)) return
  const isSubscribed = contact === watcher || contact.roster.isSubscriber(contactKey(bare))
  for (const session of contact.sessions) {
    const isBySubscription = isSubscribed && session.presence !== null
    if (isBySubscription || session.sharesWith(bare)) yield availableOf(session, isBySubscription)
  }
}

const availableOf = ({ jid, presence, heardAt, signAt }: Session, isBySubscription: boolean): AvailableResource => ({
  jid,
  caps: presence === null ? null : capsIn(presence.payload),
  confirmedAt: Math.max(heardAt, signAt),
  isBySubscription,
})
