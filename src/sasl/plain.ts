/**
 * PLAIN (RFC 4616): authzid NUL authcid NUL password, in one message. Offered only inside TLS (RFC 6120 13.8). A user that
 * does not exist costs the same derivation as a wrong password (SEC-4).
 */
import { lackingIn } from '../xmpp/credentials.ts'
import { verifyPassword } from './credentials.ts'
import { measureOf } from './measure.ts'
import { preparations } from './preparation.ts'
import { accountOf, mayActAs, textOf } from './identity.ts'
import { failure, success, type Exchange, type Mechanism, type SaslContext, type SaslStep } from './mechanism.ts'
import type { VerifiedPasswords } from './verified-passwords.ts'

/** In octets. RFC 4616 section 2 requires at least 255; RFC 7622 allows an address to be longer. */
const AUTHZID_MAX = 2047
const AUTHCID_MAX = 1023
const PASSWORD_MAX = 1023

class PlainExchange implements Exchange {
  readonly #context: SaslContext
  readonly #verified: VerifiedPasswords
  #over = false

  constructor(context: SaslContext, verified: VerifiedPasswords) {
    this.#context = context
    this.#verified = verified
  }

  step(response: Buffer): SaslStep | Promise<SaslStep> {
    if (this.#over) return failure('malformed-request')
    this.#over = true
    return this.#decide(response)
  }

  async #decide(response: Buffer): Promise<SaslStep> {
    const { domain } = this.#context
    const message = readMessage(response)
    if (message === null) return failure('malformed-request')
    const account = accountOf(message.authcid, domain)
    const password = await preparations(message.password)
    if (account === null || password.length === 0) return failure('not-authorized')

    const measure = await measureOf(this.#context, account)
    const { hash, keys } = measure.password
    if (!this.#verified.has(account.bare, password, keys.storedKey)) {
      const right = await verifyPassword(hash, keys, password)
      if (!right || measure.credentials === null) return failure('not-authorized')
      this.#verified.remember(account.bare, password, keys.storedKey)
    }
    const { credentials } = measure
    if (credentials !== null && lackingIn(credentials).length > 0) await this.#context.renew(account.bare, credentials, password)
    return mayActAs(account, message.authzid) ? success(account) : failure('invalid-authzid')
  }
}

interface PlainMessage {
  readonly authzid: string
  readonly authcid: string
  readonly password: string
}

function readMessage(octets: Buffer): PlainMessage | null {
  const one = octets.indexOf(0)
  const two = one < 0 ? -1 : octets.indexOf(0, one + 1)
  if (two < 0) return null
  const authzid = part(octets.subarray(0, one), 0, AUTHZID_MAX)
  const authcid = part(octets.subarray(one + 1, two), 1, AUTHCID_MAX)
  const password = part(octets.subarray(two + 1), 1, PASSWORD_MAX)
  return authzid === null || authcid === null || password === null ? null : { authzid, authcid, password }
}

const part = (octets: Buffer, min: number, max: number): string | null =>
  octets.length < min || octets.length > max ? null : textOf(octets)

/** PLAIN that remembers in `verified` what need not be derived again. */
export function plain(verified: VerifiedPasswords): Mechanism {
  return { name: 'PLAIN', byPassword: true, start: (context) => new PlainExchange(context, verified) }
}
