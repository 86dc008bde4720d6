/**
 * EXTERNAL for clients (RFC 4422 appendix A, XEP-0178 section 2): the certificate that TLS has verified proves the identity.
 * Only addresses of this stream's domain that belong to an account count. If there is one, it is used; if there are several,
 * the client must choose (SEC-5). A certificate without any address cannot be used.
 */
import type { Jid } from '../xmpp/jid.ts'
import { accountAddress, textOf } from './identity.ts'
import { failure, success, type Exchange, type Mechanism, type SaslContext, type SaslStep } from './mechanism.ts'

/** The most octets of an authzid: the longest bare JID (RFC 7622 3.1). */
const AUTHZID_MAX = 2047
/** The most addresses of one certificate that are looked up. */
const ADDRESSES_MAX = 16

class ExternalExchange implements Exchange {
  readonly #context: SaslContext
  #over = false

  constructor(context: SaslContext) {
    this.#context = context
  }

  step(response: Buffer): SaslStep | Promise<SaslStep> {
    if (this.#over) return failure('malformed-request')
    this.#over = true
    const authzid = response.length > AUTHZID_MAX ? null : textOf(response)
    return authzid === null ? failure('malformed-request') : this.#decide(authzid)
  }

  async #decide(authzid: string): Promise<SaslStep> {
    const candidates = await this.#candidates()
    const [only, another] = candidates
    if (only === undefined) return failure('not-authorized')
    if (authzid === '') return another === undefined ? success(only) : failure('invalid-authzid')
    const wanted = accountAddress(authzid)
    const chosen = candidates.find((jid) => jid.bare === wanted?.bare)
    return chosen === undefined ? failure('invalid-authzid') : success(chosen)
  }

  async #candidates(): Promise<readonly Jid[]> {
    const { certificate, domain, accounts } = this.#context
    const found = new Map<string, Jid>()
    for (const address of certificate?.xmppAddrs.slice(0, ADDRESSES_MAX) ?? []) {
      const jid = accountAddress(address)
      if (jid === null || jid.domain !== domain || found.has(jid.bare)) continue
      if ((await accounts.credentials(jid.bare)) !== null) found.set(jid.bare, jid)
    }
    return [...found.values()]
  }
}

export const external: Mechanism = { name: 'EXTERNAL', byPassword: false, start: (context) => new ExternalExchange(context) }
