/**
 * Logins over any protocol: the mechanisms that a channel is offered, attempts one after the other, the wait of a client that may
 * be guessing, and the checks after a mechanism has succeeded. The protocol decides how an exchange is written, how many failures
 * end a connection, and what a login leads to.
 */
import { unbound, type BindingType } from '../base/channel-binding.ts'
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { ScramHash } from '../xmpp/credentials.ts'
import type { CredentialStore } from './credential-store.ts'
import { Guesses } from './guesses.ts'
import { LoginAttempt, type LoginSource, type LoginSuccess } from './login-attempt.ts'
import type { Mechanism, SaslCondition, SaslContext, SaslFailure } from './mechanism.ts'
import { Mechanisms, type Channel, type Offer, type SaslPolicy } from './offers.ts'
import { OldAccounts } from './old-accounts.ts'
import type { SaslSettings } from './settings.ts'
import { VerifiedPasswords } from './verified-passwords.ts'

export interface AuthenticatorParts {
  readonly store: CredentialStore
  readonly settings: SaslSettings
  /** Whether anything is offered without TLS. See `SaslPolicy`. */
  readonly withoutTls: boolean
  /** See `SaslContext`. */
  readonly fakeSaltKey: Buffer
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly metrics: Metrics
}

/** Where logins come from, and over which channel. */
export interface LoginChannel extends LoginSource {
  /** The prepared domain whose accounts may log in. */
  readonly domain: string
  readonly channel: Channel
  /** Whether the client can bind to the channel. If not, nothing is offered that requires it. */
  readonly mayBind: boolean
}

/** Where a password comes from. */
export interface PasswordSource extends Pick<LoginSource, 'address'> {
  /** The prepared domain of the account. */
  readonly domain: string
}
/** A password that was refused. */
export interface PasswordRefusal extends SaslFailure {
  /** This address has failed so rarely that the log can have a line for each failure. */
  readonly isRare: boolean
}
/** Of a protocol that has no mechanisms: it sends the password. */
const UNKNOWN_CHANNEL: Channel = { tls: true, bindings: unbound, certificate: null }

/** What all logins of one server share. */
export class Authenticator {
  readonly parts: AuthenticatorParts
  readonly mechanisms: Mechanisms
  /** What may be offered at each domain. */
  readonly oldAccounts: OldAccounts
  readonly guesses: Guesses

  constructor(parts: AuthenticatorParts) {
    const { store, settings, withoutTls, clock, entropy, log, metrics } = parts
    this.parts = parts
    this.mechanisms = new Mechanisms(new VerifiedPasswords(entropy))
    const policy: SaslPolicy = {
      enabled: new Set(settings['mechanisms']),
      plain: settings['plain'],
      plainWithoutTls: settings['plain-without-tls'],
      withoutTls,
    }
    this.oldAccounts = new OldAccounts(store, policy, settings['iterations'], entropy, log)
    const limits = { perAddress: settings['failures-per-address'], perAccount: settings['failures-per-account'] }
    this.guesses = new Guesses(limits, clock, log, metrics)
  }
  /** The iterations of PBKDF2 for keys that are made from now on. */
  get iterations(): number {
    return this.parts.settings['iterations']
  }
  logins(source: LoginChannel): Logins {
    return new Logins(this, source)
  }
  /** For protocols in which clients send the password itself, over an encrypted channel. Whoever guesses is slowed down as anywhere. */
  async byPassword(source: PasswordSource, username: string, password: string): Promise<LoginSuccess | PasswordRefusal> {
    const logins = this.logins({ ...source, channel: UNKNOWN_CHANNEL, claimed: null, mayBind: false })
    const attempt = logins.begin(this.mechanisms.plain, null)
    const step = await attempt.step(Buffer.from(`\0${username}\0${password}`))
    if (step.kind === 'success') return step
    if (step.kind === 'challenge') throw new Error('PLAIN has no challenge')
    return { ...step, isRare: logins.failed(step.condition, attempt.account) }
  }
}

/** The attempts to log in over one channel. */
export class Logins {
  readonly offer: Offer
  /** The hashes for which clients may make keys. */
  readonly upgrades: readonly ScramHash[]
  readonly #authenticator: Authenticator
  readonly #source: LoginChannel
  readonly #channel: Channel
  readonly #context: Omit<SaslContext, 'accounts' | 'device'>

  constructor(authenticator: Authenticator, source: LoginChannel) {
    const { mechanisms, oldAccounts, parts } = authenticator
    const { store, settings, entropy, fakeSaltKey } = parts
    const { domain, channel, mayBind } = source
    this.#authenticator = authenticator
    this.#source = source
    this.#channel = mayBind ? channel : { ...channel, bindings: unbound }
    const policy = oldAccounts.policy(domain)
    this.offer = mechanisms.offer(this.#channel, policy)
    this.upgrades = oldAccounts.wanted(domain)
    this.#context = {
      domain,
      likeness: (name, place) => store.credentialsNear(name, place),
      entropy,
      fakeSaltKey,
      bindings: this.#channel.bindings,
      certificate: channel.certificate,
      // Also if -PLUS is not offered: a client that can bind and does not see it has been deceived (RFC 5802 6).
      plusKnown: mechanisms.offer(channel, policy).plusOffered,
      advertised: settings['downgrade-protection'] ? this.offer.advertised : null,
      iterations: settings['iterations'],
      renew: (bare, credentials, prepared) => oldAccounts.renew(bare, credentials, prepared),
    }
  }
  /** The channel bindings of the channel. */
  get bindings(): readonly BindingType[] {
    return this.#channel.bindings.types
  }
  /** Undefined if the channel was not offered a mechanism of that name. */
  mechanism(name: string): Mechanism | undefined {
    return this.offer.mechanisms.find((m) => m.name === name)
  }
  /** Why a mechanism that was not offered is refused. */
  refusal(name: string): SaslCondition {
    return this.#authenticator.mechanisms.refusal(name, this.#channel)
  }
  /** @param device the id of the client's installation, as the client names it; null if it names none */
  begin(mechanism: Mechanism, device: string | null): LoginAttempt {
    const { guesses, parts } = this.#authenticator
    return new LoginAttempt({ ...parts, guesses }, this.#source, { ...this.#context, device }, mechanism)
  }
  /**
   * An attempt has failed, or could not begin.
   * @param account of the attempt; null if it named none
   * @returns whether this address has failed so rarely that the log can have a line for each failure
   */
  failed(condition: SaslCondition, account: string | null): boolean {
    const isGuess = condition === 'not-authorized'
    // An attempt that was refused without a check does not count as another failure
    return (
      condition !== 'temporary-auth-failure' && this.#authenticator.guesses.failed(isGuess ? account : null, this.#source.address)
    )
  }
}
