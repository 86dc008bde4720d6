/**
 * The life of an account, as extensions and the operator's tools ask for it: an account comes to be, gets
 * another password, and goes. Passwords become keys behind this interface, where SASL is known.
 */
import type { Jid } from '../../xmpp/jid.ts'

export interface Registrar {
  /**
   * @param bare a localpart at one of the server's domains
   * @throws PrecisError when the password is empty or holds what RFC 8265 section 4 forbids
   */
  create(bare: Jid, password: string): Promise<'created' | 'exists'>
  /**
   * False: no such account.
   * @throws PrecisError as `create`
   */
  changePassword(bare: Jid, password: string): Promise<boolean>
  /**
   * Nobody can log in from now on, and its sessions end: contacts see it go. What is kept of it stays.
   * False: no such account.
   * @param reason for whoever has the account; '' for none
   */
  disable(bare: Jid, reason: string): Promise<boolean>
  /** False: no such account. */
  enable(bare: Jid): Promise<boolean>
  /**
   * Removes the account, ends its sessions, and takes back its subscriptions, both ways (XEP-0077 3.2): resolves
   * when the contacts on this server have it. False: no such account.
   * @param removed called in between: the account is gone from the store, and its sessions can still be told
   */
  delete(bare: Jid, removed?: () => void): Promise<boolean>
}
