/** Which names and passwords a new account may have: XEP-0077 3.1, XEP-0106 (ESC-3), RFC 8265. */
import { jidOf, JidError, prepareLocal, type Jid } from '../../xmpp/jid.ts'
import { opaqueString, PrecisError } from '../../xmpp/precis.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'

export interface Lengths {
  /** The most octets of a name. */
  readonly nameMax: number
  /** The least characters of a password. */
  readonly passwordMin: number
}
/** The most octets of a password: nobody types more, and each one costs time to hash. */
const PASSWORD_OCTETS_MAX = 1023
const ESCAPED_SPACE = '\\20'

/**
 * The localpart that a user means.
 * @throws StanzaError not-acceptable
 */
export function localpart(username: string): string {
  try {
    return prepareLocal(username)
  } catch (error) {
    if (error instanceof JidError) throw refused(error.message)
    throw error
  }
}

/**
 * The address of a new account.
 * @throws StanzaError not-acceptable
 */
export function newAccount(username: string, domain: string, { nameMax }: Lengths): Jid {
  const local = localpart(username)
  // XEP-0106 section 4.2: a localpart does not begin or end with an escaped space
  if (local.startsWith(ESCAPED_SPACE) || local.endsWith(ESCAPED_SPACE)) throw refused('A name may not begin or end with a space')
  if (Buffer.byteLength(local) > nameMax) throw refused('This name is too long')
  return jidOf(local, domain)
}

/** @throws StanzaError not-acceptable */
export function checkPassword(password: string, { passwordMin }: Lengths): void {
  if (password === '') throw refused('A password is needed')
  if ([...password].length < passwordMin) throw refused(`A password needs at least ${passwordMin} characters`)
  if (Buffer.byteLength(password) > PASSWORD_OCTETS_MAX) throw refused('This password is too long')
  try {
    opaqueString(password)
  } catch (error) {
    if (error instanceof PrecisError) throw refused(`This cannot be a password: ${error.message}`)
    throw error
  }
}

const refused = (text: string): StanzaError => new StanzaError('not-acceptable', { text })
