/**
 * The keys against which a client is checked. A name without an account gets keys that nobody can prove. They look like
 * those of an account of this domain, always the same one. So neither the number of iterations, which changes over the
 * years, nor the time to check a password reveals that the account does not exist (RFC 5802 section 9, SEC-4).
 */
import { createHmac } from 'node:crypto'
import type { SaslContext } from './mechanism.ts'
import { passwordKeys, type Credentials, type ScramHash, type ScramKeys } from '../xmpp/credentials.ts'
import type { Jid } from '../xmpp/jid.ts'
import { fakeKeys } from './credentials.ts'

export interface Measure {
  /** Null if there is no such account. */
  readonly credentials: Credentials | null
  /** The keys for that hash: the account's, or keys that nobody can prove. */
  keys(hash: ScramHash): ScramKeys
  /** The keys against which a plain password is checked. */
  readonly password: { readonly hash: ScramHash; readonly keys: ScramKeys }
}

type Context = Pick<SaslContext, 'accounts' | 'fakeSaltKey' | 'iterations' | 'likeness'>

/** Looks up both at once, whether there is such an account or not. */
export async function measureOf(
  { accounts, likeness, fakeSaltKey, iterations }: Context,
  { bare, domain }: Jid,
): Promise<Measure> {
  const place = lettersOf(createHmac('sha256', fakeSaltKey).update(`likeness\0${bare}`).digest())
  const [credentials, like] = await Promise.all([accounts.credentials(bare), likeness(domain, place)])
  const shape = credentials ?? like
  const usual = shape === null ? iterations : passwordKeys(shape).keys.iterations
  const fake = (hash: ScramHash): ScramKeys => fakeKeys(hash, fakeSaltKey, bare, shape?.[hash]?.iterations ?? usual)
  const keys = (hash: ScramHash): ScramKeys => {
    const made = fake(hash) // also if it is not needed, so that the cost is the same
    return credentials?.[hash] ?? made
  }
  const hash = shape === null ? 'sha-256' : passwordKeys(shape).hash
  return { credentials, keys, password: { hash, keys: keys(hash) } }
}

const PLACE_LETTERS = 12

/** Names begin with letters more often than with digits, so the place among them does too. */
const lettersOf = (octets: Buffer): string =>
  String.fromCharCode(...octets.subarray(0, PLACE_LETTERS).map((octet) => 97 + (octet % 26)))
