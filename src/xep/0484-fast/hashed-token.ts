/**
 * The SASL mechanisms HT-SHA-256-* (draft-schmaus-kitten-sasl-ht-09): a client with a token proves it in one message, by a hash
 * over the channel binding, and receives a proof in return. A user that does not exist, an installation without tokens, and a
 * wrong token take the same time and get the same answer (SEC-4).
 */
import { createHmac } from 'node:crypto'
import type { BindingType } from '../../base/channel-binding.ts'
import { accountOf, textOf } from '../../sasl/identity.ts'
import { failure, success, type Exchange, type SaslContext, type SaslStep } from '../../sasl/mechanism.ts'
import type { InlineMechanism } from '../../server/streams/stream-features.ts'
import type { Element } from '../../xml/element.ts'
import type { Tokens } from './tokens.ts'

export const FAST = 'urn:xmpp:fast:0'

/** The longest localpart (RFC 7622 3.3); the draft requires 255 octets. */
const AUTHCID_MAX = 1023
const COUNT_MAX = 2 ** 31 - 1 // xs:int
const NOTHING = Buffer.alloc(0)

class HashedTokenExchange implements Exchange {
  readonly #name: string
  readonly #binding: BindingType | null
  readonly #tokens: Tokens
  /** 3.4: says that this is a token. */
  readonly #fast: Element | undefined
  readonly #context: SaslContext
  #over = false

  constructor(name: string, binding: BindingType | null, tokens: Tokens, fast: Element | undefined, context: SaslContext) {
    this.#name = name
    this.#binding = binding
    this.#tokens = tokens
    this.#fast = fast
    this.#context = context
  }
  step(response: Buffer): SaslStep | Promise<SaslStep> {
    if (this.#over) return failure('malformed-request')
    this.#over = true
    return this.#decide(response)
  }

  async #decide(response: Buffer): Promise<SaslStep> {
    const { domain, accounts, bindings, device } = this.#context
    const channel = this.#binding === null ? NOTHING : bindings.data(this.#binding)
    if (channel === null) return failure('invalid-mechanism')
    // XEP-0484 3.4, 4.1: a client says that this is a token, and names its installation
    const count = this.#fast === undefined ? 'wrong' : readCount(this.#fast)
    const message = readMessage(response)
    if (count === 'wrong' || message === null || device === null) return failure('malformed-request')
    const account = accountOf(message.authcid, domain)
    if (account === null) return failure('not-authorized')

    const found = await this.#tokens.find({
      owner: account.bare,
      device,
      mechanism: this.#name,
      credentials: await accounts.credentials(account.bare),
      proofOf: (text) => hashed(text, 'Initiator', channel),
      proof: message.hashedToken,
    })
    if (found.kind === 'expired') return failure('credentials-expired') // 4.2
    if (found.kind === 'unknown' || !(await this.#tokens.use(found.row, count))) return failure('not-authorized')
    return success(account, hashed(found.text, 'Responder', channel))
  }
}

const hashed = (token: string, role: 'Initiator' | 'Responder', channel: Buffer): Buffer =>
  createHmac('sha256', token).update(role).update(channel).digest()

/** initiator-msg = authcid NUL initiator-hashed-token */
function readMessage(octets: Buffer): { readonly authcid: string; readonly hashedToken: Buffer } | null {
  const end = octets.indexOf(0)
  const authcid = end < 1 || end > AUTHCID_MAX ? null : textOf(octets.subarray(0, end))
  return authcid === null ? null : { authcid, hashedToken: octets.subarray(end + 1) }
}

/** Null if there is none. */
function readCount(fast: Element): number | null | 'wrong' {
  const text = fast.attr('count')?.trim()
  if (text === undefined) return null
  return /^\+?\d{1,20}$/.test(text) && Number(text) <= COUNT_MAX ? Number(text) : 'wrong'
}

/** The draft's names for the channel bindings of a token, the strongest first; null for none. */
const BINDINGS: readonly (readonly [string, BindingType | null])[] = [
  ['EXPR', 'tls-exporter'],
  ['UNIQ', 'tls-unique'],
  ['ENDP', 'tls-server-end-point'],
  ['NONE', null],
]
export interface HashedTokenMechanism extends InlineMechanism {
  /** The channel binding of the proof; null for none. */
  readonly binding: BindingType | null
}
export const hashedTokenMechanisms = (tokens: Tokens): readonly HashedTokenMechanism[] =>
  BINDINGS.map(([suffix, binding]) => {
    const name = `HT-SHA-256-${suffix}`
    const startFor = (request: Element) => (context: SaslContext) =>
      new HashedTokenExchange(name, binding, tokens, request.child('fast', FAST), context)
    return { name, binding, byPassword: false, startFor }
  })
