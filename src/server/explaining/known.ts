/** What is known of a contact on another server, for `explain`: what was heard, and how well it is known at this moment. */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { LocalAccount } from '../account/session.ts'
import type { HeardContacts } from '../contacts/heard.ts'
import type { Links } from '../links/links.ts'
import { standingElsewhere, type Standing } from './standing.ts'

export interface Known {
  /** Those of its resources that are available. */
  readonly resources: readonly { readonly jid: Jid; readonly standing: Standing }[]
  /** Its server has said then that there are none, and nothing against it since; null: it has not. */
  readonly goneAt: Millis | null
}
export interface KnownParts {
  readonly heard: HeardContacts
  readonly links: Links
}

/** What a broken link has left unsaid is not known. */
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
