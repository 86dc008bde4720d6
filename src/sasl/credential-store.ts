/** What a login needs from durable storage: the port that the account store implements. The key of an account is its bare JID. */
import type { Credentials, Lacking } from '../xmpp/credentials.ts'
import type { Disabled } from './disabled.ts'

export interface CredentialStore {
  /** Null if there is no such account. */
  credentials(bare: string): Promise<Credentials | null>
  /**
   * The credentials of the first account of the domain at or after `place` in the order of names, or of the very first
   * account; null if the domain has none.
   */
  credentialsNear(domain: string, place: string): Promise<Credentials | null>
  /** Null if the account may be used, or if there is none. */
  disabled(bare: string): Promise<Disabled | null>
  /** Replaces `from` by `to`. False if the account was deleted, or has other credentials than `from` by now. */
  upgradeCredentials(bare: string, from: Credentials, to: Credentials): Promise<boolean>
  /** How many accounts of the domain lack which keys: the same object until something changes. */
  lacking(domain: string): Lacking
}
