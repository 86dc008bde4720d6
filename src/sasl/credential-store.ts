/** What a login asks of durable storage: the port that the account store implements. Accounts are named by their bare JID. */
import type { Credentials, Lacking } from '../xmpp/credentials.ts'
import type { Disabled } from './disabled.ts'

export interface CredentialStore {
  /** Null: there is no such account. */
  credentials(bare: string): Promise<Credentials | null>
  /**
   * The credentials of the first account of the domain at or behind `place` in the order of names, or of the very first
   * account; null if the domain has none.
   */
  credentialsNear(domain: string, place: string): Promise<Credentials | null>
  /** Null: the account may be used, or there is none. */
  disabled(bare: string): Promise<Disabled | null>
  /** Sets `to` in the place of `from`. False: the account is gone, or has other credentials than `from` by now. */
  upgradeCredentials(bare: string, from: Credentials, to: Credentials): Promise<boolean>
  /** How many accounts of the domain lack which keys: the same object as long as nothing has changed. */
  lacking(domain: string): Lacking
}
