/**
 * The interface of a SASL mechanism (RFC 4422) on the server's side: its context, its answers, and the closed list of
 * failures (RFC 6120 6.5). An exchange is a machine: octets in, a step out. The negotiation handles base64, XML, retries and
 * the comparison with the stream's `from`.
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
  /** The final data of the mechanism; null if none. An empty buffer is "additional data of zero length" (6.4.6). */
  readonly data: Buffer | null
  readonly jid: Jid
}
export interface SaslFailure {
  readonly kind: 'failure'
  readonly condition: SaslCondition
  /** Text for people; null if the condition is enough. */
  readonly text: string | null
}
export type SaslStep = SaslChallenge | SaslSuccess | SaslFailure

export interface Exchange {
  /**
   * Takes the client's next octets, at first the initial response; one call at a time. After a success or a failure the
   * exchange is over, and every further step fails. Rejects only if the credential source does; the client then gets
   * 'temporary-auth-failure' (6.5.11).
   */
  step(response: Buffer): SaslStep | Promise<SaslStep>
}

export interface CredentialSource {
  /** Null if there is no such account. */
  credentials(bare: string): Promise<Credentials | null>
}

/** The addresses in a client certificate whose chain and validity were checked. */
export interface ClientIdentity {
  /** id-on-xmppAddr (RFC 6120 13.7.1.4), as written there. */
  readonly xmppAddrs: readonly string[]
}

export interface SaslContext {
  /** The prepared domain whose accounts may log in on this stream. */
  readonly domain: string
  readonly accounts: CredentialSource
  /** The credentials of some account of the domain, the same for the same place; null if it has none. */
  readonly likeness: (domain: string, place: string) => Promise<Credentials | null>
  readonly entropy: Entropy
  /** A secret of this server. It must stay the same over restarts; otherwise unknown users would get a new salt. */
  readonly fakeSaltKey: Buffer
  readonly bindings: ChannelBindings
  readonly certificate: ClientIdentity | null
  /** Whether this channel supports any -PLUS mechanism: a client that could use one must not believe otherwise. */
  readonly plusKnown: boolean
  /** What the client was offered, in the form of XEP-0474 4.1; null if it is not repeated. */
  readonly advertised: string | null
  /** PBKDF2 iterations of new passwords, and of missing users while the domain has no account. */
  readonly iterations: number
  /** The client sent the account's password: the keys that `credentials` lacks are made from its preparations. */
  readonly renew: (bare: string, credentials: Credentials, prepared: readonly string[]) => Promise<void>
  /** The id of the client's installation, as the client names it; null if it names none. */
  readonly device: string | null
}

export interface Mechanism {
  readonly name: string
  /** It proves a password, which an attacker could guess. */
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
