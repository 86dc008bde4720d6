/**
 * The application's users as accounts of this server. The application knows which users exist and what proves their
 * passwords. The database keeps the rest (roster, waiting messages, last presence) in a row that is created when a user is
 * needed for the first time.
 */
import type { ChosenPolicy } from '../im/presence-policy.ts'
import type { Clock } from '../base/clock.ts'
import { systemEntropy } from '../base/entropy.ts'
import type { AccountRow, AccountStore, Decision } from '../server/ports.ts'
import type { Disabled } from '../sasl/disabled.ts'
import { deriveCredentials, fakeKeys } from '../sasl/credentials.ts'
import { NOTHING_LACKING, type Credentials, type Lacking } from '../xmpp/credentials.ts'

/** Where an application keeps its users. An error that it throws refuses the login or the stanza, and is logged. */
export interface Users {
  /**
   * What proves the user's password, as `credentialsOf` made it; null if there is no such user.
   * @param address bare and prepared (RFC 7622): 'romeo@chat.example.org', in lower case
   */
  credentials(address: string): Promise<Credentials | null> | Credentials | null
}

/**
 * What an application stores instead of a password, as JSON with its user. Nobody can log in with it, or compute the
 * password from it. Takes some milliseconds of processor time, on purpose.
 * @param iterations of PBKDF2
 * @throws Error if the password is empty or contains what RFC 8265 section 4 forbids, such as control characters
 */
export const credentialsOf = (password: string, iterations = 10_000): Promise<Credentials> =>
  deriveCredentials(password, iterations, systemEntropy)

const KEPT_BY_APPLICATION = 'Accounts and passwords of this server are kept by the application that it is a part of'

export class ApplicationAccounts implements AccountStore {
  readonly #own: AccountStore
  readonly #users: Users
  readonly #clock: Clock

  constructor(own: AccountStore, users: Users, clock: Clock) {
    this.#own = own
    this.#users = users
    this.#clock = clock
  }
  async credentials(bare: string): Promise<Credentials | null> {
    return this.#users.credentials(bare)
  }
  /** Only the application knows its users. */
  async credentialsNear(): Promise<null> {
    return null
  }
  async disabled(bare: string): Promise<Disabled | null> {
    return this.#own.disabled(bare)
  }
  async exists(bare: string): Promise<boolean> {
    if ((await this.credentials(bare)) === null) return false
    if (!(await this.#own.exists(bare))) await this.#own.create(bare, nobodys(bare), this.#clock.now())
    return true
  }
  async find(bare: string): Promise<AccountRow | null> {
    return (await this.exists(bare)) ? this.#own.find(bare) : null
  }
  async setDisabled(bare: string, disabled: Disabled | null): Promise<boolean> {
    return (await this.exists(bare)) && this.#own.setDisabled(bare, disabled)
  }
  async setPolicy(bare: string, policy: ChosenPolicy): Promise<boolean> {
    return (await this.exists(bare)) && this.#own.setPolicy(bare, policy)
  }
  async create(): Promise<boolean> {
    throw new Error(KEPT_BY_APPLICATION)
  }
  async setCredentials(): Promise<boolean> {
    throw new Error(KEPT_BY_APPLICATION)
  }
  async upgradeCredentials(): Promise<boolean> {
    return false
  }
  /** Only the application knows which keys its users have. */
  lacking(): Lacking {
    return NOTHING_LACKING
  }
  delete(bare: string, decisions?: readonly Decision[]): Promise<boolean> {
    return this.#own.delete(bare, decisions)
  }
  list(domain: string, after: string, limit: number): Promise<readonly AccountRow[]> {
    return this.#own.list(domain, after, limit)
  }
  count(domain: string): Promise<number> {
    return this.#own.count(domain)
  }
  disabledOnes(domain: string, limit: number): Promise<readonly string[]> {
    return this.#own.disabledOnes(domain, limit)
  }
  countDisabled(domain: string): Promise<number> {
    return this.#own.countDisabled(domain)
  }
}

/** Keys in the row that are never used. Even without the application nobody could log in with them. */
function nobodys(bare: string): Credentials {
  const secret = systemEntropy.bytes(32)
  const keys = (hash: keyof Credentials) => fakeKeys(hash, secret, bare, 1)
  return { 'sha-1': keys('sha-1'), 'sha-256': keys('sha-256'), 'sha-512': keys('sha-512') }
}
