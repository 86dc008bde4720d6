/** What is known of a remote contact, for `explain`: the presence received, and how well it is known now. */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { LocalAccount } from '../account/session.ts'
import type { HeardContacts } from '../contacts/heard.ts'
import type { Links } from '../links/links.ts'
import { standingElsewhere, type Standing } from './standing.ts'

export interface Known {
  /** Its available resources. */
  readonly resources: readonly { readonly jid: Jid; readonly standing: Standing }[]
  /** When its server said that there are none, if nothing has contradicted that since; otherwise null. */
  readonly goneAt: Millis | null
}
export interface KnownParts {
  readonly heard: HeardContacts
  readonly links: Links
}

/** What could not be delivered over a broken link is unknown. */
export function knownOf({ heard, links }: KnownParts, watcher: LocalAccount, contact: Jid): Known {
  const link = links.get(watcher.bare.domain, contact.domain)
  const resources = Array.from(heard.ofAccount(watcher, contact), ({ jid, confirmedAt: at, sign, doubts }) => ({
    jid,
    standing: standingElsewhere(link, { at, sign }, doubts.length > 0),
  }))
  const goneAt = heard.goneAt(watcher, contact)
  const isOld = goneAt !== null && (link?.lostAt ?? 0) > goneAt
  return { resources, goneAt: isOld || resources.length > 0 ? null : goneAt }
}
