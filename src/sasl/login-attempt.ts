/** One attempt to log in: an exchange of a mechanism, and what is asked when it has succeeded. */
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

/** Who logs in, as far as it is known before they say so. */
export interface LoginSource {
  /** The address of the peer, without its port. */
  readonly address: string
  /** The account that the client has named before as its own, as it was written; null: none. */
  readonly claimed: string | null
}

export interface LoginSuccess extends SaslSuccess {
  /** The account's, as they were when the client was measured against them. */
  readonly credentials: Credentials
}
export type LoginStep = SaslChallenge | SaslFailure | LoginSuccess

export class LoginAttempt {
  /** It is by a password, which somebody could guess. */
  readonly byPassword: boolean
  readonly #parts: AttemptParts
  readonly #source: LoginSource
  readonly #exchange: Exchange
  /** What was looked up: the account's credentials may change meanwhile. */
  readonly #seen = new Map<string, Credentials>()
  #account: string | null = null

  constructor(parts: AttemptParts, source: LoginSource, context: Omit<SaslContext, 'accounts'>, mechanism: Mechanism) {
    this.#parts = parts
    this.#source = source
    this.byPassword = mechanism.byPassword
    this.#exchange = mechanism.start({ ...context, accounts: { credentials: (bare) => this.#lookUp(bare) } })
  }
  /** The account that it is about; null: it has not said so yet. */
  get account(): string | null {
    return this.#account
  }
  /** Takes the client's next octets; one call at a time. Never rejects: when the store fails, so does the attempt (6.5.11). */
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

  /** What a mechanism asks for. An attempt that may be a guess waits. @throws TooManyGuesses */
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
  /** What is said only to somebody who has proved to be that user. */
  async #succeeded(step: SaslSuccess): Promise<LoginStep> {
    const { guesses, store } = this.#parts
    const { claimed, address } = this.#source
    const { jid } = step
    // RFC 6120 6.4.6: the identity that was proved against the one that the client has named before
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
