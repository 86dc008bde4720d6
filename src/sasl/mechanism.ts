/**
 * The shape of a SASL mechanism (RFC 4422), seen from the server: what it is given, what it answers, and the
 * closed list of ways to fail (RFC 6120 6.5). An exchange is a machine: octets in, a step out. Base64, XML,
 * retries and the comparison with the stream's `from` are the negotiation's.
 */
import type { ChannelBindings } from '../base/channel-binding.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Credentials } from '../xmpp/credentials.ts'
import type { Jid } from '../xmpp/jid.ts'

/** RFC 6120 6.5.1 to 6.5.11. */
export type SaslCondition =
  | 'aborted'
  | 'account-disabled'
  | 'credentials-expired'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'mechanism-too-weak'
  | 'not-authorized'
  | 'temporary-auth-failure'

export interface SaslChallenge {
  readonly kind: 'challenge'
  readonly data: Buffer
}
export interface SaslSuccess {
  readonly kind: 'success'
  /** What the mechanism still has to say; null: nothing. An empty buffer is "additional data of zero length" (6.4.6). */
  readonly data: Buffer | null
  readonly jid: Jid
}
export interface SaslFailure {
  readonly kind: 'failure'
  readonly condition: SaslCondition
  /** For people; null: the condition says it all. */
  readonly text: string | null
}
export type SaslStep = SaslChallenge | SaslSuccess | SaslFailure

export interface Exchange {
  /**
   * Takes the client's next octets, at first the initial response; one call at a time. After a success or a
   * failure the exchange is over and every further step fails. Rejects only when the credential source
   * does: the client is then told 'temporary-auth-failure' (6.5.11).
   */
  step(response: Buffer): SaslStep | Promise<SaslStep>
}

export interface CredentialSource {
  /** Null: there is no such account. */
  credentials(bare: string): Promise<Credentials | null>
}

/** What a client certificate says of its owner. Only of a certificate whose chain and validity were checked. */
export interface ClientIdentity {
  /** id-on-xmppAddr (RFC 6120 13.7.1.4), as written there. */
  readonly xmppAddrs: readonly string[]
}

export interface SaslContext {
  /** The prepared domain whose accounts may log in on this stream. */
  readonly domain: string
  readonly accounts: CredentialSource
  /** Those of some account of the domain, the same for the same place; null: it has none. */
  readonly likeness: (domain: string, place: string) => Promise<Credentials | null>
  readonly entropy: Entropy
  /** Secret of this server; it must stay the same over restarts, or unknown users get a new salt. */
  readonly fakeSaltKey: Buffer
  readonly bindings: ChannelBindings
  readonly certificate: ClientIdentity | null
  /** Whether any -PLUS mechanism is to be had on this channel: a client that could use one must not believe otherwise. */
  readonly plusKnown: boolean
  /** What the client was offered, as XEP-0474 4.1 writes it down; null: it is not told again. */
  readonly advertised: string | null
  /** PBKDF2 iterations of new passwords, and of users that do not exist while nobody does. */
  readonly iterations: number
  /** The account's password was shown: what keys are lacking in `credentials` are made of its preparations. */
  readonly renew: (bare: string, credentials: Credentials, prepared: readonly string[]) => Promise<void>
  /** The installation of the client, as it names itself there; null: it does not. */
  readonly device: string | null
}

export interface Mechanism {
  readonly name: string
  /** It proves a password, which somebody could guess. */
  readonly byPassword: boolean
  start(context: SaslContext): Exchange
}

export const challenge = (data: Buffer): SaslChallenge => ({ kind: 'challenge', data })
export const success = (jid: Jid, data: Buffer | null = null): SaslSuccess => ({ kind: 'success', data, jid })
export const failure = (condition: SaslCondition, text: string | null = null): SaslFailure => ({
  kind: 'failure',
  condition,
  text,
})
