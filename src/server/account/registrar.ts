/**
 * The life of an account, for extensions and the operator's tools: create it, change its password, delete it. Passwords
 * become keys behind this interface, in the code that knows SASL.
 */
import type { Jid } from '../../xmpp/jid.ts'
import type { Statement } from '../ports.ts'

export interface Registrar {
  /**
   * @param bare a localpart at one of the server's domains
   * @param along what is stored in the same step; 'exists' also if a `required` statement of it changes nothing
   * @throws PrecisError if the password is empty or contains what RFC 8265 section 4 forbids
   */
  create(bare: Jid, password: string, along?: readonly Statement[]): Promise<'created' | 'exists'>
  /**
   * False if there is no such account.
   * @param kept devices that keep what they can use the account with; all others have to log in anew
   * @throws PrecisError as `create`
   */
  changePassword(bare: Jid, password: string, kept?: readonly string[]): Promise<boolean>
  /**
   * From now on nobody can log in, and the sessions end: contacts see the user as unavailable. The data is kept.
   * False if there is no such account.
   * @param reason for the user; '' for none
   */
  disable(bare: Jid, reason: string): Promise<boolean>
  /** False if there is no such account. */
  enable(bare: Jid): Promise<boolean>
  /**
   * Deletes the account, ends its sessions, and ends its subscriptions in both directions (XEP-0077 3.2). Resolves when the
   * contacts on this server have been told. False if there is no such account.
   * @param removed called when the account is deleted from the store, and its sessions can still be told
   */
  delete(bare: Jid, removed?: () => void): Promise<boolean>
}
