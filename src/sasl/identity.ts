/**
 * The identity that a client claims: the simple user name of RFC 6120 6.3.7, which becomes the localpart, and the authorization
 * identity of 6.3.8, which must be a bare JID and can only be the user's own (CORE-17).
 */
import { isUtf8 } from 'node:buffer'
import { jidOf, jidOrNull, prepareLocal, unlessFaulty, type Jid } from '../xmpp/jid.ts'

/** The text; null if the octets are not UTF-8 or contain a NUL, which no mechanism allows. */
export const textOf = (octets: Buffer): string | null => (isUtf8(octets) && !octets.includes(0) ? octets.toString('utf8') : null)

/** The account that a user name stands for on a prepared domain. Null if no account can have such a name. */
export function accountOf(username: string, domain: string): Jid | null {
  return unlessFaulty(() => jidOf(prepareLocal(username), domain))
}

/** A bare JID with a localpart, prepared. Null for any other text. */
export function accountAddress(text: string): Jid | null {
  const address = jidOrNull(text)
  return address !== null && address.local !== '' && address.resource === '' ? address : null
}

/** Whether `account` may act as `authzid`; an empty one means the account itself. */
export function mayActAs(account: Jid, authzid: string): boolean {
  return authzid === '' || accountAddress(authzid)?.bare === account.bare
}
