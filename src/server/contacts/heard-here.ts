/**
 * Contacts on this server: which of their resources an account may know to be available. Nothing is stored for this: it is
 * read from the accounts in memory when it is needed.
 */
import { contactKey } from '../../im/account.ts'
import type { AvailableResource } from '../../im/heard-resource.ts'
import { capsIn, type Caps } from '../../xmpp/caps.ts'
import type { Payload } from '../../xmpp/packet.ts'
import type { LocalAccount, LocalEndpoint } from '../account/session.ts'

/** @param contact can be the watcher itself, whose resources all see each other */
export function* heardHere(watcher: LocalAccount, contact: LocalAccount): Generator<AvailableResource> {
  const { bare } = watcher
  if (contact.hidden(bare)) return
  const isSubscribed = contact === watcher || contact.roster.isSubscriber(contactKey(bare))
  for (const endpoint of contact.resources) {
    const isBySubscription = isSubscribed && endpoint.presence !== null
    if (isBySubscription || endpoint.sharesWith(bare)) yield availableOf(endpoint, isBySubscription)
  }
}

/** Read once of each presence: an event for a thousand contacts asks for those of all. */
const read = new WeakMap<Payload, Caps | null>()
function capsOf(payload: Payload): Caps | null {
  let caps = read.get(payload)
  if (caps === undefined) read.set(payload, (caps = capsIn(payload)))
  return caps
}

const availableOf = ({ jid, presence, heardAt, signAt }: LocalEndpoint, isBySubscription: boolean): AvailableResource => ({
  jid,
  caps: presence === null ? null : capsOf(presence.payload),
  confirmedAt: Math.max(heardAt, signAt),
  isBySubscription,
})
