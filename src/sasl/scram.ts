/**
 * SCRAM (RFC 5802; RFC 7677 with SHA-256; the same with SHA-512), each with its -PLUS variant, bound to the TLS channel by
 * tls-exporter (RFC 9266), tls-unique or tls-server-end-point (RFC 5929).
 *
 * A user that does not exist passes the same steps as an existing one, with keys that nobody can prove: both get messages of
 * the same shape and the same failure at the same point (SEC-4). Only a client that has proved the password learns whether
 * its authzid is allowed. What was offered is repeated under the proof (XEP-0474).
 */
import { timingSafeEqual } from 'node:crypto'
import { isBindingType } from '../base/channel-binding.ts'
import { token } from '../base/entropy.ts'
import type { ScramHash, ScramKeys } from '../xmpp/credentials.ts'
import type { Jid } from '../xmpp/jid.ts'
import { digestOf, provenPair, serverSignature } from './credentials.ts'
import { measureOf } from './measure.ts'
import { accountOf, mayActAs } from './identity.ts'
import { challenge, failure, success } from './mechanism.ts'
import type { Exchange, Mechanism, SaslCondition, SaslContext, SaslStep } from './mechanism.ts'
import { readClientFinal, readClientFirst, type ClientFirst } from './scram-messages.ts'

const NOTHING = Buffer.alloc(0)

/** What the second message is checked against. */
interface Pending {
  readonly first: ClientFirst
  readonly account: Jid
  readonly known: boolean
  readonly keys: ScramKeys
  readonly nonce: string
  readonly serverFirst: string
  /** cbind-input (RFC 5802 section 7): the GS2 header and the data of the channel. */
  readonly binding: Buffer
}

export class ScramExchange implements Exchange {
  readonly #hash: ScramHash
  readonly #plus: boolean
  readonly #context: SaslContext
  readonly #serverNonce: string
  #pending: Pending | null = null
  #begun = false

  constructor(hash: ScramHash, plus: boolean, context: SaslContext, serverNonce: string) {
    this.#hash = hash
    this.#plus = plus
    this.#context = context
    this.#serverNonce = serverNonce
  }

  step(response: Buffer): SaslStep | Promise<SaslStep> {
    if (!this.#begun) {
      this.#begun = true
      return this.#greet(response)
    }
    const pending = this.#pending
    this.#pending = null
    return pending === null ? failure('malformed-request') : this.#conclude(pending, response)
  }

  async #greet(response: Buffer): Promise<SaslStep> {
    const { domain } = this.#context
    const first = readClientFirst(response)
    if (first === null) return failure('malformed-request')
    const refusal = this.#refusal(first)
    if (refusal !== null) return failure(refusal)
    const account = accountOf(first.username, domain)
    if (account === null) return failure('not-authorized')

    const measure = await measureOf(this.#context, account)
    const keys = measure.keys(this.#hash)
    const nonce = first.nonce + this.#serverNonce
    const serverFirst = `r=${nonce},s=${keys.salt},i=${keys.iterations}${this.#advertised()}`
    const binding = Buffer.concat([Buffer.from(first.header), this.#channelData(first) ?? NOTHING])
    this.#pending = { first, account, known: measure.credentials?.[this.#hash] !== undefined, keys, nonce, serverFirst, binding }
    return challenge(Buffer.from(serverFirst))
  }

  /** XEP-0474 4.1, step 5: the proof covers it, so that an attacker on the way cannot have changed what was offered. */
  #advertised(): string {
    const { advertised } = this.#context
    return advertised === null ? '' : `,h=${digestOf(this.#hash, advertised)}`
  }

  /** RFC 5802 section 6: whether the client's channel binding flag matches what it was offered and asked for. */
  #refusal(first: ClientFirst): SaslCondition | null {
    // The name of the mechanism says whether the client binds; a flag that differs is not SCRAM (RFC 5801 section 5).
    if ((first.flag === 'p') !== this.#plus) return 'malformed-request'
    // Somebody between us has taken the -PLUS mechanisms out of the list.
    if (first.flag === 'y' && this.#context.plusKnown) return 'not-authorized'
    if (first.flag === 'p' && this.#channelData(first) === null) return 'not-authorized'
    return null
  }

  /** Null: the client does not bind, or names a type that this channel does not have. One that was not offered is taken. */
  #channelData({ binding }: ClientFirst): Buffer | null {
    return isBindingType(binding) ? this.#context.bindings.data(binding) : null
  }

  #conclude(pending: Pending, response: Buffer): SaslStep {
    const final = readClientFinal(response)
    if (final === null) return failure('malformed-request')
    const authMessage = `${pending.first.bare},${pending.serverFirst},${final.withoutProof}`
    const proven = provenPair(this.#hash, pending.keys, authMessage, final.proof)
    const sameNonce = equal(Buffer.from(final.nonce), Buffer.from(pending.nonce))
    const sameChannel = equal(final.binding, pending.binding)
    if (proven === null || !sameNonce || !sameChannel || !pending.known) return failure('not-authorized')
    if (!mayActAs(pending.account, pending.first.authzid)) return failure('invalid-authzid')
    const signature = serverSignature(this.#hash, proven, authMessage) // of the pair that the client has
    return success(pending.account, Buffer.from(`v=${signature.toString('base64')}`))
  }
}

const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)

/** `SCRAM-SHA-256` and its kin, by hash and whether it binds to the channel. */
export function scram(hash: ScramHash, plus: boolean): Mechanism {
  return {
    name: `SCRAM-${hash.toUpperCase()}${plus ? '-PLUS' : ''}`,
    byPassword: true,
    start: (context) => new ScramExchange(hash, plus, context, token(context.entropy)),
  }
}
