/**
 * What somebody who wants to log in is measured against. A name without an account is given keys that nobody can prove, and
 * they look like those of an account of this domain, always of the same one: so neither the count of iterations, which
 * changes over the years, nor the time that a password takes tells the two apart (RFC 5802 section 9, SEC-4).
 */
import { createHmac } from 'node:crypto'
import type { SaslContext } from './mechanism.ts'
import { passwordKeys, type Credentials, type ScramHash, type ScramKeys } from '../xmpp/credentials.ts'
import type { Jid } from '../xmpp/jid.ts'
import { fakeKeys } from './credentials.ts'

export interface Measure {
  /** Null: there is no such account. */
  readonly credentials: Credentials | null
  /** Of that hash: the account's, or such as nobody can prove. */
  keys(hash: ScramHash): ScramKeys
  /** The keys that stand for the password itself. */
  readonly password: { readonly hash: ScramHash; readonly keys: ScramKeys }
}

type Context = Pick<SaslContext, 'accounts' | 'fakeSaltKey' | 'iterations' | 'likeness'>

/** Asks for both in one turn, whether there is such an account or not. */
export async function measureOf(
  { accounts, likeness, fakeSaltKey, iterations }: Context,
  { bare, domain }: Jid,
): Promise<Measure> {
  const place = createHmac('sha256', fakeSaltKey).update(`likeness\0${bare}`).digest('hex')
  const [credentials, like] = await Promise.all([accounts.credentials(bare), likeness(domain, inAlphabet(place))])
  const shape = credentials ?? like
  const usual = shape === null ? iterations : passwordKeys(shape).keys.iterations
  const fake = (hash: ScramHash): ScramKeys => fakeKeys(hash, fakeSaltKey, bare, shape?.[hash]?.iterations ?? usual)
  const keys = (hash: ScramHash): ScramKeys => {
    const made = fake(hash) // also where it is not needed: it costs the same
    return credentials?.[hash] ?? made
  }
  const hash = shape === null ? 'sha-256' : passwordKeys(shape).hash
  return { credentials, keys, password: { hash, keys: keys(hash) } }
}

/** Names begin with letters rather than digits: so does a place among them. */
const inAlphabet = (hex: string): string =>
  BigInt(`0x${hex}`)
    .toString(26)
    .replace(/./g, (d) => String.fromCharCode(97 + Number.parseInt(d, 26)))
