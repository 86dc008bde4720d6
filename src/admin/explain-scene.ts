/** The situation that `porchlight explain` explains: the watcher, the contact, and what this server knows of both. */
import type { LocalAccount, LocalEndpoint } from '../server/account/session.ts'
import type { Host } from '../server/feature.ts'
import type { Link } from '../server/links/links.ts'
import type { Known } from '../server/explaining/known.ts'
import type { Jid } from '../xmpp/jid.ts'

export type ExplainParts = Pick<Host, 'accounts' | 'domains' | 'links' | 'heard' | 'journal' | 'witnesses' | 'router'>

/** A watcher here, and a contact here or on another server. */
export interface Scene {
  readonly host: ExplainParts
  readonly alice: LocalAccount
  readonly contact: Jid
  readonly isLocal: boolean
  /** Null if the contact is on another server, or has no account. */
  readonly bob: LocalAccount | null
  /** Null if the contact is on this server. */
  readonly known: Known | null
}

export const isAvailable = ({ presence }: LocalEndpoint): boolean => presence !== null
export const sees = ({ alice, contact }: Scene): boolean => alice.roster.isSubscribedTo(contact.bare)
export const isShownTo = ({ bob, alice }: Scene): boolean => bob !== null && bob.roster.isSubscriber(alice.bare.bare)
/** Has a resource of the contact sent its presence directly to the watcher, or to one of the watcher's resources? */
export const isTold = ({ bob, alice }: Scene): boolean =>
  bob !== null && bob.resources.some((s) => s.hasTold(alice.bare) || alice.sessions.some(({ jid }) => s.hasTold(jid)))

export const isBroken = (link: Link | undefined): boolean => link?.state === 'suspect' || link?.state === 'down'
export const resourcesWords = (n: number): string => `${n} ${n === 1 ? 'resource' : 'resources'}`
