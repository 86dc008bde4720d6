/** One attempt to log in: the exchange of a mechanism, and the checks after it has succeeded. */
import { pause, type Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Credentials } from '../xmpp/credentials.ts'
import { jidOrNull } from '../xmpp/jid.ts'
import type { CredentialStore } from './credential-store.ts'
import { disabledWords } from './disabled.ts'
import type { Guesses } from './guesses.ts'
import { failure, type Exchange, type Mechanism, type SaslChallenge } from './mechanism.ts'
import type { SaslContext, SaslFailure, SaslSuccess } from './mechanism.ts'

export interface AttemptParts {
  readonly store: Pick<CredentialStore, 'credentials' | 'disabled'>
  readonly guesses: Guesses
  readonly clock: Clock
  readonly log: Log
}

/** What is known of a client before it names its account. */
export interface LoginSource {
  /** The address of the peer, without its port. */
  readonly address: string
  /** The account that the client has named before as its own, unprepared; null if none. */
  readonly claimed: string | null
}

export interface LoginSuccess extends SaslSuccess {
  /** The account's credentials against which the client was checked. */
  readonly credentials: Credentials
}
export type LoginStep = SaslChallenge | SaslFailure | LoginSuccess

export class LoginAttempt {
  /** It uses a password, which an attacker could guess. */
  readonly byPassword: boolean
  readonly #parts: AttemptParts
  readonly #source: LoginSource
  readonly #exchange: Exchange
  /** The credentials that were looked up: the account's can change meanwhile. */
  readonly #seen = new Map<string, Credentials>()
  #account: string | null = null

  constructor(parts: AttemptParts, source: LoginSource, context: Omit<SaslContext, 'accounts'>, mechanism: Mechanism) {
    this.#parts = parts
    this.#source = source
    this.byPassword = mechanism.byPassword
    this.#exchange = mechanism.start({ ...context, accounts: { credentials: (bare) => this.#lookUp(bare) } })
  }
  /** The account of the attempt; null if the client has not named it yet. */
  get account(): string | null {
    return this.#account
  }
  /** Takes the client's next octets; one call at a time. Never rejects: if the store fails, the attempt fails (6.5.11). */
  async step(data: Buffer): Promise<LoginStep> {
    try {
      const step = await this.#exchange.step(data)
      return step.kind === 'success' ? await this.#succeeded(step) : step
    } catch (error) {
      if (error instanceof TooManyGuesses) return failure('temporary-auth-failure', error.message)
      this.#parts.log.error({ err: error }, 'Credentials could not be read from the database')
      return failure('temporary-auth-failure')
    }
  }

  /** The credentials for a mechanism. An attempt that may be a guess waits. @throws TooManyGuesses */
  async #lookUp(bare: string): Promise<Credentials | null> {
    const { guesses, store, clock } = this.#parts
    this.#account = bare
    const wait = this.byPassword ? guesses.wait(bare, this.#source.address) : 0
    if (wait === null) throw new TooManyGuesses()
    if (wait > 0) await pause(clock, wait)
    const found = await store.credentials(bare)
    if (found !== null) this.#seen.set(bare, found)
    return found
  }
  /** The checks whose results are told only to a client that has proved its identity. */
  async #succeeded(step: SaslSuccess): Promise<LoginStep> {
    const { guesses, store } = this.#parts
    const { claimed, address } = this.#source
    const { jid } = step
    // RFC 6120 6.4.6: the proved identity must be the one that the client has named before
    if (claimed !== null && jidOrNull(claimed)?.bare !== jid.bare) return failure('invalid-authzid')
    const disabled = await store.disabled(jid.bare)
    if (disabled !== null) return failure('account-disabled', disabledWords(disabled)) // 6.5.1
    guesses.succeeded(jid.bare, address)
    return { ...step, credentials: this.#seen.get(jid.bare)! }
  }
}

class TooManyGuesses extends Error {
  constructor() {
    super('Too many failed attempts. Try again in a few minutes')
  }
}
